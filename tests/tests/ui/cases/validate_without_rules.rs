use lakeorm::LakeTable;

#[derive(LakeTable)]
#[lake(table = "orders", validate)]
struct Order {
    id: i64,
}

fn main() {}
