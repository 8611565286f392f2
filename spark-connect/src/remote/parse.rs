//! `sc://host[:port][/[;key=value]*]`, read strictly: what the reference client would silently ignore is an
//! error here.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use super::{DEFAULT_MAX_MESSAGE, DEFAULT_PORT, Keepalive, Remote, RemoteError, Token};

const SCHEME: &str = "sc://";

/// The reference client refuses longer ones, counted as they stand in a URL.
const MAX_USER_AGENT: usize = 2048;

/// What the reference client does once keepalive is on.
const KEEPALIVE: Keepalive =
    Keepalive { interval: Duration::from_secs(60), timeout: Duration::from_secs(20), while_idle: true };

pub(super) fn remote(text: &str) -> Result<Remote, RemoteError> {
    let rest = text
        .strip_prefix(SCHEME)
        .ok_or_else(|| RemoteError::new("it must begin with `sc://`, in lower case"))?;
    let (address, parameters) = match rest.split_once('/') {
        Some((address, path)) => (address, parameters(path)?),
        None => (rest, ""),
    };
    let (host, port) = self::address(address)?;
    let mut remote = Remote {
        host,
        port,
        token: None,
        use_ssl: false,
        user_id: None,
        user_agent: None,
        session_id: None,
        max_message_size: DEFAULT_MAX_MESSAGE,
        keepalive: None,
        headers: Vec::new(),
    };
    if !parameters.is_empty() {
        for piece in parameters.split(';') {
            let (key, value) = parameter(piece)?;
            set(&mut remote, key, value)?;
        }
    }
    Ok(remote)
}

/// What follows the first slash: nothing, or parameters behind a semicolon.
fn parameters(path: &str) -> Result<&str, RemoteError> {
    if path.is_empty() {
        return Ok("");
    }
    path.strip_prefix(';').ok_or_else(|| {
        RemoteError::new("it has a path: after the host comes nothing, or `/;` and parameters")
    })
}

fn address(text: &str) -> Result<(String, u16), RemoteError> {
    for (mark, what) in [
        ('@', "a user and password: give a `token` instead"),
        (';', "parameters without a slash before them: write `/;` between host and parameters"),
        ('?', "a `?`: write parameters as `/;key=value`"),
        ('#', "a `#`: write parameters as `/;key=value`"),
    ] {
        if text.contains(mark) {
            return Err(RemoteError::new(format!("it has {what}")));
        }
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest
                .split_once(']')
                .ok_or_else(|| RemoteError::new("the bracket of the IPv6 address is not closed"))?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(RemoteError::new("what stands in brackets is not an IPv6 address"));
            }
            let port = match behind {
                "" => None,
                _ => Some(behind.strip_prefix(':').ok_or_else(|| {
                    RemoteError::new("after the IPv6 address comes nothing, or a colon and the port")
                })?),
            };
            (format!("[{host}]"), port)
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(RemoteError::new("an IPv6 address must stand in brackets"));
            }
            Some((host, port)) => (host.to_owned(), Some(port)),
            None => (text.to_owned(), None),
        },
    };
    if host.is_empty() {
        return Err(RemoteError::new("it names no host"));
    }
    let in_a_host = |character: char| character.is_ascii_graphic() && !r#""\<>^`{|}%"#.contains(character);
    if !host.chars().all(in_a_host) {
        return Err(RemoteError::new("the host holds a character that no host name has"));
    }
    let port = match port {
        Some(text) => port_number(text)?,
        None => DEFAULT_PORT,
    };
    Ok((host.to_ascii_lowercase(), port))
}

fn port_number(text: &str) -> Result<u16, RemoteError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .filter(|port| *port != 0)
        .ok_or_else(|| RemoteError::new("the port is not a number from 1 to 65535"))
}

/// One `key=value`, the value percent-decoded. The pieces are split before decoding, so that `%3B` and `%3D`
/// can stand in a value.
fn parameter(piece: &str) -> Result<(&str, String), RemoteError> {
    if piece.is_empty() {
        return Err(RemoteError::new("a parameter is empty: there is a semicolon too many"));
    }
    let Some((key, value)) = piece.split_once('=') else {
        return Err(RemoteError::new("a parameter has no `=`: write `key=value`"));
    };
    if key.is_empty() {
        return Err(RemoteError::new("a parameter has no key: write `key=value`"));
    }
    if value.contains('=') {
        return Err(RemoteError::of(key, "has a second `=`: write `%3D` for one inside a value"));
    }
    let escapes = value.split('%').skip(1);
    for escape in escapes {
        let mut digits = escape.bytes().take(2);
        if !(digits.by_ref().all(|byte| byte.is_ascii_hexdigit()) && escape.len() >= 2) {
            return Err(RemoteError::of(key, "has a `%` without two hexadecimal digits: write `%25`"));
        }
    }
    let value = percent_decode_str(value)
        .decode_utf8()
        .map_err(|_| RemoteError::of(key, "is not UTF-8 once it is percent-decoded"))?;
    Ok((key, value.into_owned()))
}

fn set(remote: &mut Remote, key: &str, value: String) -> Result<(), RemoteError> {
    match key {
        "token" => remote.token = Some(Token::new(key, value)?),
        "use_ssl" => remote.use_ssl = boolean(key, &value)?,
        "user_id" => remote.user_id = Some(filled(key, value)?),
        "user_agent" => remote.user_agent = Some(user_agent(key, value)?),
        "session_id" => {
            let id = Uuid::try_parse(&value);
            remote.session_id = Some(id.map_err(|_| RemoteError::of(key, "is not a UUID"))?);
        }
        "grpc_max_message_size" => {
            let size = number(key, &value)?;
            remote.max_message_size =
                usize::try_from(size).map_err(|_| RemoteError::of(key, "is more than this machine can hold"))?;
        }
        "grpc_keepalive_enabled" => {
            remote.keepalive = boolean(key, &value)?.then(|| remote.keepalive.unwrap_or(KEEPALIVE));
        }
        "grpc_keepalive_time_ms" => {
            keepalive(remote).interval = Duration::from_millis(number(key, &value)?);
        }
        "grpc_keepalive_timeout_ms" => {
            keepalive(remote).timeout = Duration::from_millis(number(key, &value)?);
        }
        "grpc_keepalive_without_calls" => keepalive(remote).while_idle = boolean(key, &value)?,
        _ => header(remote, key, &value)?,
    }
    Ok(())
}

fn keepalive(remote: &mut Remote) -> &mut Keepalive {
    remote.keepalive.get_or_insert(KEEPALIVE)
}

/// The reference client reads every text but `true` as false, so that `use_ssl=1` connects in the clear.
fn boolean(key: &str, value: &str) -> Result<bool, RemoteError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(RemoteError::of(key, "is neither `true` nor `false`")),
    }
}

fn number(key: &str, value: &str) -> Result<u64, RemoteError> {
    value
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| RemoteError::of(key, "is not a whole number above 0"))
}

fn filled(key: &str, value: String) -> Result<String, RemoteError> {
    match value.is_empty() {
        true => Err(RemoteError::of(key, "is empty: leave it out, or give a value")),
        false => Ok(value),
    }
}

pub(super) fn user_agent(key: &str, value: String) -> Result<String, RemoteError> {
    let value = filled(key, value)?;
    match utf8_percent_encode(&value, NON_ALPHANUMERIC).map(str::len).sum::<usize>() > MAX_USER_AGENT {
        true => Err(RemoteError::of(key, "is longer than 2048 characters once it is percent-encoded")),
        false => Ok(value),
    }
}

/// Headers that the client or the transport writes, with the way to what was probably meant.
const RESERVED: [(&str, &str); 8] = [
    ("authorization", "is written by the client: give a `token` instead"),
    ("user-agent", "is written by the client: give a `user_agent` instead"),
    ("content-type", "is written by the transport and cannot be given"),
    ("te", "is written by the transport and cannot be given"),
    ("host", "is written by the transport and cannot be given"),
    ("connection", "is written by the transport and cannot be given"),
    ("content-length", "is written by the transport and cannot be given"),
    ("transfer-encoding", "is written by the transport and cannot be given"),
];

fn header(remote: &mut Remote, key: &str, value: &str) -> Result<(), RemoteError> {
    let name = HeaderName::try_from(key.to_ascii_lowercase())
        .map_err(|_| RemoteError::of(key, "is neither a parameter nor the name of a header"))?;
    if let Some((_, reason)) = RESERVED.iter().find(|(reserved, _)| *reserved == name.as_str()) {
        return Err(RemoteError::of(key, *reason));
    }
    if name.as_str().starts_with("grpc-") || name.as_str().ends_with("-bin") {
        return Err(RemoteError::of(key, "has a name that gRPC keeps for itself"));
    }
    if let Some(meant) = misspelt(key) {
        return Err(RemoteError::of(key, format!("would be sent as a header; `{meant}` is written so")));
    }
    let value = value
        .is_ascii()
        .then(|| HeaderValue::try_from(value).ok())
        .flatten()
        .ok_or_else(|| RemoteError::of(key, "holds characters that no header may have"))?;
    remote.headers.retain(|(present, _)| *present != name);
    remote.headers.push((name, value));
    Ok(())
}

/// A parameter in other letters: `User_Id` would silently become a header.
fn misspelt(key: &str) -> Option<&'static str> {
    const KEYS: [&str; 10] = [
        "token",
        "use_ssl",
        "user_id",
        "user_agent",
        "session_id",
        "grpc_max_message_size",
        "grpc_keepalive_enabled",
        "grpc_keepalive_time_ms",
        "grpc_keepalive_timeout_ms",
        "grpc_keepalive_without_calls",
    ];
    KEYS.into_iter().find(|known| known.eq_ignore_ascii_case(key) && *known != key)
}
