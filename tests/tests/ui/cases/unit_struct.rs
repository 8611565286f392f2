use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User;

fn main() {}
