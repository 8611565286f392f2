use lakeorm::LakeValue;

#[derive(LakeValue)]
enum Status<T> {
    Open,
    #[lake(other)]
    Other(T),
}

fn main() {}
