use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    id: i64,
    email: Strin,
}

fn main() {}
