use lakeorm::LakeRow;

mod age {
    pub(crate) type Column = u64;

    pub(crate) fn decode(age: Column) -> Result<u64, lakeorm::column::ReadError> {
        Ok(age)
    }
}

#[derive(LakeRow)]
struct User {
    #[lake(with = age)]
    age: u64,
}

fn main() {}
