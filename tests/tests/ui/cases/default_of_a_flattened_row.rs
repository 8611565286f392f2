use lakeorm::LakeRow;

#[derive(Default, LakeRow)]
struct Address {
    city: String,
}

#[derive(LakeRow)]
struct User {
    #[lake(flatten, default)]
    address: Address,
}

fn main() {}
