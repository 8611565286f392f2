use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    email: str,
    id: i64,
}

fn main() {}
