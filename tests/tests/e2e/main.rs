//! End to end against a real engine: `cargo xtask test sail`, `spark41`, … starts one and runs these.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails where its expectation does"
)]

mod alone;
mod authentication;
mod binding;
mod conformance;
mod dataframe;
mod errors;
mod extensions;
mod extremes;
mod faults;
mod flights;
mod functions;
mod isolation;
mod names;
mod no_format;
mod parameters;
mod progress;
mod pyspark;
mod rows;
mod runtimes;
mod sessions;
mod tables;
mod types;
mod values;
mod written;
mod zones;
