//! What the test suites share: the engines, the tables on them, and the scripted server.

pub mod engine;
pub mod fake;
pub mod tables;
