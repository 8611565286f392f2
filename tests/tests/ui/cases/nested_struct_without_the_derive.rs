use lakeorm::LakeRow;

struct Address {
    city: String,
}

#[derive(LakeRow)]
struct User {
    addresses: Vec<Address>,
}

fn main() {}
