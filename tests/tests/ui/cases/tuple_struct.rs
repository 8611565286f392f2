use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User(i64, String);

fn main() {}
