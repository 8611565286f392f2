//! The scripted server.
pub mod proto;
