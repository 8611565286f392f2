//! The failures of a store: where and why, without anything that only its callers may know.

use std::error::Error as StdError;

use crate::error::{Error, ErrorKind};

/// The words of `object_store` before the status and the body of a service's answer, and before a body alone.
const STATUS: &str = "Server returned non-2xx status code: ";
const BODY: &str = "Server returned error response: ";

/// Its words before the path and the message of a service that did not remove one of several files.
const FOR_KEY: &str = "request failed for key ";

/// No code of a service is longer.
const LONGEST_CODE: usize = 64;

/// The error of a store, with those that caused it.
///
/// Addresses may carry a signature after a question mark, which is left out. Of a service's answer only the code is
/// told: S3 repeats the request that it refuses, with the token of the session in it.
pub(super) fn failed(what: &str, error: &object_store::Error) -> Error {
    let mut told = told(error);
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = self::told(inner);
        if !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        cause = inner.source();
    }
    Error::new(ErrorKind::Staging, format!("{what}: {told}"))
}

fn told(error: &dyn StdError) -> String {
    without_queries(&without_bodies(&error.to_string()))
}

/// The text up to the answer of a service, and its status and code. Whatever looks like markup is taken for an answer.
fn without_bodies(text: &str) -> String {
    let status = text.find(STATUS).map(|at| at + STATUS.len());
    let body = text.find(BODY).map(|at| at + BODY.len());
    let key = text.find(FOR_KEY).map(|at| at + FOR_KEY.len());
    let message = key.and_then(|at| Some(at + text.get(at..)?.find(": ")?));
    let begins = status.into_iter().chain(body).chain(message).chain(text.find(['<', '{', '\n']));
    let Some(begin) = begins.min() else { return text.to_owned() };
    let (before, answer) = text.split_at(begin);
    let status = if status == Some(begin) { answer.split(['<', ':']).next() } else { None };
    let parts = [Some(before.trim_end_matches([' ', ':'])), status.map(str::trim), code(answer)];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}

/// The code of an answer, as XML, JSON or `object_store` have it: `ExpiredToken`, `invalid_grant`.
fn code(answer: &str) -> Option<&str> {
    let rest = [("<Code>", '<'), ("\"error\":\"", '"'), ("\"error\": \"", '"'), ("(code: ", ')')]
        .into_iter()
        .find_map(|(begin, end)| answer.split_once(begin)?.1.split(end).next());
    let is_code = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    rest.filter(|code| code.len() <= LONGEST_CODE && code.chars().all(is_code))
}

pub(super) fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| word.split_once('?').map_or(word, |(address, _)| address));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str) -> String {
        let error = object_store::Error::Generic { store: "S3", source: source.into() };
        failed("a part", &error).to_string()
    }

    #[test]
    fn an_error_does_not_hold_the_signature_of_an_address() {
        let told = of("PUT https://a.blob.core.windows.net/c/p?sig=s3cret&se=2026 failed");
        assert_eq!(told, "a part: Generic S3 error: PUT https://a.blob.core.windows.net/c/p failed");
    }

    #[test]
    fn of_what_a_service_answers_only_its_code_is_told() {
        let put = "Error performing PUT http://s3/lake/p in 2ms - Server returned non-2xx status code:";
        for (body, code) in [
            (
                "<?xml version=\"1.0\"?>\n<Error><Code>SignatureDoesNotMatch</Code><CanonicalRequest>PUT\n\
                 x-amz-security-token:s3cret</CanonicalRequest></Error>",
                ": SignatureDoesNotMatch",
            ),
            ("<Error><Code>ExpiredToken</Code><Token-0>s3cret</Token-0></Error>", ": ExpiredToken"),
            ("<Error><Code>s3cret=</Code></Error>", ""),
            ("{\"error\": \"invalid_grant\", \"error_description\": \"s3cret\"}", ": invalid_grant"),
            ("s3cret", ""),
            ("who sent s3cret?", ""),
            ("", ""),
        ] {
            let told = of(&format!("{put} 403 Forbidden: {body}"));
            assert_eq!(told, format!("a part: Generic S3 error: {put} 403 Forbidden{code}"));
        }
        let told =
            of("Server returned error response: 200 s3cret: <Error><Code>SlowDown</Code>s3cret</Error>");
        assert_eq!(told, "a part: Generic S3 error: Server returned error response: SlowDown");
        let told = of("DeleteObjects request failed for key a/p: s3cret is refused (code: AccessDenied)");
        let failed = "a part: Generic S3 error: DeleteObjects request failed for key a/p";
        assert_eq!(told, format!("{failed}: AccessDenied"));
        assert_eq!(of("refused <Token>s3cret</Token>"), "a part: Generic S3 error: refused");
    }
}
