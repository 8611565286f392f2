//! End to end against a real engine: `cargo xtask test sail`, `spark` or `spark43` starts one and runs these.

mod binding;
mod errors;
mod flights;
mod rows;
mod sessions;
