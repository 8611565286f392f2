//! The client against a scripted server: what it sends, and what it makes of the answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is a failed test; clippy.toml reaches #[test] functions only, not their helpers"
)]

mod addresses;
mod arguments;
mod aws;
mod broken;
mod client;
mod clouds;
mod conformance;
mod connections;
mod connector;
mod databricks;
mod dead_connections;
mod dropping;
mod endings;
mod failures;
mod frames;
mod gateways;
mod given;
mod headers;
mod leases;
mod malformed;
mod named;
mod nameless;
mod observed;
mod pausing;
mod projection;
mod proxies;
mod proxy;
mod reattach;
mod runtimes;
mod script;
mod sent;
mod sessions;
mod slots;
mod statements;
mod storms;
mod tags;
mod tls;
mod tokens;
mod twice;
mod upgraded;
mod uploads;
mod windows;
mod writes;
