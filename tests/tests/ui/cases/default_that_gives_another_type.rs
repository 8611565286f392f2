use lakeorm::LakeRow;

fn unknown() -> String {
    "unknown".to_owned()
}

#[derive(LakeRow)]
struct User {
    #[lake(default = unknown)]
    age: i64,
}

fn main() {}
