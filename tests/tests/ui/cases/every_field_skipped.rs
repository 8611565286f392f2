use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(skip)]
    email: String,
}

fn main() {}
