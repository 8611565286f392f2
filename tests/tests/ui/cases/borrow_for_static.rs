use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    email: &'static str,
}

fn main() {}
