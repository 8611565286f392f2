use lakeorm::LakeTable;

#[derive(LakeTable)]
struct WithoutATable {
    #[lake(merge_key)]
    id: i64,
    #[lake(updated_at)]
    changed: std::time::SystemTime,
}

#[derive(LakeTable)]
#[lake(table = "shop..orders")]
struct AnEmptyPart {
    id: i64,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct TheSystemColumn {
    _ingest_id: String,
    #[lake(rename = "_INGEST_ID")]
    other: String,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Keys {
    #[lake(merge_key)]
    nullable: Option<i64>,
    #[lake(primary_key, created_at)]
    stamped: std::time::SystemTime,
    #[lake(primary_key, skip)]
    skipped: i64,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Stamps {
    id: i64,
    #[lake(created_at, updated_at)]
    both: std::time::SystemTime,
    #[lake(updated_at)]
    again: std::time::SystemTime,
}

#[derive(LakeTable)]
#[lake(
    table = "shop.orders",
    partition_by(nowhere, week(id), bucket(id), bucket(0, id), day(id, id), "no column"),
    sort_by()
)]
struct Layout {
    id: i64,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders", partition_by(id), partition_by(id))]
struct Twice {
    #[lake(merge_keys)]
    id: i64,
}

fn main() {}
