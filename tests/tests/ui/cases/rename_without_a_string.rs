use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(rename(mail))]
    email: String,
}

fn main() {}
