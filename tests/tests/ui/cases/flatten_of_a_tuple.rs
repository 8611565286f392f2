use lakeorm::{LakeRow, LakeTable};

#[derive(LakeRow)]
struct User {
    #[lake(flatten)]
    name: Option<(String, String)>,
}

#[derive(LakeTable)]
struct Point {
    #[lake(flatten(prefix = "at_"))]
    at: (f64, f64),
}

fn main() {}
