use lakeorm::LakeRow;

#[derive(LakeRow)]
struct Address {
    city: String,
}

#[derive(LakeRow)]
struct User {
    #[lake(flatten, rename = "address")]
    address: Address,
}

fn main() {}
