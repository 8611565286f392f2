use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(rename = )]
    email: String,
}

fn main() {}
