use lakeorm::spark::Column;

fn chosen(id: Column) -> Column {
    id.is_in(7)
}

fn main() {}
