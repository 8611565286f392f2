//! Work in a number that is told, for `cargo xtask instructions`: the same once with more and once with less of it, and
//! the difference of the instructions is what one unit takes, without start and end of the process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a case fails where its expectation does"
)]

use std::env;

mod cases;
#[path = "../../../tests/src/fake/proto.rs"]
mod proto;
mod raw;
mod rows;
mod server;

/// The words are a case and a number, or `server`: the process that answers the calls, whose instructions do not count.
fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let words: Vec<String> = env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["server"] => runtime.block_on(server::serve()),
        [case, times] => runtime.block_on(cases::run(case, times.parse().unwrap())),
        other => panic!("{other:?} is no case"),
    }
}
