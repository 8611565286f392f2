use lakeorm::LakeRow;

struct Session;

#[derive(LakeRow)]
struct User {
    id: i64,
    #[lake(skip)]
    session: Session,
}

fn main() {}
