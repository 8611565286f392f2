//! Results made to take a program down, in a program that a panic ends where it begins, so that nothing which catches
//! panics hides one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test; clippy.toml reaches #[test] functions only, not their helpers"
)]

use std::io::{self, Write};
use std::sync::Once;
use std::{panic, process};

use spark_connect::{Result, fuzzing};

#[path = "../derive/batches.rs"]
mod batches;
mod claims;
mod decoded;
mod mutated;
mod server;
#[allow(dead_code, reason = "the protocol suite uses the rest")]
#[path = "../protocol/setup.rs"]
mod setup;
mod wire;

static PANICS_ABORT: Once = Once::new();

/// What a profile with `panic = "abort"` does too, which would compile every dependency once more.
fn abort_on_panic() {
    PANICS_ABORT.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            // Not by `eprintln!`: the test harness keeps what that prints until the test ends.
            let _ = writeln!(io::stderr(), "{panic}");
            process::abort();
        }));
    });
}

fn read_result(bytes: &[u8]) -> Result<usize> {
    abort_on_panic();
    fuzzing::read_result(bytes)
}
