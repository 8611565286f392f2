//! The header that tokens travel in.

use http::{HeaderMap, HeaderName, header};

use crate::error::{Error, ErrorKind, Result};
use crate::remote::{Token, header_name, is_prefix};

/// The prefix of a token in HTTP.
const BEARER: &str = "Bearer ";

/// A header, and the prefix of the token there.
#[derive(Debug, Clone)]
pub(crate) struct TokenHeader {
    name: HeaderName,
    prefix: String,
}

impl TokenHeader {
    pub(crate) fn new(name: &str, prefix: &str) -> Result<Self> {
        let wrong = |why: String| {
            Error::new(ErrorKind::InvalidOption, format!("`token_header` cannot be sent: {why}"))
        };
        let name = match name.eq_ignore_ascii_case(header::AUTHORIZATION.as_str()) {
            true => header::AUTHORIZATION,
            false => header_name(name).map_err(|error| wrong(error.to_string()))?,
        };
        if !is_prefix(prefix) {
            return Err(wrong(
                "the prefix starts with a space or holds what is not printable ASCII".to_owned(),
            ));
        }
        Ok(Self { name, prefix: prefix.to_owned() })
    }

    /// The header of HTTP: `authorization`, and `Bearer ` in front.
    pub(crate) fn bearer() -> Self {
        Self { name: header::AUTHORIZATION, prefix: BEARER.to_owned() }
    }

    pub(crate) fn is_authorization(&self) -> bool {
        self.name == header::AUTHORIZATION
    }

    /// Puts the token into the headers of a call.
    pub(crate) fn carry(&self, token: &Token, headers: &mut HeaderMap) {
        let value = match self.prefix.as_str() {
            BEARER => Some(token.bearer()),
            prefix => token.prefixed(prefix),
        };
        if let Some(value) = value {
            headers.insert(self.name.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_with_its_prefix_in_the_header_that_was_named() {
        let token = Token::parse("token", "s3cret").unwrap();
        for (name, prefix, sent) in [
            ("x-aws-proxy-auth", "", "s3cret"),
            ("X-Proxy", "Token ", "Token s3cret"),
            ("authorization", "Bearer ", "Bearer s3cret"),
        ] {
            let mut headers = HeaderMap::new();
            TokenHeader::new(name, prefix).unwrap().carry(&token, &mut headers);
            let value = headers.get(name).unwrap();
            assert_eq!((value.as_bytes(), value.is_sensitive()), (sent.as_bytes(), true));
        }
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_an_error_that_names_the_option() {
        for (name, prefix) in [("x token", ""), ("grpc-token", ""), ("x-token", " a"), ("x-token", "a\n")] {
            let error = TokenHeader::new(name, prefix).unwrap_err().to_string();
            assert!(error.starts_with("`token_header` cannot be sent"), "{error}");
        }
    }
}
