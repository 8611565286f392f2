//! The answers of a token endpoint (RFC 6749, 5.1 and 5.2).

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Request, Response, StatusCode};
use serde_json::Value;
use spark_connect::{AccessToken, Error, ErrorKind};

use super::FIRST_PAUSE;
use crate::error::with_causes;

/// Bytes of the longest answer that is read. A token has a few thousand.
const MAX_ANSWER: usize = 64 * 1024;

/// Characters of the endpoint's words that an error repeats.
const MAX_WORDS: usize = 300;

/// Why there is no token.
#[derive(Debug)]
pub(super) struct NoToken {
    pub(super) error: Error,
    again: Again,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    Never,
    /// After as long as the endpoint asks for, or a while.
    After(Option<Duration>),
}

impl NoToken {
    pub(super) fn cannot_connect(host: &str, cause: &(dyn StdError + 'static)) -> Self {
        let message = format!("cannot reach the token endpoint at {host}: {}", with_causes(cause));
        Self { error: Error::new(ErrorKind::Connect, message), again: Again::After(None) }
    }

    #[cfg(test)]
    pub(super) fn asking(pause: Duration) -> Self {
        Self::unavailable("host", StatusCode::TOO_MANY_REQUESTS, "", Some(pause))
    }

    fn unavailable(host: &str, status: StatusCode, words: &str, after: Option<Duration>) -> Self {
        let message = format!("the token endpoint at {host} answered {status}{words}");
        Self { error: Error::new(ErrorKind::Connect, message), again: Again::After(after) }
    }

    fn refused(message: String) -> Self {
        Self { error: Error::new(ErrorKind::Unauthenticated, message), again: Again::Never }
    }

    /// How long to wait before retry number `retry`, counted from 0; `None` if trying again does not help.
    pub(super) fn pause(&self, retry: u32) -> Option<Duration> {
        match self.again {
            Again::Never => None,
            Again::After(asked) => {
                Some(asked.unwrap_or_else(|| FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(retry))))
            }
        }
    }
}

pub(super) fn timed_out(host: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("the token endpoint at {host} did not answer in time"))
}

/// The client's secret, in each spelling in which an endpoint may repeat it.
pub(super) struct Secret(Vec<String>);

impl Secret {
    /// As it is, as it stands in a form, and as it goes with the client's id in the header of `request`.
    pub(super) fn of(secret: &str, request: &Request) -> Self {
        let mut url = request.url().clone();
        url.query_pairs_mut().clear().append_pair("", secret);
        let form = url.query().and_then(|query| query.strip_prefix('=')).unwrap_or_default();
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let credentials = header.and_then(|value| value.strip_prefix("Basic ")).unwrap_or_default();
        // The padding may be left out where it is repeated.
        let credentials = credentials.trim_end_matches('=').to_owned();
        let spellings = [secret.to_owned(), form.to_owned(), form.replace('+', "%20"), credentials];
        Self(spellings.into_iter().filter(|spelling| !spelling.is_empty()).collect())
    }

    fn taken_out_of(&self, words: String) -> String {
        self.0.iter().fold(words, |words, spelling| words.replace(spelling, "…"))
    }
}

/// The token in `response`, or why there is none.
pub(super) async fn read(
    mut response: Response,
    host: &str,
    secret: &Secret,
) -> Result<AccessToken, NoToken> {
    let status = response.status();
    let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let after = after.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        match chunk.map_err(|error| NoToken::cannot_connect(host, &error.without_url()))? {
            Some(chunk) if body.len() + chunk.len() <= MAX_ANSWER => body.extend_from_slice(&chunk),
            Some(_) => return Err(NoToken::refused(unreadable(host))),
            None => break,
        }
    }
    token(status, after, &body, host, secret)
}

fn token(
    status: StatusCode,
    after: Option<Duration>,
    body: &[u8],
    host: &str,
    secret: &Secret,
) -> Result<AccessToken, NoToken> {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    if status.is_success() {
        return granted(&json).map_err(|()| NoToken::refused(unreadable(host)));
    }
    let words = words(&json, secret);
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(NoToken::unavailable(host, status, &words, after));
    }
    Err(NoToken::refused(format!("the token endpoint at {host} refuses with {status}{words}")))
}

fn granted(json: &Value) -> Result<AccessToken, ()> {
    let token = json.get("access_token").and_then(Value::as_str).ok_or(())?;
    let token = AccessToken::new(token).map_err(drop)?;
    Ok(match json.get("expires_in").and_then(whole_seconds) {
        Some(lifetime) => token.expiring_in(lifetime),
        None => token,
    })
}

/// A number of seconds. Some endpoints write it with a fraction, or as a text.
fn whole_seconds(value: &Value) -> Option<Duration> {
    let seconds: f64 = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let is_time = seconds.is_finite() && seconds >= 0.0;
    is_time.then(|| Duration::try_from_secs_f64(seconds.trunc()).unwrap_or(Duration::MAX))
}

fn unreadable(host: &str) -> String {
    format!("{host} does not look like a token endpoint: its response has no readable `access_token`")
}

/// The `error` and the `error_description`, in one line and without the secret should it be in there.
fn words(json: &Value, secret: &Secret) -> String {
    let text = |key: &str| json.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let words = [text("error"), text("error_description")];
    let words = secret.taken_out_of(words.into_iter().flatten().collect::<Vec<_>>().join(": "));
    let line: String = words.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    match line.char_indices().nth(MAX_WORDS) {
        Some((end, _)) => format!(": {}…", line.get(..end).unwrap_or_default()),
        None if line.is_empty() => line,
        None => format!(": {line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "login.example.com";
    const SECRET: &str = "dose-very-secret";

    fn no_token(status: u16, after: Option<u64>, body: &str) -> NoToken {
        let status = StatusCode::from_u16(status).unwrap();
        let secret = Secret(vec![SECRET.to_owned()]);
        token(status, after.map(Duration::from_secs), body.as_bytes(), HOST, &secret).unwrap_err()
    }

    #[test]
    fn a_lifetime_is_any_number_of_seconds_from_zero_on() {
        let lifetime = |json: &str| whole_seconds(&serde_json::from_str(json).unwrap());
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for json in ["3599", "3599.0", "3599.9", r#""3599""#, r#"" 3599.5 ""#] {
            assert_eq!(lifetime(json), seconds(3599), "{json}");
        }
        assert_eq!(
            (lifetime("0"), lifetime("0.9"), lifetime("1e300")),
            (seconds(0), seconds(0), Some(Duration::MAX))
        );
        for json in ["-1", "-0.5", "null", "[]", "true", r#""NaN""#, r#""inf""#, r#""soon""#] {
            assert_eq!(lifetime(json), None, "{json}");
        }
    }

    #[test]
    fn a_refusal_says_status_error_and_description_and_never_the_secret() {
        let body = format!(
            r#"{{"error":"invalid_client","error_description":"Client\r\nauthentication failed for {SECRET}"}}"#
        );
        let refusal = no_token(401, None, &body);
        assert_eq!(refusal.error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(
            refusal.error.to_string(),
            "the token endpoint at login.example.com refuses with 401 Unauthorized: invalid_client: Client  \
             authentication failed for …"
        );
        assert_eq!(refusal.pause(0), None);
    }

    #[test]
    fn what_is_no_json_is_not_repeated_and_long_words_are_cut() {
        assert_eq!(
            no_token(404, None, "<html>not here</html>").error.to_string(),
            "the token endpoint at login.example.com refuses with 404 Not Found"
        );
        let long = format!(r#"{{"error":"{}"}}"#, "é".repeat(MAX_WORDS + 1));
        let text = no_token(400, None, &long).error.to_string();
        assert!(text.ends_with(&format!(": {}…", "é".repeat(MAX_WORDS))), "{text}");
    }

    #[test]
    fn an_endpoint_that_is_unavailable_is_asked_again_when_it_says_or_ever_later() {
        let pauses = |refusal: NoToken| [0, 1, 2, 40].map(|retry| refusal.pause(retry).unwrap().as_millis());
        assert_eq!(pauses(no_token(429, Some(7), "{}"))[..3], [7000, 7000, 7000]);
        assert_eq!(pauses(no_token(503, None, ""))[..3], [500, 1000, 2000]);
        let error = no_token(500, None, r#"{"error":"server_error"}"#).error;
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert!(error.to_string().contains("answered 500 Internal Server Error"), "{error}");
        assert!(error.to_string().ends_with(": server_error"), "{error}");
    }

    #[test]
    fn an_answer_without_a_token_is_not_repeated() {
        for body in
            ["", "{}", "[1]", r#"{"access_token":""}"#, r#"{"access_token":"a\nb"}"#, r#"{"access_token":7}"#]
        {
            let error = no_token(200, None, body).error;
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{body}");
            assert!(
                error.to_string().starts_with("login.example.com does not look like a token endpoint"),
                "{body}"
            );
        }
    }
}
