use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(default = String::new())]
    email: String,
}

fn main() {}
