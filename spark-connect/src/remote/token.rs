//! The secret of a connection.

use std::fmt;

use http::HeaderValue;

use super::RemoteError;

/// A bearer token that does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// `key` is where the token comes from, for the error.
    pub(super) fn new(key: &str, text: String) -> Result<Self, RemoteError> {
        if text.is_empty() {
            return Err(RemoteError::of(key, "is empty: leave it out, or give the token"));
        }
        let mut header = HeaderValue::try_from(format!("Bearer {text}")).map_err(|_| {
            RemoteError::of(key, "holds characters that no token has, such as a line break")
        })?;
        // Keeps it out of the header table that a connection shares, and out of the transport's logs.
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The value of the `authorization` header.
    pub(crate) fn bearer(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}
