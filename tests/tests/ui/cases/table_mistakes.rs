use lakeorm::{Decimal, LakeTable};

#[derive(LakeTable)]
struct Digits {
    #[lake(decimal(39, 2))]
    too_many: Decimal,
    #[lake(decimal(2, 3))]
    more_behind_the_point: Decimal,
    #[lake(decimal = 2)]
    no_list: Decimal,
    #[lake(decimal(18, 2), skip)]
    no_column: Decimal,
    #[lake(decimal(18, 2), json)]
    no_number: Decimal,
}

#[derive(LakeTable)]
enum Kind {
    A,
}

#[derive(LakeTable)]
struct Unit;

#[derive(LakeTable)]
struct Pair(i64, String);

#[derive(LakeTable)]
struct Nested {
    children: Vec<Nested>,
}

fn main() {}
