use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(try_from = i64)]
    age: u8,
}

fn main() {}
