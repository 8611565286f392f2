//! One driver on several Tokio runtimes, as a `static` one under `#[tokio::test]`.

use std::time::{Duration, Instant};

use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;
use tokio::runtime::{Builder, Runtime};

/// Far below what retries take; an engine may be slow to open a session.
const SOON: Duration = Duration::from_secs(30);

fn runtimes() -> [Runtime; 4] {
    let current = || Builder::new_current_thread().enable_all().build().unwrap();
    let multi = || Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    [current(), multi(), current(), multi()]
}

#[test]
fn a_driver_outlives_the_runtimes_that_it_is_used_on() {
    let drv = Engine::from_env().driver();
    let db = Client::new(drv.clone());
    for (number, runtime) in (0_i32..).zip(runtimes()) {
        let begun = Instant::now();
        let asked = query::<(i32,)>(&db, drv.from_sql("SELECT ?").bind(number));
        assert_eq!(runtime.block_on(asked).unwrap(), [(number,)]);
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    }
    let [last, ..] = runtimes();
    last.block_on(drv.close()).unwrap();
}
