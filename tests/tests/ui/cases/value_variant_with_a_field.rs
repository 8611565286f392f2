use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    Closed(i64),
}

fn main() {}
