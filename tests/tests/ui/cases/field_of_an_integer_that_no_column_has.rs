use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    logins: usize,
}

fn main() {}
