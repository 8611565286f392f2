use lakeorm::LakeTable;

#[derive(LakeTable)]
#[lake(table = "shop.orders")]
struct Order {
    id: i64,
    #[lake(rename = "Id")]
    other: i64,
}

fn main() {}
