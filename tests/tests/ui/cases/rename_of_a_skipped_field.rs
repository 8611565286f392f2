use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    id: i64,
    #[lake(skip, rename = "mail")]
    email: String,
}

fn main() {}
