use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Remote {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    text.parse::<Remote>().map(|_| ()).expect_err(text).to_string()
}

#[test]
fn host_and_port() {
    for (text, host, port) in [
        ("sc://localhost", "localhost", 15002),
        ("sc://LocalHost/", "localhost", 15002),
        ("sc://h/;", "h", 15002),
        ("sc://127.0.0.1:50051", "127.0.0.1", 50051),
        ("sc://[::1]", "[::1]", 15002),
        ("sc://[2001:DB8::1]:443/;use_ssl=true", "[2001:db8::1]", 443),
        ("sc://a-b.example.com:65535/;x=y", "a-b.example.com", 65535),
    ] {
        let remote = parse(text);
        assert_eq!((remote.host(), remote.port()), (host, port), "{text}");
        assert_eq!(remote.authority(), format!("{host}:{port}"));
    }
}

#[test]
fn every_parameter_lands_in_its_place() {
    let id = "9e7dfbb0-5f37-4b1a-9a52-2f2b3a5f6c11";
    let remote = parse(&format!(
        "sc://h/;token=a%3Db;use_ssl=TRUE;user_id=ada%20l;user_agent=app;session_id={id};\
         grpc_max_message_size=4096;grpc_keepalive_time_ms=1000;grpc_keepalive_timeout_ms=2000;\
         grpc_keepalive_without_calls=false;X-Cluster=c+1;x-cluster=c2"
    ));
    assert_eq!(remote.token().unwrap().bearer(), "Bearer a=b");
    assert!(remote.token().unwrap().bearer().is_sensitive());
    assert_eq!(remote.user_id(), Some("ada l"));
    assert_eq!(remote.session_id().unwrap().to_string(), id);
    assert_eq!(remote.max_message_size(), 4096);
    let keepalive = Keepalive {
        interval: Duration::from_secs(1),
        timeout: Duration::from_secs(2),
        while_idle: false,
    };
    assert_eq!(remote.keepalive(), Some(keepalive));
    let [(name, value)] = remote.headers() else { panic!("one header") };
    assert_eq!((name.as_str(), value.as_bytes()), ("x-cluster", &b"c2"[..]));
    assert!(remote.client_type().starts_with("app spark/4.3.0 os/"));
}

#[test]
fn the_defaults_are_those_of_the_protocol() {
    let remote = parse("sc://h");
    assert_eq!(remote.max_message_size(), 134_217_728);
    assert_eq!((remote.token(), remote.user_id(), remote.session_id()), (None, None, None));
    assert_eq!((remote.keepalive(), remote.headers().len()), (None, 0));
    assert!(remote.client_type().starts_with("lakeorm spark/"));
    assert_eq!(parse("sc://h/;grpc_keepalive_enabled=true").keepalive().unwrap().interval.as_secs(), 60);
    assert_eq!(parse("sc://h/;grpc_keepalive_time_ms=5;grpc_keepalive_enabled=false").keepalive(), None);
}

#[test]
fn a_plus_is_a_plus_and_the_last_of_two_wins() {
    let remote = parse("sc://h/;user_id=a;user_id=b+c");
    assert_eq!(remote.user_id(), Some("b+c"));
}

#[test]
fn tls_follows_from_use_ssl_and_from_a_token_that_leaves_the_machine() {
    for (text, tls) in [
        ("sc://h", false),
        ("sc://h/;use_ssl=true", true),
        ("sc://localhost/;token=t", false),
        ("sc://LOCALHOST/;token=t", false),
        ("sc://127.0.0.1/;token=t", true),
        ("sc://[::1]/;token=t", true),
        ("sc://h/;token=t", true),
        ("sc://h/;use_ssl=false;token=t", true),
        ("sc://localhost/;use_ssl=true;token=t", true),
    ] {
        assert_eq!(parse(text).uses_tls(), tls, "{text}");
        let scheme = if tls { "https://" } else { "http://" };
        assert!(parse(text).endpoint().starts_with(scheme), "{text}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (text, message) in [
        ("", "it must begin with `sc://`, in lower case"),
        ("SC://h", "it must begin with `sc://`, in lower case"),
        ("http://h", "it must begin with `sc://`, in lower case"),
        ("sc://", "it names no host"),
        ("sc://:15002", "it names no host"),
        ("sc://h:", "the port is not a number from 1 to 65535"),
        ("sc://h:x", "the port is not a number from 1 to 65535"),
        ("sc://h:0", "the port is not a number from 1 to 65535"),
        ("sc://h:+1", "the port is not a number from 1 to 65535"),
        ("sc://h:65536", "the port is not a number from 1 to 65535"),
        ("sc://::1", "an IPv6 address must stand in brackets"),
        ("sc://[::1", "the bracket of the IPv6 address is not closed"),
        ("sc://[h]", "what stands in brackets is not an IPv6 address"),
        ("sc://[::1]5", "after the IPv6 address comes nothing, or a colon and the port"),
        ("sc://h h", "the host holds a character that no host name has"),
        ("sc://u:p@h", "it has a user and password: give a `token` instead"),
        ("sc://h?a=b", "it has a `?`: write parameters as `/;key=value`"),
        (
            "sc://h;a=b",
            "it has parameters without a slash before them: write `/;` between host and parameters",
        ),
        ("sc://h/path", "it has a path: after the host comes nothing, or `/;` and parameters"),
        ("sc://h/path;a=b", "it has a path: after the host comes nothing, or `/;` and parameters"),
        ("sc://h/;a=b;", "a parameter is empty: there is a semicolon too many"),
        ("sc://h/;;a=b", "a parameter is empty: there is a semicolon too many"),
        ("sc://h/;a", "a parameter has no `=`: write `key=value`"),
        ("sc://h/;=b", "a parameter has no key: write `key=value`"),
        ("sc://h/;token=abc=", "`token` has a second `=`: write `%3D` for one inside a value"),
        ("sc://h/;token=", "`token` is empty: leave it out, or give the token"),
        ("sc://h/;token=a%0Ab", "`token` holds characters that no token has, such as a line break"),
        ("sc://h/;token=%zz", "`token` has a `%` without two hexadecimal digits: write `%25`"),
        ("sc://h/;token=a%2", "`token` has a `%` without two hexadecimal digits: write `%25`"),
        ("sc://h/;user_id=%ff", "`user_id` is not UTF-8 once it is percent-decoded"),
        ("sc://h/;user_id=", "`user_id` is empty: leave it out, or give a value"),
        ("sc://h/;use_ssl=1", "`use_ssl` is neither `true` nor `false`"),
        ("sc://h/;session_id=7", "`session_id` is not a UUID"),
        ("sc://h/;grpc_max_message_size=4MB", "`grpc_max_message_size` is not a whole number above 0"),
        ("sc://h/;grpc_keepalive_time_ms=0", "`grpc_keepalive_time_ms` is not a whole number above 0"),
        ("sc://h/;User_Id=a", "`User_Id` would be sent as a header; `user_id` is written so"),
        ("sc://h/;Authorization=x", "`Authorization` is written by the client: give a `token` instead"),
        ("sc://h/;grpc-timeout=1", "`grpc-timeout` has a name that gRPC keeps for itself"),
        ("sc://h/;trace-bin=1", "`trace-bin` has a name that gRPC keeps for itself"),
        ("sc://h/;a b=1", "`a b` is neither a parameter nor the name of a header"),
        ("sc://h/;x=%C3%A9", "`x` holds characters that no header may have"),
    ] {
        assert_eq!(refusal(text), message, "{text}");
    }
}

#[test]
fn the_environment_fills_what_the_string_leaves_open() {
    let lookup = |name: &str| match name {
        "SPARK_CONNECT_AUTHENTICATE_TOKEN" => Some("env-token".to_owned()),
        "SPARK_USER" => Some(String::new()),
        "USER" => Some("ada".to_owned()),
        _ => None,
    };
    let open = parse("sc://h").with_lookup(lookup).unwrap();
    assert_eq!(open.token().unwrap().bearer(), "Bearer env-token");
    assert_eq!((open.user_id(), open.uses_tls()), (Some("ada"), true));
    let given = parse("sc://h/;token=t;user_id=bob").with_lookup(lookup).unwrap();
    assert_eq!((given.token().unwrap().bearer().as_bytes(), given.user_id()), (&b"Bearer t"[..], Some("bob")));
    let error = parse("sc://h").with_lookup(|_| Some("a\nb".to_owned())).unwrap_err();
    assert_eq!(error.key(), Some("SPARK_CONNECT_AUTHENTICATE_TOKEN"));
    assert!(!error.to_string().contains('\n'));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*", tail in ".*") {
        let _ = text.parse::<Remote>();
        let _ = format!("sc://{tail}").parse::<Remote>();
        let _ = format!("sc://h/;{tail}").parse::<Remote>();
    }

    #[test]
    fn secrets_are_sent_as_given_and_never_shown(token in "[!-~]{8,40}", header in "[!-~]{8,40}") {
        let encode = |text: &str| utf8(text);
        let text = format!("sc://h/;token={};x-key={}", encode(&token), encode(&header));
        let remote = parse(&text);
        prop_assert_eq!(remote.token().unwrap().bearer(), format!("Bearer {token}"));
        prop_assert_eq!(remote.headers()[0].1.to_str().unwrap(), header.as_str());
        let shown = format!("{remote} {remote:?}");
        prop_assert!(!shown.contains(&token) && !shown.contains(&header));
        let error = format!("sc://h/;token={}=", encode(&token)).parse::<Remote>().unwrap_err();
        let shown = format!("{error} {error:?}");
        prop_assert!(!shown.contains(&token));
    }
}

fn utf8(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
