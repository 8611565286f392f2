//! Functions of a row's place among the rows of a window.

use crate::plan::{Column, IntoColumn, IntoValue};

functions! {
    counter_diff(column: column) "How much a counter grew since the row before, `NULL` where it was set back.";
    cume_dist() "The fraction of the rows that come no later.";
    dense_rank() "The row's rank, without gaps after rows of equal rank.";
    lag(column: column, offset: value) "The value `offset` rows before, `NULL` where there is none.";
    lag_or(column: column, offset: value, default: value) = "lag"
        "The value `offset` rows before, or another where there is none.";
    lead(column: column, offset: value) "The value `offset` rows after, `NULL` where there is none.";
    lead_or(column: column, offset: value, default: value) = "lead"
        "The value `offset` rows after, or another where there is none.";
    nth_value(column: column, position: value) "The value of the row at a position of the frame, counted from 1.";
    ntile(groups: value) "The number of the row's group, if the rows are divided into `groups` of equal size.";
    percent_rank() "The row's rank as a fraction of the last one's.";
    rank() "The row's rank, with gaps after rows of equal rank.";
    row_number() "The row's number, counted from 1.";
}

/// The value of the row at a position of the frame, counted from 1 over the rows whose value is not `NULL`.
#[track_caller]
pub fn nth_value_ignore_nulls(column: impl IntoColumn, position: impl IntoValue) -> Column {
    let arguments = vec![column.into_column(), position.into_value(), super::lit(true)];
    crate::plan::function("nth_value", arguments)
}
