use lakeorm::LakeValue;

#[derive(LakeValue)]
struct UserId(u128);

fn main() {}
