use lakeorm::LakeRow;

mod age {
    pub(crate) type Column = u128;

    pub(crate) fn decode(age: Column) -> Result<u128, lakeorm::column::ReadError> {
        Ok(age)
    }
}

#[derive(LakeRow)]
struct User {
    #[lake(with = age)]
    age: u128,
}

fn main() {}
