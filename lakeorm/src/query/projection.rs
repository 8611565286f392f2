//! The columns that a row type asks for.

use crate::row::{Columns, LakeRow};
use crate::source::Projection;

/// The columns of `T`, if they are known by their names.
pub(super) fn projection_of<'b, T: LakeRow<'b>>() -> Projection {
    let columns = Columns::of::<T>();
    if columns.needs_whole_result() {
        return Projection::All;
    }
    let (mut required, mut optional) = (Vec::new(), Vec::new());
    for column in columns.iter() {
        let certain = column.is_required() && column.aliases().is_empty();
        let list = if certain { &mut required } else { &mut optional };
        list.push(column.name().to_owned());
        list.extend(column.aliases().iter().map(|&alias| alias.to_owned()));
    }
    Projection::Columns { required, optional }
}
