use lakeorm::{LakeRow, LakeRowOwned};

#[derive(LakeRow)]
struct User {
    #[lake(renam = "e_mail")]
    email: String,
    #[lake(skip, skip)]
    cache: String,
}

fn rows<T: LakeRowOwned>() -> Vec<T> {
    Vec::new()
}

fn main() {
    for user in rows::<User>() {
        drop((user.email, user.cache));
    }
    rows::<User>();
}
