use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    #[lake(other)]
    Other(i64),
}

fn main() {}
