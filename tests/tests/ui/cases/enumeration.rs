use lakeorm::LakeRow;

#[derive(LakeRow)]
enum User {
    Admin { id: i64 },
    Guest,
}

fn main() {}
