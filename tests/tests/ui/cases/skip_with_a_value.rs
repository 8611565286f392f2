use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    id: i64,
    #[lake(skip = true)]
    email: String,
}

fn main() {}
