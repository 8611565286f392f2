use std::error::Error;

use proptest::prelude::*;

use super::*;

const ID: &str = "0a6e9d3c-5b7f-4c1e-9a1d-2f3b4c5d6e7f";

/// Every part of a remote, as text that a table can hold.
#[derive(Debug, PartialEq)]
struct Parts {
    host: &'static str,
    port: u16,
    tls: bool,
    bearer: Option<&'static str>,
    user_id: Option<&'static str>,
    user_agent: &'static str,
    session_id: Option<&'static str>,
    max_message_size: usize,
    /// Milliseconds between pings, milliseconds to wait, and whether to ping while idle.
    keepalive: Option<(u64, u64, bool)>,
    headers: &'static [(&'static str, &'static str)],
}

const PLAIN: Parts = Parts {
    host: "h",
    port: 15002,
    tls: false,
    bearer: None,
    user_id: None,
    user_agent: "lakeorm",
    session_id: None,
    max_message_size: 134_217_728,
    keepalive: None,
    headers: &[],
};

fn parse(text: &str) -> Remote {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> RemoteError {
    text.parse::<Remote>().expect_err(text)
}

fn headers(remote: &Remote) -> Vec<(&str, &str)> {
    remote.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}

fn bearer(remote: &Remote) -> Option<String> {
    remote.token().map(|token| token.bearer().to_str().unwrap().to_owned())
}

fn assert_parts(text: &str, expected: &Parts) {
    let remote = parse(text);
    assert_eq!(remote.host(), expected.host, "host of {text}");
    assert_eq!(remote.port(), expected.port, "port of {text}");
    assert_eq!(remote.uses_tls(), expected.tls, "TLS of {text}");
    assert_eq!(bearer(&remote).as_deref(), expected.bearer, "token of {text}");
    assert_eq!(remote.user_id(), expected.user_id, "user of {text}");
    assert_eq!(remote.user_agent(), expected.user_agent, "agent of {text}");
    let id = remote.session_id().map(|id| id.to_string());
    assert_eq!(id.as_deref(), expected.session_id, "session of {text}");
    assert_eq!(remote.max_message_size(), expected.max_message_size, "message size of {text}");
    let keepalive = expected.keepalive.map(|(interval, timeout, while_idle)| Keepalive {
        interval: Duration::from_millis(interval),
        timeout: Duration::from_millis(timeout),
        while_idle,
    });
    assert_eq!(remote.keepalive(), keepalive, "keepalive of {text}");
    assert_eq!(headers(&remote), expected.headers, "headers of {text}");
}

#[test]
fn a_host_and_a_port_are_read_in_every_form() {
    let cases = [
        ("sc://h", "h", 15002),
        ("sc://h/", "h", 15002),
        ("sc://h/;", "h", 15002),
        ("sc://h:1", "h", 1),
        ("sc://h:65535/;", "h", 65535),
        ("sc://h:00443", "h", 443),
        ("sc://Spark.Example.COM:443", "spark.example.com", 443),
        ("sc://my_host-1.local.", "my_host-1.local.", 15002),
        ("sc://127.0.0.1:80", "127.0.0.1", 80),
        ("sc://[::1]", "[::1]", 15002),
        ("sc://[2001:DB8::A]:7/;", "[2001:db8::a]", 7),
    ];
    for (text, host, port) in cases {
        assert_parts(text, &Parts { host, port, ..PLAIN });
    }
}

#[test]
fn every_parameter_is_read_into_its_own_part() {
    let cases = [
        ("sc://h/;token=t", Parts { tls: true, bearer: Some("Bearer t"), ..PLAIN }),
        ("sc://h/;use_ssl=true", Parts { tls: true, ..PLAIN }),
        ("sc://h/;use_ssl=TRUE", Parts { tls: true, ..PLAIN }),
        ("sc://h/;use_ssl=False", PLAIN),
        ("sc://h/;user_id=ada", Parts { user_id: Some("ada"), ..PLAIN }),
        ("sc://h/;user_id=", Parts { user_id: Some(""), ..PLAIN }),
        ("sc://h/;user_agent=app/1.0", Parts { user_agent: "app/1.0", ..PLAIN }),
        ("sc://h/;session_id=0A6E9D3C-5B7F-4C1E-9A1D-2F3B4C5D6E7F", Parts { session_id: Some(ID), ..PLAIN }),
        ("sc://h/;grpc_max_message_size=1", Parts { max_message_size: 1, ..PLAIN }),
        ("sc://h/;grpc_max_message_size=2147483647", Parts { max_message_size: 2_147_483_647, ..PLAIN }),
        ("sc://h/;x-team=data", Parts { headers: &[("x-team", "data")], ..PLAIN }),
        ("sc://h/;x-empty=", Parts { headers: &[("x-empty", "")], ..PLAIN }),
        (
            "sc://dbc.example.net:443/;token=dapi1;x-databricks-cluster-id=0301-abc",
            Parts {
                host: "dbc.example.net",
                port: 443,
                tls: true,
                bearer: Some("Bearer dapi1"),
                headers: &[("x-databricks-cluster-id", "0301-abc")],
                ..PLAIN
            },
        ),
    ];
    for (text, expected) in cases {
        assert_parts(text, &expected);
    }
}

#[test]
fn any_keepalive_key_turns_pings_on_with_the_defaults_of_spark_for_the_rest() {
    let cases = [
        ("sc://h", None),
        ("sc://h/;grpc_keepalive_enabled=true", Some((60_000, 20_000, true))),
        ("sc://h/;grpc_keepalive_enabled=false", None),
        ("sc://h/;grpc_keepalive_time_ms=300000", Some((300_000, 20_000, true))),
        ("sc://h/;grpc_keepalive_timeout_ms=5", Some((60_000, 5, true))),
        ("sc://h/;grpc_keepalive_without_calls=false", Some((60_000, 20_000, false))),
        ("sc://h/;grpc_keepalive_enabled=false;grpc_keepalive_time_ms=300000", None),
    ];
    for (text, keepalive) in cases {
        assert_parts(text, &Parts { keepalive, ..PLAIN });
    }
}

#[test]
fn only_values_are_percent_decoded_and_only_after_the_split() {
    let cases = [
        ("sc://h/;user_id=a%3Bb%3dc%25d", "a;b=c%d"),
        ("sc://h/;user_id=a+b%20c", "a+b c"),
        ("sc://h/;user_id=%C3%A9t%C3%A9", "été"),
        ("sc://h/;user_id=été", "été"),
        ("sc://h/;user_id=%2541", "%41"),
    ];
    for (text, user_id) in cases {
        assert_eq!(parse(text).user_id(), Some(user_id), "{text}");
    }
    assert_eq!(refusal("sc://h/;user%5Fid=a").key(), Some("user%5Fid"));
}

#[test]
fn the_last_of_two_equal_keys_wins_even_over_one_that_is_wrong() {
    assert_eq!(parse("sc://h/;user_id=a;user_id=b").user_id(), Some("b"));
    let remote = parse(&format!("sc://h/;session_id=wrong;session_id={ID}"));
    assert_eq!(remote.session_id().map(|id| id.to_string()).as_deref(), Some(ID));
    assert_eq!(headers(&parse("sc://h/;x-a=1;X-A=2;x-b=3")), [("x-a", "2"), ("x-b", "3")]);
    assert_eq!(headers(&parse("sc://h/;X-A=1;x-a=2;X-A=3")), [("x-a", "3")]);
}

#[test]
fn a_key_in_another_case_is_a_header() {
    let remote = parse("sc://h/;User_Id=a");
    assert_eq!(remote.user_id(), None);
    assert_eq!(headers(&remote), [("user_id", "a")]);
    let error = "sc://h/;Token=t".parse::<Remote>().unwrap_err();
    assert_eq!(error.to_string(), "`Token` would be sent as a plain header: write `token` in lower case");
}

#[test]
fn tls_follows_from_use_ssl_the_token_and_the_literal_localhost() {
    let cases = [
        ("sc://h", false),
        ("sc://localhost", false),
        ("sc://localhost/;token=t", false),
        ("sc://LOCALHOST/;token=t", false),
        ("sc://localhost/;use_ssl=false;token=t", false),
        ("sc://h/;token=t", true),
        ("sc://127.0.0.1/;token=t", true),
        ("sc://[::1]/;token=t", true),
        ("sc://localhost./;token=t", true),
        ("sc://h/;use_ssl=false;token=t", true),
        ("sc://h/;use_ssl=true", true),
        ("sc://localhost/;use_ssl=true", true),
        ("sc://h/;use_ssl=true;token=t", true),
        ("sc://localhost/;use_ssl=true;token=t", true),
    ];
    for (text, tls) in cases {
        let remote = parse(text);
        assert_eq!(remote.uses_tls(), tls, "{text}");
        let scheme = if tls { "https" } else { "http" };
        assert_eq!(remote.endpoint(), format!("{scheme}://{}", remote.authority()), "{text}");
    }
}

#[test]
fn a_wrong_host_port_or_path_is_refused_with_what_would_be_right() {
    let scheme = "a connection string starts with `sc://` in lower case";
    let host = "the host is missing: write `sc://host[:port]`";
    let name =
        "the host has letters, digits, `-`, `_` and `.` only: write an international name in its `xn--` form";
    let brackets = "an IPv6 address stands in brackets: write `sc://[::1]:15002`";
    let ipv6 = "only an IPv6 address stands in brackets, and without a zone";
    let port = "the port is a number from 1 to 65535";
    let path = "a connection string has no path: only `;key=value` may follow the `/`";
    let slash = "a slash stands between the host and the parameters: write `sc://host/;key=value`";
    let query = "a connection string has no `?query`: parameters follow `/;` as `;key=value`";
    let fragment = "a connection string has no `#fragment`: leave it out";
    let user = "a connection string has no user or password before the host: use the parameters `user_id` and `token`";
    let control = "the connection string holds a line break or another control character: remove it";
    let cases = [
        ("", scheme),
        ("h:15002", scheme),
        ("SC://h", scheme),
        ("http://h", scheme),
        (" sc://h", scheme),
        ("sc:/h", scheme),
        ("sc://", host),
        ("sc:///;token=t", host),
        ("sc://:15002", host),
        ("sc://a b", name),
        ("sc://h%41", name),
        ("sc://bücher.example", name),
        ("sc://::1", brackets),
        ("sc://h:1:2", brackets),
        ("sc://[::1", brackets),
        ("sc://[h]", ipv6),
        ("sc://x[::1]", ipv6),
        ("sc://[fe80::1%25eth0]", ipv6),
        ("sc://[::1]15002", "only `:` and a port may follow an IPv6 address in brackets"),
        ("sc://h:", port),
        ("sc://[::1]:", port),
        ("sc://h:0", port),
        ("sc://h:65536", port),
        ("sc://h:+80", port),
        ("sc://h:-1", port),
        ("sc://h:http", port),
        ("sc://h/path", path),
        ("sc://h//", path),
        ("sc://h/path;user_id=a", path),
        ("sc://h;user_id=a", slash),
        ("sc://h:15002;user_id=a", slash),
        ("sc://h?user_id=a", query),
        ("sc://h/?user_id=a", query),
        ("sc://h#f", fragment),
        ("sc://h/#f", fragment),
        ("sc://ada@h", user),
        ("sc://ada:pw@h:15002/", user),
        ("sc://h\n", control),
        ("sc://h/;user_id=a\tb", control),
    ];
    for (text, message) in cases {
        let error = refusal(text);
        assert_eq!(error.to_string(), message, "{text}");
        assert_eq!(error.key(), None, "{text}");
    }
    let long = refusal(&format!("sc://{}", "h".repeat(254)));
    assert_eq!(long.to_string(), "the host is longer than 253 characters");
}

#[test]
fn a_parameter_that_cannot_be_split_is_refused_without_showing_it() {
    let cases = [
        ("sc://h/;;", "parameter 1 is empty: remove the `;` that is too much"),
        ("sc://h/;user_id=a;", "parameter 2 is empty: remove the `;` that is too much"),
        ("sc://h/;user_id=a;;x-a=b", "parameter 2 is empty: remove the `;` that is too much"),
        (
            "sc://h/;token=half;other-half",
            "parameter 2 has no `=`: write `key=value`, and a `;` inside a value as `%3B`",
        ),
        ("sc://h/;=v", "parameter 1 has no key before its `=`"),
    ];
    for (text, message) in cases {
        let error = refusal(text);
        assert_eq!(error.to_string(), message, "{text}");
        assert_eq!(error.key(), None, "{text}");
    }
}

#[test]
fn a_wrong_value_is_refused_by_its_key() {
    let size = "`grpc_max_message_size` is a whole number of bytes from 1 to 2147483647";
    let cases = [
        ("token=", "token", "`token` is empty: give it a value, or leave it out"),
        ("token=YQ==", "token", "`token` has a raw `=` in its value: write it as `%3D`"),
        ("token=a?b", "token", "`token` has a raw `?` in its value: write it as `%3F`"),
        ("token=a#b", "token", "`token` has a raw `#` in its value: write it as `%23`"),
        (
            "token=a%0D%0Ab",
            "token",
            "`token` holds a character that a header cannot carry: only printable ASCII is allowed",
        ),
        (
            "token=a%20",
            "token",
            "`token` starts or ends with a space, which HTTP/2 does not carry: remove it",
        ),
        (
            "user_id=50%",
            "user_id",
            "`user_id` has a `%` that two hexadecimal digits do not follow: write a literal `%` as `%25`",
        ),
        (
            "user_id=%4g",
            "user_id",
            "`user_id` has a `%` that two hexadecimal digits do not follow: write a literal `%` as `%25`",
        ),
        (
            "user_id=%é1",
            "user_id",
            "`user_id` has a `%` that two hexadecimal digits do not follow: write a literal `%` as `%25`",
        ),
        ("user_id=%ff", "user_id", "`user_id` is not UTF-8 once it is percent-decoded"),
        ("use_ssl=1", "use_ssl", "`use_ssl` is either `true` or `false`"),
        ("use_ssl=", "use_ssl", "`use_ssl` is either `true` or `false`"),
        ("user_agent=", "user_agent", "`user_agent` is empty: give it a value, or leave it out"),
        (
            "session_id=1",
            "session_id",
            "`session_id` is a UUID: 32 hexadecimal digits in groups of 8-4-4-4-12",
        ),
        ("grpc_max_message_size=0", "grpc_max_message_size", size),
        ("grpc_max_message_size=2147483648", "grpc_max_message_size", size),
        ("grpc_max_message_size=128MiB", "grpc_max_message_size", size),
        ("grpc_max_message_size=%2B1", "grpc_max_message_size", size),
        ("grpc_max_message_size=", "grpc_max_message_size", size),
        (
            "grpc_keepalive_enabled=on",
            "grpc_keepalive_enabled",
            "`grpc_keepalive_enabled` is either `true` or `false`",
        ),
        (
            "grpc_keepalive_time_ms=-1",
            "grpc_keepalive_time_ms",
            "`grpc_keepalive_time_ms` is a whole number of milliseconds from 1 to 2147483647",
        ),
        (
            "grpc_keepalive_timeout_ms=20s",
            "grpc_keepalive_timeout_ms",
            "`grpc_keepalive_timeout_ms` is a whole number of milliseconds from 1 to 2147483647",
        ),
        (
            "grpc_keepalive_without_calls=no",
            "grpc_keepalive_without_calls",
            "`grpc_keepalive_without_calls` is either `true` or `false`",
        ),
    ];
    for (parameter, key, message) in cases {
        let error = refusal(&format!("sc://h/;x-first=1;{parameter}"));
        assert_eq!(error.to_string(), message, "{parameter}");
        assert_eq!(error.key(), Some(key), "{parameter}");
    }
}

#[test]
fn a_header_that_is_illegal_or_reserved_is_refused_by_its_name() {
    let illegal = "is no known parameter, and cannot be a header either: a header's name has letters, digits, `-`, \
                   `_` and `.` only";
    let printable = "holds a character that a header cannot carry: only printable ASCII is allowed";
    let http = "is a header that HTTP/2 keeps for itself: leave it out";
    let binary =
        "would be a binary header, which a text cannot give: choose a name that does not end in `-bin`";
    let cases = [
        ("x team", "1", illegal),
        ("x:team", "1", illegal),
        ("équipe", "1", illegal),
        ("x-team", "%C3%A9", printable),
        ("x-team", "a%00", printable),
        ("x-team", "%20a", "starts or ends with a space, which HTTP/2 does not carry: remove it"),
        ("Authorization", "t", "is a header that the client sets: give the bare token as `token`"),
        ("User-Agent", "a", "is a header that the client sets: name the program with `user_agent`"),
        ("host", "h", "is a header that the client sets: the host stands after `sc://`"),
        ("te", "trailers", http),
        ("Content-Type", "a", http),
        ("transfer-encoding", "a", http),
        ("GRPC-Timeout", "1S", "is a header that gRPC keeps for itself: leave it out"),
        ("x-trace-bin", "a", binary),
    ];
    for (name, value, rule) in cases {
        let error = refusal(&format!("sc://h/;{name}={value}"));
        assert_eq!(error.to_string(), format!("`{name}` {rule}"));
        assert_eq!(error.key(), Some(name));
    }
}

#[test]
fn the_agent_is_limited_to_2048_bytes_once_it_is_escaped() {
    let agent = format!("{}é", "a".repeat(2042));
    assert_eq!(parse("sc://h").with_user_agent(agent.clone()).unwrap().user_agent(), agent);
    let error = parse("sc://h").with_user_agent(agent + "b").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`user_agent` is 2049 bytes long once URL-escaped: at most 2048 are allowed"
    );
}

#[test]
fn the_client_type_names_agent_protocol_system_and_rust() {
    let expected = format!("etl/2 spark/4.3.0 os/{} rust/1.88", env::consts::OS);
    assert_eq!(parse("sc://h/;user_agent=etl/2").client_type(), expected);
    assert!(parse("sc://h").client_type().starts_with("lakeorm spark/4.3.0 os/"));
}

/// The environment of a test: the variables it names, and no other.
fn among(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    move |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

#[test]
fn the_environment_fills_only_what_the_text_leaves_open() {
    let lookup = among(&[
        ("SPARK_CONNECT_AUTHENTICATE_TOKEN", "from-env"),
        ("SPARK_CONNECT_USER_AGENT", "env-agent"),
        ("SPARK_USER", "spark-user"),
        ("USER", "login"),
    ]);
    let open = parse("sc://h").with_lookup(&lookup).unwrap();
    assert_eq!(bearer(&open).as_deref(), Some("Bearer from-env"));
    assert!(open.uses_tls());
    assert_eq!(open.user_agent(), "env-agent");
    assert_eq!(open.user_id(), Some("spark-user"));

    let text = "sc://h/;token=t;user_agent=a;user_id=";
    let full = parse(text).with_lookup(&lookup).unwrap();
    assert_eq!(full, parse(text));
}

#[test]
fn the_login_name_is_the_user_only_without_a_spark_user() {
    let login = among(&[("USER", "login"), ("SPARK_USER", "")]);
    assert_eq!(parse("sc://h").with_lookup(login).unwrap().user_id(), Some("login"));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let remote = parse("sc://h").with_lookup(|_| Some(String::new())).unwrap();
    assert_eq!(remote, parse("sc://h"));
}

#[test]
fn a_token_in_the_environment_that_no_header_carries_is_refused_by_its_variable() {
    let lookup = among(&[("SPARK_CONNECT_AUTHENTICATE_TOKEN", "broken\u{fffd}")]);
    let error = parse("sc://h").with_lookup(lookup).unwrap_err();
    assert_eq!(error.key(), Some("SPARK_CONNECT_AUTHENTICATE_TOKEN"));
    assert_eq!(
        error.to_string(),
        "`SPARK_CONNECT_AUTHENTICATE_TOKEN` holds a character that a header cannot carry: only printable ASCII is \
         allowed"
    );
    assert!(error.source().is_none());
}

#[test]
fn setters_replace_what_the_text_said() {
    let id = Uuid::parse_str(ID).unwrap();
    let remote = parse("sc://h/;token=a;user_id=b;user_agent=c;x-team=d")
        .with_token("t")
        .and_then(|remote| remote.with_user_agent("agent"))
        .and_then(|remote| remote.with_header("X-Team", "new"))
        .unwrap()
        .with_user_id("ada")
        .with_session_id(id);
    let expected = format!("sc://h/;token=t;user_id=ada;user_agent=agent;session_id={ID};x-team=new");
    assert_eq!(remote, parse(&expected));
}

#[test]
fn setters_check_like_the_text() {
    let remote = parse("sc://h");
    assert_eq!(remote.clone().with_token("").unwrap_err().key(), Some("token"));
    assert_eq!(remote.clone().with_token("a\nb").unwrap_err().key(), Some("token"));
    assert_eq!(remote.clone().with_user_agent("").unwrap_err().key(), Some("user_agent"));
    assert_eq!(remote.clone().with_header("", "v").unwrap_err().key(), Some(""));
    assert_eq!(remote.with_header("te", "v").unwrap_err().key(), Some("te"));
}

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
            "sc://h/;x-key={}%ff", "sc://h/;authorization={}", "sc://h/;use_ssl={}", "sc://h/;session_id={}",
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
