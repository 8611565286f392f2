//! Groups and windows.

use lakeorm::spark::functions::*;
use lakeorm::spark::{Column, DataFrame, Window, WindowBound};

use super::{Chain, Tables, named};

pub(super) fn groups(t: &Tables) -> Vec<Chain> {
    let five = &t.five;
    let odd = five.with_column("odd", col("id") % 2);
    let by_kind = || five.group_by(["k"]);
    let more = by_kind().agg([sum("n").alias("n")]).filter(col("n").gt(45));
    named([
        ("group_by.agg", by_kind().agg([sum("n").alias("sum"), count("*").alias("rows")])),
        ("group_by.expression", five.group_by([(col("id") % 2).alias("odd")]).agg([avg("x")])),
        ("group_by.two", odd.group_by(["k", "odd"]).agg([max("n")])),
        ("group_by.nothing", five.group_by(()).agg([min("n"), max("n")])),
        ("group_by.count", by_kind().count()),
        ("group_by.sum", by_kind().sum(["n"])),
        ("group_by.avg", by_kind().avg(["x", "n"])),
        ("group_by.min", by_kind().min(["n"])),
        ("group_by.max", by_kind().max(["n", "x"])),
        ("group_by.having", more),
        ("group_by.unnamed", by_kind().agg([sum("n"), count_distinct(["n"])])),
        ("agg.all", five.agg([count("x"), sum("n")])),
        ("aggregates.of_numbers", five.agg(numbers())),
        ("aggregates.of_anything", five.agg(anything())),
    ])
}

fn numbers() -> [Column; 17] {
    [
        avg("n"),
        bit_and("n"),
        bit_or("n"),
        bit_xor("n"),
        corr("id", "n"),
        covar_pop("id", "n"),
        covar_samp("id", "n"),
        kurtosis("n"),
        median("n"),
        product("id"),
        skewness("n"),
        stddev("n"),
        stddev_pop("n"),
        sum("x"),
        sum_distinct("n"),
        var_pop("n"),
        var_samp("n"),
    ]
}

fn anything() -> [Column; 11] {
    [
        count("x"),
        count_if(col("n").gt(20)),
        count_distinct(["k"]),
        max("x"),
        max_by("k", "n"),
        min("x"),
        min_by("k", "n"),
        bool_and(col("n").gt(10)),
        bool_or(col("n").gt(10)),
        sort_array(collect_list("k"), true),
        sort_array(collect_set("k"), true),
    ]
}

pub(super) fn groupings(t: &Tables) -> Vec<Chain> {
    let five = &t.five;
    let odd = five.with_column("odd", col("id") % 2);
    let rows = || [count("*").alias("rows")];
    let by_odd = || odd.group_by(["k"]).pivot("odd", [0, 1]);
    let levels = [grouping("k").alias("all"), grouping_id(["k"]).alias("level")];
    let sets = odd.grouping_sets([vec!["k"], vec!["odd"]], ["k", "odd"]);
    named([
        ("rollup.one", five.rollup(["k"]).agg([sum("n").alias("n")])),
        ("rollup.two", odd.rollup(["k", "odd"]).agg(rows())),
        ("rollup.grouping", five.rollup(["k"]).agg(levels)),
        ("cube.two", odd.cube(["k", "odd"]).agg(rows())),
        ("grouping_sets.two", sets.agg([sum("n").alias("n")])),
        ("pivot.values", by_odd().agg([sum("n")])),
        ("pivot.two_aggregates", by_odd().agg([sum("n").alias("s"), max("x").alias("x")])),
        ("pivot.found", five.group_by(()).pivot("k", [""; 0]).agg([sum("n")])),
        ("pivot.short", odd.group_by(["odd"]).pivot("k", ["a", "b"]).sum(["n"])),
    ])
}

pub(super) fn windows(t: &Tables) -> Vec<Chain> {
    let kinds = || Window::partition_by(["k"]).order_by(["n"]);
    let by = |column: &str| Window::new().order_by([column]);
    let descending = Window::new().order_by([col("k").desc()]);
    let (near, ten) = (by("n").rows_between(WindowBound::preceding(1), WindowBound::following(1)), 10_i64);
    let close = by("n").range_between(WindowBound::preceding(ten), WindowBound::following(ten));
    let so_far = by("n").rows_between(WindowBound::unbounded(), WindowBound::current_row());
    let everything = kinds().rows_between(WindowBound::unbounded(), WindowBound::unbounded());
    let w = |column: Column, window: Window| -> DataFrame { t.five.with_column("w", column.over(window)) };
    named([
        ("over.row_number", w(row_number(), kinds())),
        ("over.rank", w(rank(), by("k"))),
        ("over.dense_rank", w(dense_rank(), descending)),
        ("over.percent_rank", w(percent_rank(), by("n"))),
        ("over.cume_dist", w(cume_dist(), by("k"))),
        ("over.ntile", w(ntile(2), by("n"))),
        ("over.lag", w(lag("n", 1), kinds())),
        ("over.lead", w(lead("n", 1), kinds())),
        ("over.lag_or", w(lag_or("n", 1, 0), kinds())),
        ("over.nth_value", w(nth_value("n", 2), kinds())),
        ("over.partition", w(sum("n"), Window::partition_by(["k"]))),
        ("over.running", w(sum("n"), kinds())),
        ("over.rows", w(sum("n"), near)),
        ("over.rows_unbounded", w(sum("n"), so_far)),
        ("over.range", w(count("n"), close)),
        ("over.everything", w(max("n"), everything)),
    ])
}
