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
/// and `*`. As for Go's clients, `*.domain` is a domain too, and an entry with a port is for that one alone.
pub(super) fn bypasses_proxy(host: &str, port: u16, no_proxy: &str) -> bool {
    let Ok(destination) = format!("https://{host}").parse::<Uri>() else { return false };
    let hosts: Vec<&str> = no_proxy.split(',').filter_map(|entry| host_for(port, entry.trim())).collect();
    let matcher = Matcher::builder().https("http://proxy".to_owned()).no(hosts.join(",")).build();
    matcher.intercept(&destination).is_none()
}

/// The host or domain of an entry of `NO_PROXY`, unless the entry is for another port.
fn host_for(port: u16, entry: &str) -> Option<&str> {
    let (host, only) = match entry.rsplit_once(':') {
        Some((host, only)) if !host.contains(':') || host.ends_with(']') => (host, only),
        // An IPv6 address without a port.
        _ => (entry, ""),
    };
    if !only.is_empty() && only.parse() != Ok(port) {
        return None;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    Some(bare.strip_prefix('*').filter(|domain| domain.starts_with('.')).unwrap_or(bare))
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

    #[test]
    fn an_entry_of_no_proxy_may_have_a_star_before_its_domain_and_a_port_behind_it() {
        for entry in [
            "*.example.com",
            "spark.example.com:443",
            ".example.com:443",
            "*.example.com:443",
            "Example.com:443",
            "spark.example.com:",
            "*:443",
            "other, *.example.com",
        ] {
            assert!(bypasses_proxy("spark.example.com", 443, entry), "{entry}");
        }
        for entry in
            ["*.ample.com", "spark.example.com:15002", "*.example.com:80", "*:80", "example.com:x", ""]
        {
            assert!(!bypasses_proxy("spark.example.com", 443, entry), "{entry}");
        }
        for (host, entry) in [
            ("10.1.2.3", "10.1.2.3:443"),
            ("10.1.2.3", "10.0.0.0/8"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]:443"),
            ("[2001:db8::1]", "2001:db8::/32"),
        ] {
            assert!(bypasses_proxy(host, 443, entry), "{entry}");
        }
        for (host, entry) in [("10.1.2.3", "10.1.2.3:80"), ("[2001:db8::1]", "[2001:db8::1]:80")] {
            assert!(!bypasses_proxy(host, 443, entry), "{entry}");
        }
    }
}
