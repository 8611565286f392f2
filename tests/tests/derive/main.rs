//! The derive from a user's side: one binary, a module per topic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is a failed test; clippy.toml reaches #[test] functions only, not their helpers"
)]

mod batches;
mod conversions;
mod decimals;
mod defaults;
mod encodings;
mod every_arrow_type;
mod every_type;
mod flatten;
mod generics;
pub mod hygiene;
mod matching;
mod names;
mod nested;
mod nulls;
mod obvious;
mod obvious_nested;
mod other_crates;
mod pointers;
mod refusals;
mod rules;
mod time;
mod tuples;
mod unsigned;
mod widening;
mod written;
mod written_columns;
mod written_options;
