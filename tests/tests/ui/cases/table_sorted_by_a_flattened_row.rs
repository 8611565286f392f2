use lakeorm::LakeTable;

#[derive(LakeTable)]
struct Audit {
    changed_by: String,
}

#[derive(LakeTable)]
#[lake(table = "shop.orders", sort_by(audit))]
struct Order {
    id: i64,
    #[lake(flatten)]
    audit: Audit,
}

fn main() {}
