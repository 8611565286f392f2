use lakeorm::LakeRow;

#[derive(LakeRow)]
union User {
    id: i64,
    bits: u64,
}

fn main() {}
