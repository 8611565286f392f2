use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(rename: "e-mail")]
    email: String,
}

fn main() {}
