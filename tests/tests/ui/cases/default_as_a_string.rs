use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(default = "unknown")]
    email: String,
}

fn main() {}
