use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lakeorm::LakeTable;

#[derive(LakeTable)]
struct Digits {
    #[lake(decimal(18, 2))]
    number: i64,
    #[lake(decimal(18, 2))]
    lists: Option<Vec<Box<f64>>>,
    #[lake(decimal(18, 2))]
    map: HashMap<String, (bool, i32)>,
    #[lake(decimal(18, 2), try_from = "i64")]
    converted: std::num::NonZeroI64,
    #[lake(decimal(18, 2))]
    of_decimals: BTreeMap<String, lakeorm::Decimal>,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Keys {
    #[lake(merge_key)]
    labels: Vec<BTreeMap<String, String>>,
    #[lake(merge_key)]
    pairs: Vec<(String, i64)>,
    #[lake(primary_key)]
    shared: Arc<Option<i64>>,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Stamps {
    id: i64,
    #[lake(created_at, try_from = "i64")]
    created: std::num::NonZeroI64,
    #[lake(updated_at, json)]
    updated: std::time::SystemTime,
}

#[derive(LakeTable)]
#[lake(table = "shop.stamps")]
struct StampedNumber {
    #[lake(created_at, decimal(18, 2))]
    created: lakeorm::Decimal,
}

#[derive(LakeTable)]
#[lake(
    table = "shop.orders",
    partition_by(tags, year(hash), bucket(4, small), truncate(2, "pair"), hour(text), truncate(2, hash)),
    sort_by(id, labels, tags)
)]
struct Layout {
    id: i64,
    tags: Vec<String>,
    hash: [u8; 16],
    small: i16,
    pair: (i64, i64),
    text: Box<str>,
    labels: HashMap<String, i64>,
}

fn main() {}
