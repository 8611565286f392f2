//! `cargo xtask demo`: real data, a real engine, and the flights example on them.

use std::time::Instant;

use crate::cache::Cache;
use crate::cargo::{cargo, run};
use crate::engine::{self, Engine, Owned};
use crate::failure::Outcome;
use crate::flights;
use crate::progress::{note, seconds, step};

/// Without what other examples need.
const EXAMPLE: [&str; 6] =
    ["--release", "--no-default-features", "--package", "lakeorm-examples", "--example", "flights"];

/// Runs the demo and says what each part of it cost.
pub(crate) fn demo() -> Outcome {
    let begun = Instant::now();
    let cache = Cache::open()?;
    let data = flights::data(&cache, &engine::sail_python(&cache)?)?;
    step("building the example", || run(cargo().arg("build").args(EXAMPLE), "cargo build"))?;
    let sail = Owned::start(Engine::Sail, &cache, "demo-sail")?;
    let shown = step("running the example", || {
        let mut example = cargo();
        example
            .args(["run", "--quiet"])
            .args(EXAMPLE)
            .env("SPARK_REMOTE", sail.instance().remote())
            .env("LAKEORM_DEMO_DATA", &data)
            .env("LAKEORM_DEMO_WAREHOUSE", sail.instance().dir.join("warehouse"));
        run(&mut example, "the flights example")
    });
    let stopped = sail.stop();
    note(format_args!("· the demo took {}", seconds(begun.elapsed())));
    shown.and(stopped)
}
