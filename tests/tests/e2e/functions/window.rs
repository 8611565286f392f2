//! Functions of a row's place among the rows of a window.

use lakeorm::spark::functions::*;
use lakeorm::spark::{Column, Window};

use super::{Call, calls};

/// Over the rows in the order of their kind, of which there are two, two and one.
fn placed(column: &Column) -> Column {
    column.over(Window::new().order_by(["k"]))
}

/// Over the rows in their order.
fn in_order(column: &Column) -> Column {
    column.over(Window::new().order_by(["id"]))
}

pub(super) fn calls() -> Vec<Call> {
    calls! {
        counter_diff("n") as |c| in_order(&c) => "NULL, 10, 10, 10, 10";
        cume_dist() as |c| placed(&c) => "0.4, 0.8, 0.4, 0.8, 1.0";
        dense_rank() as |c| placed(&c) => "1, 2, 1, 2, 3";
        lag("n", 2) as |c| in_order(&c) => "NULL, NULL, 10, 20, 30";
        lag_or("n", 1, 0_i64) as |c| in_order(&c) => "0, 10, 20, 30, 40";
        lead("n", 1) as |c| in_order(&c) => "20, 30, 40, 50, NULL";
        lead_or("n", 2, 0_i64) as |c| in_order(&c) => "30, 40, 50, 0, 0";
        nth_value("n", 2) as |c| in_order(&c) => "NULL, 20, 20, 20, 20";
        nth_value_ignore_nulls(when(col("id").gt(1), col("n")), 2) as |c| in_order(&c) => "NULL, NULL, 30, 30, 30";
        ntile(2) as |c| in_order(&c) => "1, 1, 1, 2, 2";
        percent_rank() as |c| placed(&c) => "0.0, 0.5, 0.0, 0.5, 1.0";
        rank() as |c| placed(&c) => "1, 3, 1, 3, 5";
        row_number() as |c| in_order(&c) => "1, 2, 3, 4, 5";
    }
}
