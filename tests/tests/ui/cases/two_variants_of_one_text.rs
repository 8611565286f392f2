use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status {
    Open,
    #[lake(rename = "Open")]
    Reopened,
}

fn main() {}
