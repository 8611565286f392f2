use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(alias = "email")]
    email: String,
}

fn main() {}
