use lakeorm::LakeValue;

#[derive(LakeValue)]
#[lake(integer)]
#[repr(u64)]
enum Level {
    Low = 1,
    High = u64::MAX,
}

fn main() {}
