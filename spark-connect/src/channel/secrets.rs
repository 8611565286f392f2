//! Keeping the secrets of a call out of what a server or a gateway says of it.

use crate::error::{Error, ServerError};
use crate::remote::{Remote, Token};

/// Stands for a secret.
const GONE: &str = "…";

/// A shorter text is no secret, and may be part of any word.
const SHORTEST: usize = 8;

/// The error of a call without the token that it carried. A gateway may also repeat the values of other headers; the
/// messages of servers may hold them as the names that they are.
pub(super) fn concealed(mut error: Error, token: Option<&Token>, remote: &Remote) -> Error {
    let Some(server) = error.server_mut() else { return error };
    if let Some(secret) = token.and_then(Token::secret) {
        conceal(server, secret);
    }
    if !server.is_explained() {
        for value in remote.headers().iter().filter_map(|(_, value)| value.to_str().ok()) {
            conceal(server, value);
            // As in `Basic s3cret`.
            conceal(server, value.rsplit(' ').next().unwrap_or_default());
        }
    }
    error
}

fn conceal(server: &mut ServerError, secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    for text in std::iter::once(&mut server.message).chain(server.message_parameters.values_mut()) {
        if text.contains(secret) {
            *text = text.replace(secret, GONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn told(server: ServerError) -> String {
        let remote = "sc://localhost/;x-key=Basic%20s3cret-of-a-header;x-team=data".parse().unwrap();
        let token = Token::parse("token", "s3cret-of-a-call").unwrap();
        concealed(Error::new(ErrorKind::Server, "").with_server(server), Some(&token), &remote).to_string()
    }

    #[test]
    fn a_gateways_words_are_without_the_token_and_the_headers() {
        let words = |message: &str| ServerError { message: message.into(), ..Default::default() };
        assert_eq!(told(words("no: Bearer s3cret-of-a-call")), ": no: Bearer …");
        assert_eq!(told(words("no: Basic s3cret-of-a-header")), ": no: …");
        assert_eq!(told(words("no: s3cret-of-a-header, data")), ": no: …, data");
    }

    #[test]
    fn a_servers_words_are_without_the_token_alone() {
        let message = "[X] s3cret-of-a-header s3cret-of-a-call".to_owned();
        let server = ServerError { message, error_class: Some("X".into()), ..Default::default() };
        assert_eq!(told(server), ": [X] s3cret-of-a-header …");
    }
}
