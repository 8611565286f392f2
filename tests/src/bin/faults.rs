//! The client's part of `cargo xtask faults`: one case per run, each printing its figures.
//!
//! The server is named by the variables of the end-to-end tests. `LAKEORM_ENGINE_PROCESS` names a file that holds
//! its process id; a server that this program ends is started again by the command that runs it.

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

#[path = "faults/drops.rs"]
mod drops;
#[path = "faults/heap.rs"]
mod heap;
#[path = "faults/kills.rs"]
mod kills;
#[path = "faults/network.rs"]
mod network;
#[path = "faults/packet_loss.rs"]
mod packet_loss;
#[path = "faults/pings.rs"]
mod pings;
#[path = "faults/reattaches.rs"]
mod reattaches;
#[path = "faults/server.rs"]
mod server;
#[path = "faults/silence.rs"]
mod silence;
#[path = "faults/slow_reader.rs"]
mod slow_reader;

#[tokio::main]
async fn main() {
    let engine = Engine::from_env();
    match env::args().nth(1).as_deref() {
        Some("resets") => network::resets(&engine).await,
        Some("short-streams") => network::short_streams(&engine).await,
        Some("drops") => drops::drops(&engine).await,
        Some("slow-reader") => slow_reader::slow_reader(&engine).await,
        Some("kills") => kills::kills(&engine).await,
        Some("silence") => silence::silence(&engine).await,
        Some("packet-loss") => packet_loss::packet_loss(&engine).await,
        Some("packet-loss-client") => packet_loss::client(&engine).await,
        Some("pings") => pings::pings(&engine).await,
        Some("heap") => heap::heap(&engine).await,
        other => panic!("{other:?} is no case"),
    }
}
