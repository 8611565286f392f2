use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    #[lake(other)]
    Other(String),
    #[lake(other)]
    Unknown,
}

fn main() {}
