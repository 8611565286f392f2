use lakeorm::LakeRow;

mod days {
    use lakeorm::column::ReadError;

    pub fn decode(days: i64) -> Result<u32, ReadError> {
        u32::try_from(days).map_err(|_| ReadError::new("not a number of days"))
    }
}

#[derive(LakeRow)]
struct User {
    #[lake(with = days)]
    age: u32,
}

fn main() {}
