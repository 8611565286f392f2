use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    id: i64,
    session: std::time::Instant,
}

fn main() {}
