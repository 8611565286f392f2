//! The texts for people, and the secrets that are in none.

use proptest::prelude::*;

use super::*;

#[test]
fn display_shows_what_is_no_secret_and_debug_the_names_of_headers() {
    let text = format!(
        "sc://H:7/;token=hush;use_ssl=true;user_id=a%3Bb;user_agent=etl/2;session_id={ID};\
         grpc_max_message_size=9;grpc_keepalive_enabled=true;X-Team=hush"
    );
    let remote = parse(&text);
    assert_eq!(
        remote.to_string(),
        format!(
            "sc://h:7/;use_ssl=true;user_id=a%3Bb;user_agent=etl/2;session_id={ID};grpc_max_message_size=9;\
             grpc_keepalive_time_ms=60000;grpc_keepalive_timeout_ms=20000;grpc_keepalive_without_calls=true"
        )
    );
    let debug = format!("{:?}", parse("sc://h/;token=hush;X-Team=hush"));
    assert_eq!(
        debug,
        "Remote { endpoint: \"https://h:15002\", token: Some(Token(redacted)), user_id: None, \
         user_agent: \"lakeorm\", session_id: None, max_message_size: 134217728, keepalive: None, \
         headers: [\"x-team\"] }"
    );
}

#[test]
fn token_and_headers_are_marked_sensitive() {
    let remote = parse("sc://h/;token=t;x-team=data");
    assert!(remote.token().unwrap().bearer().is_sensitive());
    assert!(remote.headers().iter().all(|(_, value)| value.is_sensitive()));
}

/// Text out of the characters that mean something in a connection string, so that deep paths are reached.
fn near_miss() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("/;".to_owned()),
        Just("token=".to_owned()),
        Just("session_id=".to_owned()),
        Just("grpc_keepalive_time_ms=".to_owned()),
        "[;=%/:?#@\\[\\]]",
        "[a-zA-Z0-9 .é-]{0,6}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("sc://{}", pieces.concat()))
}

/// A secret that no other part of a text can contain by chance.
fn secret() -> impl Strategy<Value = String> {
    "S3CR3T[ -~]{0,12}Z"
}

fn escaped(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), near in near_miss()) {
        for text in [text.clone(), format!("sc://{text}"), format!("sc://h/;{text}"), near] {
            match text.parse::<Remote>() {
                Ok(remote) => prop_assert!(remote.endpoint().parse::<http::Uri>().is_ok(), "{text}"),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn what_is_shown_of_a_remote_parses_again(text in near_miss()) {
        if let Ok(remote) = text.parse::<Remote>() {
            let shown = remote.to_string();
            prop_assert_eq!(parse(&shown).to_string(), shown);
        }
    }

    #[test]
    fn no_secret_shows_in_any_text_of_a_remote(token in secret(), header in secret()) {
        let text = format!("sc://h/;token={};x-key={}", escaped(&token), escaped(&header));
        let remote = parse(&text);
        for shown in [remote.to_string(), format!("{remote:?}"), format!("{:?}", remote.headers())] {
            prop_assert!(!shown.contains("S3CR3T"), "{shown}");
        }
    }

    #[test]
    fn no_secret_shows_in_an_error_wherever_it_stands(
        secret in secret(),
        place in prop::sample::select(vec![
            "sc://{}@h", "sc://u:{}@h", "sc://h:{}", "sc://{}!", "sc://[{}]", "sc://h/{}", "sc://h?token={}", "{}",
            "sc://h/;{}", "sc://h/;token=a;{}", "sc://h/;token={}=", "sc://h/;token={}%", "sc://h/;token={}%0A",
            "sc://h/;x-key={}%ff", "sc://h/;authorization={}%0A", "sc://h/;use_ssl={}", "sc://h/;session_id={}",
            "sc://h/;grpc_max_message_size={}", "sc://h/;grpc_keepalive_time_ms={}",
        ]),
    ) {
        // Without the characters that would make a key of a part of it.
        let secret = secret.replace(['=', '%', ';'], "");
        let error = refusal(&place.replace("{}", &secret));
        for shown in [error.to_string(), format!("{error:?}")] {
            prop_assert!(!shown.contains("S3CR3T"), "{shown}");
        }
    }

    #[test]
    fn a_composed_string_comes_apart_into_its_parts(
        host in "[a-z][a-z0-9.-]{0,20}",
        port in 1..=u16::MAX,
        token in prop::option::of("[!-~]{1,40}"),
        user_id in prop::option::of("[^\\p{Cc}]{0,20}"),
        agent in "[^\\p{Cc}]{1,20}",
        header in "[!-~]{0,40}",
        id in any::<u128>(),
        size in 1..=2_147_483_647_usize,
    ) {
        let id = Uuid::from_u128(id);
        let mut text = format!(
            "sc://{host}:{port}/;user_agent={};session_id={id};grpc_max_message_size={size};x-key={}",
            escaped(&agent), escaped(&header)
        );
        for (key, value) in [("token", &token), ("user_id", &user_id)] {
            if let Some(value) = value {
                text.push_str(&format!(";{key}={}", escaped(value)));
            }
        }
        let remote = parse(&text);
        prop_assert_eq!(remote.host(), host);
        prop_assert_eq!(remote.port(), port);
        prop_assert_eq!(bearer(&remote), token.map(|token| format!("Bearer {token}")));
        prop_assert_eq!(remote.user_id(), user_id.as_deref());
        prop_assert_eq!(remote.user_agent(), agent);
        prop_assert_eq!(remote.session_id(), Some(id));
        prop_assert_eq!(remote.max_message_size(), size);
        prop_assert_eq!(headers(&remote), [("x-key", header.as_str())]);
    }
}
