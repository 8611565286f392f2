use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    email: String,
    #[lake(rename = "email")]
    address: String,
}

fn main() {}
