use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    #[lake(renam = "e_mail")]
    email: String,
}

fn main() {}
