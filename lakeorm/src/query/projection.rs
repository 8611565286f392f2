//! The columns that a row type asks for.

use crate::row::{Column, Columns, LakeRow};
use crate::source::{ProjectedColumn, Projection};

/// The columns of `T`, if they are known by their names.
pub(super) fn projection_of<'b, T: LakeRow<'b>>() -> Projection {
    let columns = Columns::of::<T>();
    if columns.needs_whole_result() {
        return Projection::All;
    }
    Projection::Columns(columns.iter().map(projected).collect())
}

fn projected(column: &Column) -> ProjectedColumn {
    let names = std::iter::once(column.name()).chain(column.aliases());
    ProjectedColumn::new(names.map(str::to_owned).collect(), column.is_required())
}
