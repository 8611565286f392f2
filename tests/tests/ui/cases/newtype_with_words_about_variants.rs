use lakeorm::LakeValue;

#[derive(LakeValue)]
#[lake(rename_all = "snake_case")]
struct Name(String);

#[derive(LakeValue)]
#[lake(integer)]
struct Id(i64);

fn main() {}
