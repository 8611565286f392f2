use lakeorm::LakeValue;

#[derive(LakeValue)]
struct UserId(u64);

fn main() {}
