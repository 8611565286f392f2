//! Quoting of identifiers.

use super::keyword;

/// The identifier as SQL text: as it is where that is safe, else in back-ticks with inner back-ticks doubled.
///
/// Plain means ASCII letters, digits and underscores, not starting with a digit, and not a word that an expression
/// may follow (`select`, `limit`), because such a word changes how the text after it reads.
///
/// ```
/// # use spark_connect::types::quote_identifier;
/// assert_eq!(quote_identifier("country_code"), "country_code");
/// assert_eq!(quote_identifier("a`b"), "`a``b`");
/// assert_eq!(quote_identifier("select"), "`select`");
/// ```
#[must_use]
pub fn quote_identifier(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !keyword::expects_expression(name)
}
