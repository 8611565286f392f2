use lakeorm::LakeRow;

struct Age(u8);

#[derive(LakeRow)]
struct User {
    #[lake(try_from = "i64")]
    age: Age,
}

fn main() {}
