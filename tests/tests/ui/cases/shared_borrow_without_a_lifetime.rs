use std::borrow::Cow;

use lakeorm::LakeRow;

#[derive(LakeRow)]
struct User {
    id: i64,
    email: Option<Cow<str>>,
}

fn main() {}
