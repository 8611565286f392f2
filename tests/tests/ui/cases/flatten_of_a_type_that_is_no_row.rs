use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    id: i64,
    #[lake(flatten)]
    address: String,
}

fn main() {}
