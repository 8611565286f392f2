use lakeorm::LakeRow;

#[derive(LakeRow)]
#[lake(schema = "users")]
struct User {
    email: String,
}

fn main() {}
