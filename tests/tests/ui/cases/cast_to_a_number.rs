use lakeorm::spark::Column;

fn narrowed(amount: Column) -> Column {
    amount.cast(32)
}

fn main() {}
