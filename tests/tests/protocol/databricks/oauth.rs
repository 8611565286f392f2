//! Tokens of a service principal, from an endpoint as Databricks and Entra document it.

use super::*;

/// Tokens of `endpoint` for a program that has `SECRET`.
fn tokens(endpoint: &TokenEndpoint) -> ClientCredentials {
    ClientCredentials::new(&endpoint.url(), "client-7", SECRET).unwrap().scope("all-apis")
}

#[tokio::test]
async fn a_token_that_changes_under_a_session_loses_nothing() {
    let fake = Fake::start([rows(), rows(), rows()]).await;
    let endpoint = TokenEndpoint::start((0..99).map(|number| Answer::token(&format!("t{number}"), 0))).await;
    let drv = workspace(&fake).token_provider(tokens(&endpoint)).cluster(CLUSTER).build().unwrap();
    for _ in 0..3 {
        assert_eq!(select(&drv).await.unwrap(), [(0,)]);
    }
    let calls = fake.sent("ExecutePlan");
    let sent: BTreeSet<_> = calls.iter().map(|call| call.header("authorization").unwrap()).collect();
    let sessions: BTreeSet<_> = calls.iter().map(|call| call.session_id.as_str()).collect();
    assert_eq!((sent.len(), sessions.len(), count(&fake, "Config")), (3, 1, 1));
    assert!(sent.iter().all(|token| token.starts_with("Bearer t")), "{sent:?}");
    fake.finish();
}

#[tokio::test]
async fn the_endpoint_is_asked_as_databricks_and_as_entra_document_it() {
    let endpoint = TokenEndpoint::start([Answer::token("t1", 3600), Answer::token("t2", 3600)]).await;
    soon(tokens(&endpoint).token()).await.unwrap();
    soon(tokens(&endpoint).scope("app/.default").secret_in_body().token()).await.unwrap();
    let asked = endpoint.requests();
    assert_eq!(asked.len(), 2);
    for request in &asked {
        assert_eq!(request.line, "POST /oidc/v1/token HTTP/1.1");
        assert_eq!(request.content_type.as_deref(), Some("application/x-www-form-urlencoded"));
    }
    // `client-7:dose-very-secret-0123456789`
    let basic = "Basic Y2xpZW50LTc6ZG9zZS12ZXJ5LXNlY3JldC0wMTIzNDU2Nzg5";
    assert_eq!(asked[0].authorization.as_deref(), Some(basic));
    assert_eq!(asked[0].form, "grant_type=client_credentials&scope=all-apis");
    assert_eq!(asked[1].authorization, None);
    assert_eq!(
        asked[1].form,
        format!(
            "grant_type=client_credentials&scope=app%2F.default&client_id=client-7&client_secret={SECRET}"
        )
    );
}

/// What a query says for whose token the endpoint gives these answers, and how often the endpoint was asked. To a
/// query any reason for having no token is one and the same kind.
async fn refused(
    script: impl IntoIterator<Item = Answer>,
    options: impl FnOnce(ClientCredentials) -> ClientCredentials,
) -> (Error, usize) {
    let fake = Fake::start([]).await;
    let endpoint = TokenEndpoint::start(script).await;
    let provider = options(tokens(&endpoint));
    assert!(!format!("{provider:?}").contains(SECRET));
    let drv = workspace(&fake).token_provider(provider).serverless().build().unwrap();
    let error = select(&drv).await.unwrap_err();
    assert!(!every_text(&error).contains(SECRET), "the secret is in the error");
    assert!(!format!("{drv:?}").contains(SECRET), "the secret is in the driver");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    assert_eq!((error.kind(), fake.requests().len()), (ErrorKind::Unauthenticated, 0));
    fake.finish();
    (error, endpoint.requests().len())
}

#[tokio::test]
async fn a_refused_client_is_told_in_the_endpoints_words_and_not_tried_again() {
    let refusal = Answer::refusal(401, "invalid_client", &format!("Client {SECRET} is unknown"));
    let (error, asked) = refused([refusal], |tokens| tokens).await;
    assert_eq!(asked, 1);
    assert!(
        error.to_string().contains("refuses with 401 Unauthorized: invalid_client: Client … is unknown"),
        "{error}"
    );
}

#[tokio::test]
async fn no_spelling_of_the_secret_that_was_sent_is_in_the_error() {
    let secret = "dose/very secret";
    let spellings = [
        secret,
        "dose%2Fvery+secret",
        "dose%2Fvery%20secret",
        // `client-7:dose/very secret`
        "Y2xpZW50LTc6ZG9zZS92ZXJ5IHNlY3JldA==",
        "Y2xpZW50LTc6ZG9zZS92ZXJ5IHNlY3JldA",
    ];
    for spelling in spellings {
        let refusal = Answer::refusal(401, "invalid_client", &format!("no client has {spelling} here"));
        let endpoint = TokenEndpoint::start([refusal]).await;
        let provider = ClientCredentials::new(&endpoint.url(), "client-7", secret).unwrap();
        let text = every_text(&soon(provider.token()).await.unwrap_err());
        assert!(!text.contains(spelling.trim_end_matches('=')), "{text}");
        assert!(text.contains("invalid_client: no client has …"), "{text}");
    }
}

#[tokio::test]
async fn what_an_endpoint_says_of_a_failure_is_not_logged() {
    const WORDS: &str = "words-of-the-endpoint";
    let trace = Trace::start();
    let fake = Fake::start([rows()]).await;
    let unavailable = Answer::Status(500, Some(0), format!(r#"{{"error_description":"{WORDS}"}}"#));
    let endpoint = TokenEndpoint::start([unavailable, Answer::token("t", 60)]).await;
    let drv = workspace(&fake).token_provider(tokens(&endpoint)).cluster(CLUSTER).build().unwrap();
    assert_eq!(select(&drv).await.unwrap(), [(0,)]);
    assert!(trace.text().contains("asking for a token again"));
    trace.assert_holds_none_of(&[WORDS]);
    fake.finish();
}

#[tokio::test]
async fn an_endpoint_that_is_unavailable_is_asked_again_and_not_for_ever() {
    let unavailable = || Answer::Status(500, Some(0), "<html>".to_owned());
    let endpoint =
        TokenEndpoint::start([Answer::HangUp, Answer::later(0), unavailable(), Answer::token("t", 60)]).await;
    soon(tokens(&endpoint).token()).await.unwrap();
    assert_eq!(endpoint.requests().len(), 4);

    let (error, asked) = refused((0..9).map(|_| unavailable()), |tokens| tokens.max_retries(2)).await;
    assert_eq!(asked, 3);
    assert!(error.to_string().contains("500 Internal Server Error"), "{error}");
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_longer_wait_than_is_allowed_is_not_asked_again() {
    let (error, asked) = refused([Answer::later(3600)], |tokens| tokens).await;
    assert_eq!(asked, 1);
    assert!(error.to_string().contains("429 Too Many Requests"), "{error}");
}

#[tokio::test]
async fn a_silent_endpoint_is_given_up() {
    let limit = Duration::from_millis(500);
    let (error, asked) = refused([Answer::Silence], |tokens| tokens.timeout(limit)).await;
    assert_eq!(asked, 1);
    assert!(error.to_string().contains("the token endpoint at 127.0.0.1 did not answer in time"), "{error}");
}

#[tokio::test]
async fn a_provider_alone_tells_a_refusal_from_an_endpoint_that_cannot_be_had() {
    use spark_connect::ErrorKind;

    for (answer, kind) in [
        (Answer::refusal(400, "invalid_scope", "no such scope"), ErrorKind::Unauthenticated),
        (Answer::Status(302, None, String::new()), ErrorKind::Unauthenticated),
        (Answer::Status(200, None, "{}".to_owned()), ErrorKind::Unauthenticated),
        (Answer::later(3600), ErrorKind::Connect),
        (Answer::Status(500, None, String::new()), ErrorKind::Connect),
        (Answer::HangUp, ErrorKind::Connect),
        (Answer::Silence, ErrorKind::Timeout),
    ] {
        let limit = Duration::from_millis(if matches!(answer, Answer::Silence) { 500 } else { 30_000 });
        let endpoint = TokenEndpoint::start([answer.clone()]).await;
        let error = soon(tokens(&endpoint).max_retries(0).timeout(limit).token()).await.unwrap_err();
        assert_eq!((error.kind(), endpoint.requests().len()), (kind, 1), "{answer:?}");
        assert!(!every_text(&error).contains(SECRET), "{answer:?}");
    }
}
