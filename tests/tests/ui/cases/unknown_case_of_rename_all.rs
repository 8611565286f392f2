use lakeorm::LakeRow;

#[derive(LakeRow)]
#[lake(rename_all = "CamelCase")]
struct User {
    email: String,
}

fn main() {}
