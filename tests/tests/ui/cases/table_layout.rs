use lakeorm::LakeTable;

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Stamps {
    id: i64,
    #[lake(created_at)]
    created: i64,
    #[lake(updated_at)]
    updated: Option<String>,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders", partition_by(day(id), bucket(4, weight), truncate(2, "gone"), identity(weight)))]
struct Transforms {
    id: i64,
    weight: f64,
    gone: bool,
}

#[derive(LakeTable)]
#[lake(
    table = "shop.orders",
    partition_by(id, bucket(4, id), identity(id), bucket(8, id), year(placed), month(placed)),
    sort_by(id, "placed", "id")
)]
struct Twice {
    id: i64,
    placed: std::time::SystemTime,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct OwnColumns {
    _lakeorm_row: i64,
}

fn main() {}
