use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    #[lake(others)]
    Other(String),
}

fn main() {}
