use lakeorm::LakeRow;

#[derive(LakeRow)]
struct Address {
    city: String,
}

#[derive(LakeRow)]
struct User {
    #[lake(flatten, prefix = "home_")]
    home: Address,
}

fn main() {}
