//! Keeping the secrets of a call out of what a server or a gateway says of it.

use crate::error::{Error, ServerError};
use crate::remote::{Remote, Token};

/// Stands for a secret.
const GONE: &str = "…";

/// A shorter text is no secret, and may be part of any word.
const SHORTEST: usize = 8;

/// Names a cluster, as the user knows it, in a refusal that is about the cluster.
const NO_SECRET: &str = "x-databricks-cluster-id";

/// The error of a call without the token that it carried. A gateway may also repeat the values of other headers; the
/// messages of servers may hold them as the names that they are.
pub(super) fn concealed(mut error: Error, token: Option<&Token>, remote: &Remote) -> Error {
    let Some(server) = error.server_mut() else { return error };
    if let Some(token) = token {
        conceal_token(server, token);
    }
    if !server.is_explained() {
        let secrets = remote.headers().iter().filter(|(name, _)| name.as_str() != NO_SECRET);
        for value in secrets.filter_map(|(_, value)| value.to_str().ok()) {
            conceal(server, value);
            // As in `Basic s3cret`.
            conceal(server, value.rsplit(' ').next().unwrap_or_default());
        }
    }
    error
}

/// Takes the token out of what a server says.
pub(super) fn conceal_token(server: &mut ServerError, token: &Token) {
    let Some(secret) = token.secret() else { return };
    conceal(server, secret);
    // A short one too where it plainly is the token.
    conceal(server, &format!("Bearer {secret}"));
}

fn conceal(server: &mut ServerError, secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    let ServerError { message, message_parameters, causes, .. } = server;
    for text in [message].into_iter().chain(message_parameters.values_mut()).chain(causes) {
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
        let remote = "sc://localhost/;x-key=Basic%20s3cret-of-a-header;x-team=data;\
                      x-databricks-cluster-id=0301-104500-abc"
            .parse()
            .unwrap();
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
    fn the_id_of_a_cluster_is_no_secret() {
        let message = "Cluster 0301-104500-abc is in an unexpected state".to_owned();
        let server = ServerError { message, ..Default::default() };
        assert_eq!(told(server), ": Cluster 0301-104500-abc is in an unexpected state");
    }

    #[test]
    fn a_short_token_goes_where_it_plainly_is_one_and_a_long_one_from_causes_too() {
        let concealed = |secret: &str| {
            let message = format!("no: Bearer {secret}, {secret}");
            let mut server = ServerError { causes: vec![message.clone()], message, ..Default::default() };
            conceal_token(&mut server, &Token::parse("token", secret).unwrap());
            assert_eq!(server.causes, [server.message.clone()]);
            server.message
        };
        assert_eq!(concealed("data"), "no: …, data");
        assert_eq!(concealed("s3cret-of-a-call"), "no: Bearer …, …");
    }

    #[test]
    fn a_servers_words_are_without_the_token_alone() {
        let message = "[X] s3cret-of-a-header s3cret-of-a-call".to_owned();
        let server = ServerError { message, error_class: Some("X".into()), ..Default::default() };
        assert_eq!(told(server), ": [X] s3cret-of-a-header …");
    }
}
