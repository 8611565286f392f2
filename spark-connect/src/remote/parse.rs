//! From text to [`Remote`]: `sc://host[:port][/[;key=value]*]`.

use std::net::Ipv6Addr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::{
    DEFAULT_MESSAGE_SIZE, DEFAULT_PORT, Keepalive, KeepaliveChoice, Remote, RemoteError, Token, checked_agent,
};

const SCHEME: &str = "sc://";

/// The longest name that DNS knows, in bytes.
const MAX_HOST: usize = 253;

/// The largest `int` of the JVM, where these numbers have their upper end in Spark's own clients.
const MAX_NUMBER: u32 = 2_147_483_647;

pub(super) fn remote(text: &str) -> Result<Remote, RemoteError> {
    if text.contains(char::is_control) {
        return Err(RemoteError::text(
            "the connection string holds a line break or another control character: remove it",
        ));
    }
    let rest = text.strip_prefix(SCHEME).ok_or_else(|| other_scheme(text))?;
    let (authority, rest) = rest.split_at(rest.find(['/', ';', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = host_and_port(authority)?;
    let remote = Remote {
        host,
        port,
        use_ssl: false,
        token: None,
        has_provider: false,
        proxy: None,
        user_id: None,
        user_agent: None,
        session_id: None,
        max_message_size: DEFAULT_MESSAGE_SIZE,
        keepalive: KeepaliveChoice::Unsaid,
        headers: Vec::new(),
    };
    apply(remote, parameters(parameter_text(rest)?)?)
}

/// The text does not start with `sc://`. The error shows what does, with host and port only: anything else in the text
/// may be a secret.
fn other_scheme(text: &str) -> RemoteError {
    let rule = "a connection string starts with `sc://` in lower case";
    let (scheme, rest) = match text.trim().split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, text.trim().trim_start_matches("sc:").trim_start_matches('/')),
    };
    // What is before it may be a user and a password, with a slash in it.
    if rest.contains('@') {
        return RemoteError::text(rule);
    }
    let (authority, rest) = rest.split_at(rest.find(['/', ';', '?', '#']).unwrap_or(rest.len()));
    let Ok((host, port)) = host_and_port(authority) else { return RemoteError::text(rule) };
    let named = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    // A text that is not even shaped like an address may be a token in the wrong place.
    if scheme.is_none() && !named && host != "localhost" && !(host.contains('.') && host.len() <= 63) {
        return RemoteError::text(rule);
    }
    let port = match scheme.as_deref() {
        _ if named && scheme.as_deref() != Some("spark") => format!(":{port}"),
        Some("https") => ":443".to_owned(),
        // The port of a cluster's master is another one.
        Some("spark") => format!(":{DEFAULT_PORT}"),
        _ => String::new(),
    };
    let tls = if scheme.as_deref() == Some("https") { "/;use_ssl=true" } else { "" };
    let behind = if rest.contains('=') { ", with the parameters behind `/;` as `;key=value`" } else { "" };
    RemoteError::text(format!("{rule}: write `{SCHEME}{host}{port}{tls}`{behind}"))
}

fn host_and_port(authority: &str) -> Result<(String, u16), RemoteError> {
    if authority.contains('@') {
        return Err(RemoteError::text(
            "a connection string has no user or password before the host: use the parameters `user_id` and `token`",
        ));
    }
    let (host, port) = match authority.find(']') {
        Some(bracket) => {
            let (host, after) = authority.split_at(bracket + 1);
            (ipv6(host)?, port_after_bracket(after)?)
        }
        None => {
            let (host, port) = match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            };
            (host_name(host, port)?, port)
        }
    };
    let port = port.map_or(Ok(DEFAULT_PORT), port_number)?;
    Ok((host, port))
}

fn ipv6(bracketed: &str) -> Result<String, RemoteError> {
    bracketed
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .filter(|inner| inner.parse::<Ipv6Addr>().is_ok())
        .map(|inner| format!("[{}]", inner.to_ascii_lowercase()))
        .ok_or_else(|| RemoteError::text("only an IPv6 address may stand in brackets, and without a zone"))
}

fn port_after_bracket(after: &str) -> Result<Option<&str>, RemoteError> {
    match after.strip_prefix(':') {
        Some(port) => Ok(Some(port)),
        None if after.is_empty() => Ok(None),
        None => Err(RemoteError::text("only `:` and a port may follow an IPv6 address in brackets")),
    }
}

fn host_name(host: &str, port: Option<&str>) -> Result<String, RemoteError> {
    if port.is_some_and(|port| port.contains(':')) {
        return Err(RemoteError::text("an IPv6 address must stand in brackets: write `sc://[::1]:15002`"));
    }
    if host.is_empty() {
        return Err(RemoteError::text("the host is missing: write `sc://host[:port]`"));
    }
    if host.len() > MAX_HOST {
        return Err(RemoteError::text(format!("the host is longer than {MAX_HOST} characters")));
    }
    if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')) {
        return Err(RemoteError::text(
            "the host may have letters, digits, `-`, `_` and `.` only: write an international name in its `xn--` form",
        ));
    }
    Ok(host.to_ascii_lowercase())
}

fn port_number(text: &str) -> Result<u16, RemoteError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|port| digits && *port > 0)
        .ok_or_else(|| RemoteError::text("the port must be a number from 1 to 65535"))
}

/// The text after `/;`, or nothing.
fn parameter_text(rest: &str) -> Result<&str, RemoteError> {
    let path = rest.strip_prefix('/').unwrap_or(rest);
    match path.chars().next() {
        None => Ok(""),
        Some('?') => Err(RemoteError::text(
            "a connection string has no `?query`: parameters follow `/;` as `;key=value`",
        )),
        Some('#') => Err(RemoteError::text("a connection string has no `#fragment`: leave it out")),
        Some(';') if path.len() == rest.len() => Err(RemoteError::text(
            "there must be a slash between the host and the parameters: write `sc://host/;key=value`",
        )),
        Some(';') => Ok(path.get(1..).unwrap_or_default()),
        Some(_) => {
            Err(RemoteError::text("a connection string has no path: only `;key=value` may follow the `/`"))
        }
    }
}

/// The decoded parameters in the order of the text, the last one of each key.
fn parameters(text: &str) -> Result<Vec<(&str, String)>, RemoteError> {
    let mut parameters: Vec<(&str, String)> = Vec::new();
    if text.is_empty() {
        return Ok(parameters);
    }
    for (index, piece) in text.split(';').enumerate() {
        let (key, value) = parameter(piece, index + 1)?;
        parameters.retain(|(known, _)| *known != key);
        parameters.push((key, value));
    }
    Ok(parameters)
}

/// One `key=value`. A piece with no `=` is told by its number, since it may be the rest of a token with a raw `;`.
fn parameter(piece: &str, number: usize) -> Result<(&str, String), RemoteError> {
    if piece.is_empty() {
        return Err(RemoteError::text(format!("parameter {number} is empty: remove the extra `;`")));
    }
    let (key, value) = piece.split_once('=').ok_or_else(|| {
        RemoteError::text(format!(
            "parameter {number} has no `=`: write `key=value`, and a `;` inside a value as `%3B`"
        ))
    })?;
    if key.is_empty() {
        return Err(RemoteError::text(format!("parameter {number} has no key before its `=`")));
    }
    for (raw, escape) in [('=', "%3D"), ('?', "%3F"), ('#', "%23")] {
        if value.contains(raw) {
            return Err(RemoteError::of(
                key,
                &format!("has a raw `{raw}` in its value: write it as `{escape}`"),
            ));
        }
    }
    Ok((key, decoded(key, value)?))
}

fn decoded(key: &str, value: &str) -> Result<String, RemoteError> {
    let escapes = value.split('%').skip(1);
    let is_hex = |escape: &str| escape.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !escapes.into_iter().all(is_hex) {
        return Err(RemoteError::of(
            key,
            "has a `%` without two hexadecimal digits after it: write a literal `%` as `%25`",
        ));
    }
    let text = percent_decode_str(value).decode_utf8();
    let text = text.map_err(|_| RemoteError::of(key, "is not UTF-8 once it is percent-decoded"))?;
    Ok(text.into_owned())
}

fn apply(remote: Remote, parameters: Vec<(&str, String)>) -> Result<Remote, RemoteError> {
    let mut given = Given { remote, keepalive: KeepaliveKeys::default() };
    for (key, value) in parameters {
        match PARAMETERS.iter().find(|(known, _)| *known == key) {
            Some((_, take_in)) => take_in(&mut given, key, value)?,
            None => given.remote = with_header(given.remote, key, &value)?,
        }
    }
    Ok(Remote { keepalive: given.keepalive.choice(), ..given.remote })
}

/// What the text has given so far.
struct Given {
    remote: Remote,
    keepalive: KeepaliveKeys,
}

/// Takes in the value of a key.
type TakeIn = fn(&mut Given, &str, String) -> Result<(), RemoteError>;

/// The keys that are no headers.
const PARAMETERS: [(&str, TakeIn); 10] = [
    ("token", |given, key, value| Token::parse(key, &value).map(|token| given.remote.token = Some(token))),
    ("use_ssl", |given, key, value| boolean(key, &value).map(|tls| given.remote.use_ssl = tls)),
    ("user_id", |given, _, value| {
        given.remote.user_id = Some(value);
        Ok(())
    }),
    ("user_agent", |given, key, value| {
        checked_agent(key, value).map(|agent| given.remote.user_agent = Some(agent))
    }),
    ("session_id", |given, key, value| session_id(key, &value).map(|id| given.remote.session_id = Some(id))),
    ("grpc_max_message_size", |given, key, value| {
        bytes(key, &value).map(|size| given.remote.max_message_size = size)
    }),
    ("grpc_keepalive_enabled", |given, key, value| {
        boolean(key, &value).map(|enabled| given.keepalive.enabled = Some(enabled))
    }),
    ("grpc_keepalive_time_ms", |given, key, value| {
        milliseconds(key, &value).map(|interval| given.keepalive.interval = Some(interval))
    }),
    ("grpc_keepalive_timeout_ms", |given, key, value| {
        milliseconds(key, &value).map(|timeout| given.keepalive.timeout = Some(timeout))
    }),
    ("grpc_keepalive_without_calls", |given, key, value| {
        boolean(key, &value).map(|while_idle| given.keepalive.while_idle = Some(while_idle))
    }),
];

/// What other clients call a parameter: its name here, and theirs in lower case without `_`.
const ELSEWHERE: [(&str, &[&str]); 3] = [
    ("use_ssl", &["ssl", "tls", "usetls", "enablessl", "enabletls", "sslenabled", "tlsenabled", "secure"]),
    ("token", &["accesstoken", "authtoken", "bearertoken", "bearer", "apikey", "pat", "password"]),
    ("user_id", &["user", "username"]),
];

/// How the names of the parameters of the connection itself begin.
const OF_GRPC: &str = "grpc_";

/// The remote with a key that is no parameter's. One that is meant to be would connect, and send a token, in the clear.
fn with_header(remote: Remote, key: &str, value: &str) -> Result<Remote, RemoteError> {
    if let Some(known) = named_elsewhere(key) {
        return Err(RemoteError::misspelt(key, known));
    }
    let near = PARAMETERS.iter().find(|(known, _)| is_near(key, known));
    if near.is_none() && key.to_ascii_lowercase().starts_with(OF_GRPC) {
        return Err(RemoteError::of(key, &format!("is not a known parameter: {}", parameters_of_grpc())));
    }
    let remote = remote.with_header(key, value)?;
    match near {
        Some((known, _)) => Err(RemoteError::misspelt(key, known)),
        None => Ok(remote),
    }
}

fn named_elsewhere(key: &str) -> Option<&'static str> {
    let bare = key.to_ascii_lowercase().replace('_', "");
    ELSEWHERE.iter().find(|(_, names)| names.contains(&bare.as_str())).map(|(known, _)| *known)
}

fn parameters_of_grpc() -> String {
    let known = PARAMETERS.iter().map(|(known, _)| *known).filter(|known| known.starts_with(OF_GRPC));
    let known: Vec<String> = known.map(|known| format!("`{known}`")).collect();
    format!("those that begin with `{OF_GRPC}` are {}", known.join(", "))
}

/// Whether one letter is left out, added, replaced or swapped with its neighbour, or the case alone differs.
fn is_near(key: &str, known: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let (key, known) = (lower.as_bytes(), known.as_bytes());
    let same = key.iter().zip(known).take_while(|(left, right)| left == right).count();
    let (key, known) = (key.get(same..).unwrap_or_default(), known.get(same..).unwrap_or_default());
    match (key, known) {
        ([], []) => true,
        ([_, key @ ..], [_, known @ ..]) if key == known => true,
        ([first, second, key @ ..], [third, fourth, known @ ..])
            if (first, second) == (fourth, third) && key == known =>
        {
            true
        }
        _ => key.get(1..) == Some(known) || known.get(1..) == Some(key),
    }
}

/// The keys of pings, each only if it was given.
#[derive(Default)]
struct KeepaliveKeys {
    enabled: Option<bool>,
    interval: Option<Duration>,
    timeout: Option<Duration>,
    while_idle: Option<bool>,
}

impl KeepaliveKeys {
    fn choice(self) -> KeepaliveChoice {
        let tuned = self.interval.is_some() || self.timeout.is_some() || self.while_idle.is_some();
        match self.enabled {
            Some(false) => KeepaliveChoice::Off,
            None if !tuned => KeepaliveChoice::Unsaid,
            _ => KeepaliveChoice::Every(Keepalive {
                interval: self.interval.unwrap_or(Keepalive::OF_SPARK.interval),
                timeout: self.timeout.unwrap_or(Keepalive::OF_SPARK.timeout),
                while_idle: self.while_idle.unwrap_or(Keepalive::OF_SPARK.while_idle),
            }),
        }
    }
}

/// Spark's Python client takes any other text for `false`, so that `use_ssl=1` would connect in the clear.
fn boolean(key: &str, value: &str) -> Result<bool, RemoteError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(RemoteError::of(key, "must be `true` or `false`")),
    }
}

fn session_id(key: &str, value: &str) -> Result<Uuid, RemoteError> {
    Uuid::parse_str(value)
        .map_err(|_| RemoteError::of(key, "must be a UUID: 32 hexadecimal digits in groups of 8-4-4-4-12"))
}

fn bytes(key: &str, value: &str) -> Result<usize, RemoteError> {
    let number = number(key, value, "bytes")?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

fn milliseconds(key: &str, value: &str) -> Result<Duration, RemoteError> {
    Ok(Duration::from_millis(number(key, value, "milliseconds")?.into()))
}

fn number(key: &str, value: &str, unit: &str) -> Result<u32, RemoteError> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|number| digits && (1..=MAX_NUMBER).contains(number)).ok_or_else(|| {
        RemoteError::of(key, &format!("must be a whole number of {unit} from 1 to {MAX_NUMBER}"))
    })
}
