use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    #[lake(other, rename = "rest")]
    Other(String),
}

fn main() {}
