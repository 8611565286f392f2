//! Functions of a row's place among the rows of a window.

use crate::plan::{Column, IntoColumn, IntoValue};

functions! {
    cume_dist() "The part of the rows that come no later.";
    dense_rank() "The row's rank, without gaps behind rows of equal rank.";
    lag(column: column, offset: value) "The value so many rows before, `NULL` where there is none.";
    lead(column: column, offset: value) "The value so many rows behind, `NULL` where there is none.";
    nth_value(column: column, position: value) "The value of the row at a position of the frame, counted from 1.";
    ntile(groups: value) "The number of the row's group, of so many groups of equal size.";
    percent_rank() "The row's rank as a part of the last one's.";
    rank() "The row's rank, with gaps behind rows of equal rank.";
    row_number() "The row's number, counted from 1.";
}

/// The value so many rows before, or another where there is none.
#[track_caller]
pub fn lag_or(column: impl IntoColumn, offset: i32, default: impl IntoValue) -> Column {
    crate::plan::function("lag", vec![column.into_column(), super::lit(offset), default.into_value()])
}

/// The value so many rows behind, or another where there is none.
#[track_caller]
pub fn lead_or(column: impl IntoColumn, offset: i32, default: impl IntoValue) -> Column {
    crate::plan::function("lead", vec![column.into_column(), super::lit(offset), default.into_value()])
}
