//! The gRPC headers of a connection string, checked once so that no call can fail on them.

use std::fmt;

use http::{HeaderName, HeaderValue};

use super::RemoteError;

/// A bearer token that is known to be a legal header.
///
/// No text of the crate shows it: `Debug` prints `Token(redacted)` and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    bearer: HeaderValue,
}

impl Token {
    pub(crate) fn parse(key: &str, secret: &str) -> Result<Self, RemoteError> {
        if secret.is_empty() {
            return Err(RemoteError::of(key, "is empty: give it a value, or leave it out"));
        }
        check_value(key, secret)?;
        Ok(Self { bearer: sensitive(key, &format!("Bearer {secret}"))? })
    }

    /// The value of the `authorization` header, marked as sensitive.
    pub(crate) fn bearer(&self) -> HeaderValue {
        self.bearer.clone()
    }

    /// The secret alone.
    pub(crate) fn secret(&self) -> Option<&str> {
        self.bearer.to_str().ok()?.strip_prefix("Bearer ")
    }

    /// The secret with another prefix than `Bearer `; nothing if no header can carry that.
    pub(crate) fn prefixed(&self, prefix: &str) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.secret()?)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// The header that `key` of a connection string names. Who gives no token may have something else to say in the header
/// that a token goes into.
pub(super) fn given_name(key: &str) -> Result<HeaderName, RemoteError> {
    match key.eq_ignore_ascii_case(http::header::AUTHORIZATION.as_str()) {
        true => Ok(http::header::AUTHORIZATION),
        false => name(key),
    }
}

/// Whether a text may be the prefix of a token.
pub(crate) fn is_prefix(text: &str) -> bool {
    !text.starts_with(' ') && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The header that `key` names, in lower case.
pub(crate) fn name(key: &str) -> Result<HeaderName, RemoteError> {
    let illegal = || {
        RemoteError::of(
            key,
            "is not a known parameter, and cannot be a header either: a header's name has letters, digits, `-`, `_` \
             and `.` only",
        )
    };
    let lower = key.to_ascii_lowercase();
    if !lower.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return Err(illegal());
    }
    if let Some(rule) = reserved(&lower) {
        return Err(RemoteError::of(key, rule));
    }
    // Keys are case-sensitive, so `Token` would be a header like any other, and travel in the clear.
    if lower == "token" {
        return Err(RemoteError::of(key, "would be sent as a plain header: write `token` in lower case"));
    }
    HeaderName::from_bytes(lower.as_bytes()).map_err(|_| illegal())
}

/// The value of the header `key`, marked as sensitive: extra headers often carry credentials.
pub(super) fn value(key: &str, text: &str) -> Result<HeaderValue, RemoteError> {
    check_value(key, text)?;
    sensitive(key, text)
}

/// Why a header of this name cannot be set, if gRPC or HTTP/2 keeps it for itself.
fn reserved(name: &str) -> Option<&'static str> {
    match name {
        "authorization" => Some("is a header that the client sets: give the bare token as `token`"),
        "user-agent" => Some("is a header that the client sets: name the program with `user_agent`"),
        "host" => Some("is a header that the client sets: the host stands after `sc://`"),
        "te" | "content-type" | "content-length" | "connection" | "keep-alive" | "proxy-connection"
        | "trailer" | "transfer-encoding" | "upgrade" => {
            Some("is a header that HTTP/2 keeps for itself: leave it out")
        }
        _ if name.starts_with("grpc-") => Some("is a header that gRPC keeps for itself: leave it out"),
        _ if name.ends_with("-bin") => Some(
            "would be a binary header, which a text cannot give: choose a name that does not end in `-bin`",
        ),
        _ => None,
    }
}

/// The rule of gRPC for text in headers, which is narrower than that of HTTP.
fn check_value(key: &str, text: &str) -> Result<(), RemoteError> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(not_printable(key));
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(RemoteError::of(
            key,
            "starts or ends with a space, which HTTP/2 does not carry: remove it",
        ));
    }
    Ok(())
}

fn sensitive(key: &str, text: &str) -> Result<HeaderValue, RemoteError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| not_printable(key))?;
    value.set_sensitive(true);
    Ok(value)
}

fn not_printable(key: &str) -> RemoteError {
    RemoteError::of(key, "holds a character that a header cannot carry: only printable ASCII is allowed")
}
