//! The parts of a text.

use super::*;

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
fn a_token_in_another_case_is_refused() {
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
