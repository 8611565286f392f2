use lakeorm::LakeRow;

#[derive(LakeRow)]
struct UserRef<'a> {
    email: &'a str,
}

fn rows<T: lakeorm::LakeRowOwned>() {}

fn main() {
    rows::<UserRef<'_>>();
}
