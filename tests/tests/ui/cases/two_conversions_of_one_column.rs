use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(json, try_from = "String")]
    address: String,
}

fn main() {}
