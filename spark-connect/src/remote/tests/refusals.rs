//! Texts that are refused, and what the error says.

use super::*;

fn misspelt(key: &str, known: &str) -> String {
    format!(
        "unknown parameter `{key}`: did you mean `{known}`? A header of that name is set with `Remote::with_header`"
    )
}

#[test]
fn a_wrong_host_port_or_path_is_refused_with_what_would_be_right() {
    let scheme = "a connection string starts with `sc://` in lower case";
    let host = "the host is missing: write `sc://host[:port]`";
    let name = "the host may have letters, digits, `-`, `_` and `.` only: write an international name in its `xn--` form";
    let brackets = "an IPv6 address must stand in brackets: write `sc://[::1]:15002`";
    let ipv6 = "only an IPv6 address may stand in brackets, and without a zone";
    let port = "the port must be a number from 1 to 65535";
    let path = "a connection string has no path: only `;key=value` may follow the `/`";
    let slash = "there must be a slash between the host and the parameters: write `sc://host/;key=value`";
    let query = "a connection string has no `?query`: parameters follow `/;` as `;key=value`";
    let fragment = "a connection string has no `#fragment`: leave it out";
    let user = "a connection string has no user or password before the host: use the parameters `user_id` and `token`";
    let control = "the connection string holds a line break or another control character: remove it";
    let cases = [
        ("", scheme),
        ("dapi0123456789abcdef", scheme),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSIsImF1ZCI6InNwYXJrIn0.c2lnbmF0dXJl", scheme),
        ("http://", scheme),
        ("http://a b", scheme),
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
        ("sc://h/;;", "parameter 1 is empty: remove the extra `;`"),
        ("sc://h/;user_id=a;", "parameter 2 is empty: remove the extra `;`"),
        ("sc://h/;user_id=a;;x-a=b", "parameter 2 is empty: remove the extra `;`"),
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
    let size = "`grpc_max_message_size` must be a whole number of bytes from 1 to 2147483647";
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
            "`user_id` has a `%` without two hexadecimal digits after it: write a literal `%` as `%25`",
        ),
        (
            "user_id=%4g",
            "user_id",
            "`user_id` has a `%` without two hexadecimal digits after it: write a literal `%` as `%25`",
        ),
        (
            "user_id=%é1",
            "user_id",
            "`user_id` has a `%` without two hexadecimal digits after it: write a literal `%` as `%25`",
        ),
        ("user_id=%ff", "user_id", "`user_id` is not UTF-8 once it is percent-decoded"),
        ("use_ssl=1", "use_ssl", "`use_ssl` must be `true` or `false`"),
        ("use_ssl=", "use_ssl", "`use_ssl` must be `true` or `false`"),
        ("user_agent=", "user_agent", "`user_agent` is empty: give it a value, or leave it out"),
        (
            "session_id=1",
            "session_id",
            "`session_id` must be a UUID: 32 hexadecimal digits in groups of 8-4-4-4-12",
        ),
        ("grpc_max_message_size=0", "grpc_max_message_size", size),
        ("grpc_max_message_size=2147483648", "grpc_max_message_size", size),
        ("grpc_max_message_size=128MiB", "grpc_max_message_size", size),
        ("grpc_max_message_size=%2B1", "grpc_max_message_size", size),
        ("grpc_max_message_size=", "grpc_max_message_size", size),
        (
            "grpc_keepalive_enabled=on",
            "grpc_keepalive_enabled",
            "`grpc_keepalive_enabled` must be `true` or `false`",
        ),
        (
            "grpc_keepalive_time_ms=-1",
            "grpc_keepalive_time_ms",
            "`grpc_keepalive_time_ms` must be a whole number of milliseconds from 1 to 2147483647",
        ),
        (
            "grpc_keepalive_timeout_ms=20s",
            "grpc_keepalive_timeout_ms",
            "`grpc_keepalive_timeout_ms` must be a whole number of milliseconds from 1 to 2147483647",
        ),
        (
            "grpc_keepalive_without_calls=no",
            "grpc_keepalive_without_calls",
            "`grpc_keepalive_without_calls` must be `true` or `false`",
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
    let illegal = "is not a known parameter, and cannot be a header either: a header's name has letters, digits, `-`, \
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
fn a_key_that_is_nearly_a_parameter_is_refused_and_not_sent() {
    let cases = [
        ("tokn", "token"),
        ("tokens", "token"),
        ("toke", "token"),
        ("ttoken", "token"),
        ("tokan", "token"),
        ("tokne", "token"),
        ("otken", "token"),
        ("use_sll", "use_ssl"),
        ("use-ssl", "use_ssl"),
        ("usessl", "use_ssl"),
        ("USE_SSL", "use_ssl"),
        ("User_Id", "user_id"),
        ("sesion_id", "session_id"),
        ("user_agnet", "user_agent"),
        ("keepalive_timeout_ms", ""),
        ("x-token", ""),
        ("x-session-id", ""),
        ("team", ""),
    ];
    for (key, known) in cases {
        let text = format!("sc://h/;{key}=s3cret");
        if known.is_empty() {
            assert_eq!(headers(&parse(&text)), [(key, "s3cret")]);
            continue;
        }
        let error = refusal(&text);
        assert_eq!(error.to_string(), misspelt(key, known));
        assert_eq!(error.key(), Some(key));
    }
    // In code a name is meant as it stands.
    let remote = parse("sc://h").with_header("session-id", "a").unwrap();
    assert_eq!(headers(&remote), [("session-id", "a")]);
}

#[test]
fn what_other_clients_call_a_parameter_is_refused_and_not_sent() {
    let cases: [(&str, &[&str]); 3] = [
        ("use_ssl", &["ssl", "tls", "use_tls", "enable_ssl", "ssl_enabled", "secure", "SSL", "useTls"]),
        (
            "token",
            &["access_token", "auth_token", "bearer_token", "api_key", "pat", "password", "accessToken"],
        ),
        ("user_id", &["user", "username", "user_name"]),
    ];
    for (known, keys) in cases {
        for key in keys {
            // The second value is none that a header could carry.
            for value in ["s3cret", "s3cr%C3%A9t"] {
                let error = refusal(&format!("sc://h/;{key}={value}"));
                assert_eq!(error.to_string(), misspelt(key, known));
                assert_eq!(error.key(), Some(*key));
            }
        }
    }
    for key in ["api-key", "x-user", "x_tls", "user-name"] {
        assert_eq!(headers(&parse(&format!("sc://h/;{key}=v"))), [(key, "v")]);
    }
}

#[test]
fn an_unknown_key_of_grpc_is_refused_with_those_that_are_known() {
    for key in ["grpc_ssl", "grpc_max_send_size", "GRPC_Timeout"] {
        let told = format!(
            "`{key}` is not a known parameter: those that begin with `grpc_` are `grpc_max_message_size`, \
             `grpc_keepalive_enabled`, `grpc_keepalive_time_ms`, `grpc_keepalive_timeout_ms`, \
             `grpc_keepalive_without_calls`"
        );
        assert_eq!(refusal(&format!("sc://h/;{key}=s3cret")).to_string(), told);
    }
    let error = refusal("sc://h/;grpc_keepalive_time=1000");
    assert!(error.to_string().starts_with("`grpc_keepalive_time` is not a known parameter"), "{error}");
    let error = refusal("sc://h/;grpc_keepalive_time_m=1");
    assert!(
        error.to_string().ends_with(
            "did you mean `grpc_keepalive_time_ms`? A header of that name is set with `Remote::with_header`"
        ),
        "{error}"
    );
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
fn a_refusal_becomes_the_error_of_a_call_with_the_same_text() {
    let remote = || -> crate::Result<Remote> { Ok("spark.example.com".parse::<Remote>()?) };
    let error = remote().unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (crate::ErrorKind::InvalidRemote, false));
    assert_eq!(error.to_string(), refusal("spark.example.com").to_string());
}

#[test]
fn the_client_type_names_agent_protocol_system_and_rust() {
    let expected = format!("etl/2 spark/4.3.0 os/{} rust/1.95", env::consts::OS);
    assert_eq!(parse("sc://h/;user_agent=etl/2").client_type(), expected);
    assert!(parse("sc://h").client_type().starts_with("lakeorm spark/4.3.0 os/"));
}

#[test]
fn another_scheme_or_none_is_answered_with_the_string_to_write() {
    let cases = [
        ("h:15002", "sc://h:15002"),
        ("localhost", "sc://localhost"),
        ("spark.example.com", "sc://spark.example.com"),
        ("SC://h", "sc://h"),
        (" sc://h", "sc://h"),
        ("sc:/h:7", "sc://h:7"),
        ("http://h", "sc://h"),
        ("http://h:15002/", "sc://h:15002"),
        ("grpc://h:15002", "sc://h:15002"),
        ("https://dbc-1.cloud.databricks.com/?o=1", "sc://dbc-1.cloud.databricks.com:443/;use_ssl=true"),
        ("https://h:15002", "sc://h:15002/;use_ssl=true"),
        ("spark://master:7077", "sc://master:15002"),
        ("http://[::1]:15002", "sc://[::1]:15002"),
    ];
    for (text, written) in cases {
        let error = refusal(text).to_string();
        let told = format!("a connection string starts with `sc://` in lower case: write `{written}`");
        assert!(error.starts_with(&told), "{text}: {error}");
        // The suggestion is right.
        parse(written);
    }
    for text in ["http://user:12345/rest@host", "user:12345/rest@host", "https://user:1?2@host/"] {
        assert_eq!(refusal(text).to_string(), "a connection string starts with `sc://` in lower case");
    }
    let error = refusal("http://h:1/;token=s3cret").to_string();
    assert!(error.contains("parameters behind `/;`") && !error.contains("s3cret"), "{error}");
}
