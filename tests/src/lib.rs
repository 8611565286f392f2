//! What the test suites share: the engines, the tables on them, the scripted server, the fault proxy, and results that can be checked.

pub mod engine;
pub mod fake;
pub mod numbered;
pub mod proxy;
pub mod tables;
pub mod token_endpoint;
