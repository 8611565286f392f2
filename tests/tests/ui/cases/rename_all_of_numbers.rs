use lakeorm::LakeValue;

#[derive(LakeValue)]
#[lake(integer, rename_all = "snake_case")]
enum Level {
    Low,
    High,
}

fn main() {}
