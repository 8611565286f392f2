use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(deserialize_with = "email")]
    email: String,
}

fn main() {}
