//! What the test suites share: the engines, the tables on them, the scripted server, and the fault proxy.

pub mod engine;
pub mod fake;
pub mod proxy;
pub mod tables;
