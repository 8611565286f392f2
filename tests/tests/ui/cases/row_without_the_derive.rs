struct User {
    id: i64,
}

fn rows<T: lakeorm::LakeRowOwned>() {}

fn main() {
    rows::<User>();
}
