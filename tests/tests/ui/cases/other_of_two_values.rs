use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    #[lake(other)]
    Other(String, i64),
}

fn main() {}
