use lakeorm::LakeRow;

mod age {
    pub(crate) type Column = i64;

    pub(crate) fn decode(age: Column) -> Result<i64, lakeorm::column::ReadError> {
        Ok(age)
    }
}

#[derive(LakeRow)]
struct User {
    #[lake(with = age)]
    age: u64,
}

fn main() {}
