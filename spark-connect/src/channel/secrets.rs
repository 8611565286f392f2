//! Keeping the secrets of a call out of what a server or a gateway says of it.

use crate::error::{Error, ServerError, kept_of_cut};
use crate::remote::{Remote, Token};

/// Stands for a secret.
const GONE: &str = "…";

/// A shorter text is no secret, and may be part of any word.
const SHORTEST: usize = 8;

/// Names a cluster, as the user knows it, in a refusal that is about the cluster.
const NO_SECRET: &str = "x-databricks-cluster-id";

/// The error of a call without the token that it carried, in the server's words and in those of its cause. A gateway may
/// also repeat the values of other headers; the messages of servers may hold them as the names that they are.
pub(super) fn concealed(mut error: Error, token: Option<&Token>, remote: &Remote) -> Error {
    let mut secrets = token.map(of_token).unwrap_or_default();
    if !error.server().is_some_and(ServerError::is_explained) {
        secrets.extend(of_headers(remote));
    }
    if let Some(server) = error.server_mut() {
        conceal(server, &secrets);
    }
    error.map_source(|cause| {
        let mut text = cause.to_string();
        match hide(&mut text, &secrets) {
            true => text.into(),
            false => cause,
        }
    });
    error
}

/// Takes the token out of what a server says.
pub(super) fn conceal_token(server: &mut ServerError, token: &Token) {
    conceal(server, &of_token(token));
}

fn of_token(token: &Token) -> Vec<String> {
    // Behind `Bearer` a short one too, as it plainly is the token there.
    let forms = |secret: &str| vec![secret.to_owned(), format!("Bearer {secret}")];
    token.secret().map(forms).unwrap_or_default()
}

fn of_headers(remote: &Remote) -> impl Iterator<Item = String> {
    let secrets = remote.headers().iter().filter(|(name, _)| name.as_str() != NO_SECRET);
    secrets.filter_map(|(_, value)| value.to_str().ok()).flat_map(|value| {
        // As in `Basic s3cret`.
        [value, value.rsplit(' ').next().unwrap_or_default()].map(str::to_owned)
    })
}

fn conceal(server: &mut ServerError, secrets: &[String]) {
    let ServerError { message, message_parameters, causes, .. } = server;
    for text in [message].into_iter().chain(message_parameters.values_mut()).chain(causes) {
        hide(text, secrets);
    }
}

/// Takes the secrets out of a text, and says whether it held any.
fn hide(text: &mut String, secrets: &[String]) -> bool {
    let mut held = false;
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        // The bytes with which a connection ended are printed with escapes.
        let escaped = secret.replace('\\', r"\\").replace('"', "\\\"");
        for form in [secret, &escaped] {
            if text.contains(form) {
                *text = text.replace(form, GONE);
                held = true;
            }
            held |= cut_off(text, form);
        }
    }
    held
}

/// Takes out the start of a secret at which a text was cut.
fn cut_off(text: &mut String, secret: &str) -> bool {
    let Some(kept) = kept_of_cut(text) else { return false };
    let mut starts = (SHORTEST..secret.len()).rev().filter_map(|length| secret.get(..length));
    let Some(start) = starts.find(|start| kept.ends_with(start)) else { return false };
    let (end, length) = (kept.len(), start.len());
    text.replace_range(end - length..end, GONE);
    true
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
    fn a_cause_is_without_the_token_and_the_headers_however_it_is_printed() {
        let remote = "sc://localhost/;x-key=s3cret-of-a-header".parse().unwrap();
        let token = Token::parse("token", r#"s3cret "of" a\call"#).unwrap();
        let told = |cause: String| {
            let error = Error::new(ErrorKind::Unavailable, "lost").with_source(cause);
            let error = concealed(error, Some(&token), &remote);
            std::error::Error::source(&error).unwrap().to_string()
        };
        let printed = format!("{:?}", bytes::Bytes::from_static(br#"no s3cret "of" a\call"#));
        assert_eq!(told(printed), "b\"no …\"");
        assert_eq!(told("no s3cret-of-a-header".to_owned()), "no …");
        assert_eq!(told("connection reset".to_owned()), "connection reset");
    }

    #[test]
    fn the_start_of_a_secret_at_which_a_text_was_cut_goes_too() {
        let told = |length: usize| {
            let message = format!("{}: Bearer s3cret-of-a-call", "x".repeat(16 * 1024 - length));
            told(ServerError { message, ..Default::default() }.bounded())
        };
        for (length, end) in [
            (4, "x: Be… (21 more bytes left out)"),
            (10, "x: …… (15 more bytes left out)"),
            (18, "x: Bearer …… (7 more bytes left out)"),
            (24, "x: Bearer …… (1 more bytes left out)"),
            (25, "x: Bearer …"),
        ] {
            assert!(told(length).ends_with(end), "{length}");
        }
    }

    #[test]
    fn a_servers_words_are_without_the_token_alone() {
        let message = "[X] s3cret-of-a-header s3cret-of-a-call".to_owned();
        let server = ServerError { message, error_class: Some("X".into()), ..Default::default() };
        assert_eq!(told(server), ": [X] s3cret-of-a-header …");
    }
}
