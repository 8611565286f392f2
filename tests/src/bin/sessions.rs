//! The client's part of `cargo xtask sessions`: the pool under load and what it costs, with figures.
//!
//! The server is named by the variables of the end-to-end tests; `LAKEORM_ENGINE_LOG` names the file it writes to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case fails where its expectation does, and prints its figures"
)]

use std::env;
use std::time::Duration;

use lakeorm_tests::engine::Engine;
use lakeorm_tests::figure;

#[path = "sessions/beside.rs"]
mod beside;
#[path = "sessions/cost.rs"]
mod cost;
#[path = "sessions/load.rs"]
mod load;

#[tokio::main]
async fn main() {
    let engine = Engine::from_env();
    match env::args().nth(1).as_deref() {
        Some("cost") => cost::cost(&engine).await,
        Some("throughput") => load::throughput(&engine).await,
        Some("soak") => load::soak(&engine).await,
        Some("beside") => beside::beside(&engine).await,
        other => panic!("{other:?} is no case"),
    }
}

/// The time that `percent` of all stayed below.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}
