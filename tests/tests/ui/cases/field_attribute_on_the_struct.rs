use lakeorm::LakeRow;

#[derive(LakeRow)]
#[lake(default)]
struct User {
    email: String,
}

fn main() {}
