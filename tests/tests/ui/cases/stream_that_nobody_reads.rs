#![allow(dead_code)]
#![deny(unused_must_use)]

use lakeorm::{Client, Source, query_batches, query_stream};

fn forgotten(db: &Client, source: Source) {
    query_stream::<(i64,)>(db, source.clone());
    query_batches(db, source);
}

fn main() {}
