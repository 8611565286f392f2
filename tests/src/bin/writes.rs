//! The client's part of `cargo xtask writes`: one case per run, each printing its figures.
//!
//! The server is named by the variables of the end-to-end tests, as in `faults`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case fails where its expectation does, and prints its figures"
)]

use std::env;

use lakeorm_tests::engine::Engine;
use lakeorm_tests::figure;

#[path = "writes/kills.rs"]
mod kills;
#[path = "writes/one_key.rs"]
mod one_key;
#[path = "faults/server.rs"]
mod server;
#[path = "writes/tables.rs"]
mod tables;
#[path = "writes/writers.rs"]
mod writers;

#[tokio::main]
async fn main() {
    let engine = Engine::from_env();
    match env::args().nth(1).as_deref() {
        Some("writers") => writers::writers(&engine).await,
        Some("one-key") => one_key::one_key(&engine).await,
        Some("one-key-writer") => one_key::writer(&engine).await,
        Some("kills") => kills::kills(&engine).await,
        Some("killed-writer") => kills::writer(&engine).await,
        other => panic!("{other:?} is no case"),
    }
}
