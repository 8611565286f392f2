use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(rename = "e_mail")]
    #[lake(rename = "mail")]
    email: String,
}

fn main() {}
