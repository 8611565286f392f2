use lakeorm::LakeRow;

#[derive(LakeRow)]
struct Address {
    city: String,
}

#[derive(LakeRow)]
struct User {
    #[lake(flatten(suffix = "_home"))]
    address: Address,
}

fn main() {}
