use lakeorm::LakeValue;

#[derive(LakeValue)]
struct Money(i64, String);

fn main() {}
