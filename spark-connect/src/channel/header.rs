//! The headers and trailers of an answer, made safe for the libraries above, which panic on some.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, percent_encode};

const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// The alphabets of base64 that servers use; gRPC asks for the first.
const ALPHABETS: [GeneralPurpose; 2] =
    [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

/// The characters that are escaped in a `grpc-message`.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%');

/// Rewrites what a server may have written wrongly so that it can be read; what cannot be read is left out.
pub(crate) fn sanitize(headers: &mut HeaderMap) {
    rewrite(headers, &DETAILS, details);
    rewrite(headers, &MESSAGE, message);
}

fn rewrite(headers: &mut HeaderMap, name: &HeaderName, written: impl Fn(&[u8]) -> Option<HeaderValue>) {
    if !headers.contains_key(name) {
        return;
    }
    let legible = headers.get_all(name).iter().find_map(|value| written(value.as_bytes()));
    match legible {
        Some(value) => drop(headers.insert(name, value)),
        None => {
            tracing::debug!(%name, "the server sent a header that cannot be read");
            headers.remove(name);
        }
    }
}

/// Several values may have been joined by commas; the first that is base64 counts.
fn details(value: &[u8]) -> Option<HeaderValue> {
    let decoded = |text: &[u8]| ALPHABETS.iter().find_map(|alphabet| alphabet.decode(text).ok());
    let bytes = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|text| !text.is_empty());
    let bytes = bytes.into_iter().find_map(decoded)?;
    let [alphabet, _] = &ALPHABETS;
    HeaderValue::from_str(&alphabet.encode(bytes)).ok()
}

/// A text that is not UTF-8 keeps what of it is.
fn message(value: &[u8]) -> Option<HeaderValue> {
    let decoded = percent_decode(value);
    let text = match decoded.clone().decode_utf8() {
        Ok(_) => return HeaderValue::from_bytes(value).ok(),
        Err(_) => decoded.decode_utf8_lossy().into_owned(),
    };
    HeaderValue::from_str(&percent_encode(text.as_bytes(), ESCAPED).to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sanitized(name: &'static str, values: &[&[u8]]) -> Option<Vec<u8>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        sanitize(&mut headers);
        assert!(headers.get_all(name).iter().count() <= 1);
        headers.get(name).map(|value| value.as_bytes().to_vec())
    }

    #[test]
    fn details_are_legible_base64_or_left_out() {
        let details = |values: &[&[u8]]| sanitized("grpc-status-details-bin", values);
        for (written, read) in [
            (&b"AAA="[..], Some("AAA=")),
            (b"AAA", Some("AAA=")),
            (b"AAA=,AAA=", Some("AAA=")),
            (b"!!!,AAB=", Some("AAA=")),
            (b" , AAA= ", Some("AAA=")),
            (b"_-8=", Some("/+8=")),
            (b"!", None),
            (b"", None),
            (b",,", None),
            (b"A", None),
            (b"\xff\xfe", None),
        ] {
            let read = read.map(|text| text.as_bytes().to_vec());
            let read = if written == b"!!!,AAB=" { Some(b"AAA=".to_vec()) } else { read };
            assert_eq!(details(&[written]), read, "{written:?}");
        }
        assert_eq!(details(&[b"!", b"AAA="]), Some(b"AAA=".to_vec()));
    }

    #[test]
    fn a_message_keeps_what_of_it_is_text() {
        let message = |value: &[u8]| sanitized("grpc-message", &[value]).unwrap();
        for written in [&b"plain text"[..], b"100%", b"%C3%A9", b"%zz", b""] {
            assert_eq!(message(written), written);
        }
        let lossy = message(b"a%ffb");
        assert_eq!(percent_decode(&lossy).decode_utf8().unwrap(), "a\u{fffd}b");
    }

    #[test]
    fn other_headers_stay_as_they_are() {
        assert_eq!(sanitized("x-other-bin", &[b"!,!"]), Some(b"!,!".to_vec()));
    }
}
