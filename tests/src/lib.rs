//! What the test suites share: the engines, the tables on them, the scripted server, the fault proxy, TLS and
//! HTTP proxies, what is logged, and results that can be checked.

pub mod engine;
pub mod fake;
pub mod numbered;
pub mod proxy;
pub mod tables;
pub mod tls;
pub mod token_endpoint;
pub mod trace;
pub mod tunnel;
