use lakeorm::LakeRow;

#[derive(LakeRow)]
#[lake(table = "users")]
struct User {
    email: String,
}

fn main() {}
