use lakeorm::{LakeRow, RowBatch};

#[derive(LakeRow)]
struct UserRef<'a> {
    email: &'a str,
}

fn first(batch: RowBatch) -> Option<UserRef<'static>> {
    batch.rows::<UserRef<'_>>().ok()?.next()?.ok()
}

fn main() {}
