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
mod answered;
mod arguments;
mod aws;
mod broken;
mod client;
mod clouds;
mod conformance;
mod connections;
mod connector;
mod databricks;
mod dataframe_arguments;
mod dataframe_leases;
mod dataframe_plans;
mod dataframe_sessions;
mod dead_connections;
mod dropping;
mod endings;
mod failures;
mod gateways;
mod headers;
mod http2;
mod late_answers;
mod malformed;
mod mock;
mod named_session;
mod observed;
mod pausing;
mod projection;
mod proxies;
mod proxy;
mod reattach;
mod restarted;
mod runtimes;
mod script;
mod sent;
mod sessions;
mod setup;
mod slots;
mod statements;
mod storms;
mod tags;
mod tls;
mod tokens;
mod upgraded;
mod uploads;
mod windows;
mod without_server_session_id;
mod writes;
