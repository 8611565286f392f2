//! Options of sources, sinks and tables.

use std::collections::BTreeMap;
use std::fmt;

use super::note;

/// Options by name. `Debug` shows the names only: values hold paths and passwords.
#[derive(Clone, Default)]
pub(crate) struct Options(BTreeMap<String, String>);

impl Options {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        secrets(&self.0)
    }

    pub(super) fn names(&self, names: &mut String) {
        note_names(names, &self.0);
    }

    /// As a message holds them.
    pub(crate) fn to_proto(&self) -> std::collections::HashMap<String, String> {
        self.0.clone().into_iter().collect()
    }
}

/// Parts of the names of options that hold a secret. An address may hold a password, and so may a statement.
const SECRET: [&str; 18] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "sas",
    "signature",
    "url",
    "uri",
    "connection",
    "header",
    "jwt",
    "bearer",
    "cookie",
    "dsn",
    "statement",
];

/// What stands in values that hold a secret, whatever they are called.
const SECRET_VALUES: [&str; 12] = [
    "bearer ",
    "authorization",
    "password=",
    "password:",
    "identified by",
    "?sig=",
    "&sig=",
    "signature=",
    // Of `access_token=` too, and of `SharedAccessKey=`.
    "token=",
    "accesskey=",
    "access_key=",
    "accountkey=",
];

/// The schemes of addresses in which an `@` follows the container.
const CONTAINERS: [&str; 4] = ["abfs", "abfss", "wasb", "wasbs"];

/// The values that are as secret as bound ones.
pub(super) fn secrets<'o>(
    options: impl IntoIterator<Item = (&'o String, &'o String)>,
) -> impl Iterator<Item = &'o str> {
    let secret = options.into_iter().filter(|(name, value)| is_secret(name, value));
    secret.map(|(_, value)| value.as_str())
}

/// Adds the names, and the values that are no secrets, to what the caller wrote.
pub(super) fn note_names<'o>(
    names: &mut String,
    options: impl IntoIterator<Item = (&'o String, &'o String)>,
) {
    for (name, value) in options {
        note(names, [name]);
        note(names, (!is_secret(name, value)).then_some(value));
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_named_so = SECRET.iter().any(|part| name.contains(part)) && !is_switch(value);
    is_named_so || holds_secret(value)
}

/// Whether a value, or a path, holds a secret by its own words, whatever it is called.
pub(super) fn holds_secret(text: &str) -> bool {
    let told = text.to_ascii_lowercase();
    SECRET_VALUES.iter().any(|part| told.contains(part)) || has_user(&told)
}

/// A path as `Debug` shows it.
pub(crate) fn shown(path: &str) -> &str {
    if holds_secret(path) { "…" } else { path }
}

/// Whether it is an address with a user, and so perhaps a password, before its host.
fn has_user(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once(":/") else { return false };
    let authority = rest.strip_prefix('/').and_then(|rest| rest.split('/').next()).unwrap_or_default();
    // A password may have a slash in it, and the address one slash or three: what is behind the colon is no port then.
    let first = rest.trim_start_matches('/').split('/').next().unwrap_or_default();
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_password = first.split_once(':').is_some_and(|(_, text)| !is_port(text)) && rest.contains('@');
    has_password || authority.contains('@') && !CONTAINERS.contains(&scheme)
}

fn is_switch(value: &str) -> bool {
    value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
