//! Hosts by their names: this machine, and those without a proxy.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// Whether the host is this one, as far as its name says so.
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Whether `host` is reached without the proxy: `NO_PROXY` is a list of hosts, domains with all below them, networks
/// and `*`.
pub(super) fn bypasses_proxy(host: &str, no_proxy: &str) -> bool {
    let Ok(destination) = format!("https://{host}").parse::<Uri>() else { return false };
    let matcher = Matcher::builder().https("http://proxy".to_owned()).no(no_proxy.to_owned()).build();
    matcher.intercept(&destination).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_is_known_by_its_names() {
        for host in ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["spark", "localhost.example.com", "10.0.0.1", "[2001:db8::1]"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
