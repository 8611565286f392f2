//! What finished queries leave behind on Spark's heap.

use std::process::Command;

use lakeorm::{Client, query_batches};
use lakeorm_tests::engine::Engine;
use lakeorm_tests::numbered::{self, Checksum};

use crate::{figure, server};

/// Fifteen queries of a million rows, and the heap after a full collection before and after.
pub(crate) async fn heap(engine: &Engine) {
    const ROWS: u64 = 1_000_000;
    const QUERIES: i64 = 15;
    const BOUND: i64 = 1024;
    let drv = engine.builder().pool_size(1).build().unwrap();
    let db = Client::new(drv.clone());
    let whole = Checksum::whole(ROWS);
    let read = || async {
        let batches = query_batches(&db, drv.from_sql(numbered::query(ROWS)));
        assert_eq!(Checksum::read(batches).await.unwrap(), whole);
    };
    // What the first queries leave is classes and compiled code.
    for _ in 0..5 {
        read().await;
    }
    let before = live();
    for _ in 0..QUERIES {
        read().await;
    }
    let after = live();
    let each = (after - before) / QUERIES;
    figure(
        "heap after 15 queries of 1M rows",
        format!("{before} KiB before, {after} KiB after, {each} KiB each"),
    );
    assert!(each < BOUND, "queries leave their results on the heap");
    drv.close().await.unwrap();
}

/// What lives on the heap after a full collection, in KiB.
fn live() -> i64 {
    jcmd("GC.run");
    jcmd("GC.run");
    let told = jcmd("GC.heap_info");
    let used = told.split("used ").nth(1).and_then(|rest| rest.split('K').next()).expect("a figure");
    used.parse().unwrap()
}

fn jcmd(command: &str) -> String {
    let told = Command::new("jcmd").args([&server::process().to_string(), command]).output();
    let told = told.expect("jcmd, which comes with a JDK");
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}
