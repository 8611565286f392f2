//! One value for many rows.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

/// A sum depends, in its last digits, on the order of the rows.
fn of_four_places(column: &Column) -> Column {
    column.cast("decimal(12, 4)")
}

pub(super) fn calls() -> Vec<Call> {
    let odd = || col("id") % 2;
    let floats = || array([col("id").cast("float"), lit(1.0_f32)]);
    calls! {
        any_value(lit(7)) => "7";
        any_value_ignore_nulls(when(col("id").eq(3), 9)) => "9";
        approx_count_distinct("k") => "3";
        approx_count_distinct_with_rsd("k", 0.01) => "3";
        approx_percentile("n", 0.5, 100) => "30";
        approx_top_k(odd(), 1, 10) => "[{1, 3}]";
        array_agg("id") as array_sort => "[1, 2, 3, 4, 5]";
        avg("n") => "30.0";
        bit_and(lit(6)) => "6";
        bit_or("id") => "7";
        bit_xor("id") => "1";
        bool_and(col("id").gt(0)) => "true";
        bool_or(col("id").gt(5)) => "false";
        collect_list("x") as array_sort => "[1.5, 2.5, 4.5, 5.5]";
        collect_set("k") as array_sort => "[a, b, c]";
        collect_union(array(["id", "id"])) as array_sort => "[1, 2, 3, 4, 5]";
        corr("id", "n") as |c| of_four_places(&c) => "1.0000";
        count("x") => "4";
        count_distinct(["k"]) => "3";
        count_if(col("x").gt(2.0)) => "3";
        count_min_sketch("id", 0.5, 0.5, 1) as |c| hex(c).substr(1, 24) => "000000010000000000000005";
        covar_pop("id", "n") as |c| of_four_places(&c) => "20.0000";
        covar_samp("id", "n") as |c| of_four_places(&c) => "25.0000";
        every(col("id").gt(1)) => "false";
        first(lit(7)) => "7";
        first_ignore_nulls(when(col("id").eq(3), 9)) => "9";
        first_value(lit(7)) => "7";
        first_value_ignore_nulls(when(col("id").eq(3), 9)) => "9";
        histogram_numeric("id", 5) => "[{1, 1.0}, {2, 1.0}, {3, 1.0}, {4, 1.0}, {5, 1.0}]";
        kurtosis("id") as |c| of_four_places(&c) => "-1.3000";
        last(lit(7)) => "7";
        last_ignore_nulls(when(col("id").eq(3), 9)) => "9";
        last_value(lit(7)) => "7";
        last_value_ignore_nulls(when(col("id").eq(3), 9)) => "9";
        listagg(lit("k"), "-") => "k-k-k-k-k";
        listagg_distinct(lit("k"), "-") => "k";
        max("n") => "50";
        max_by("k", "n") => "c";
        mean("n") => "30.0";
        median("n") => "30.0";
        min("n") => "10";
        min_by("k", "n") => "a";
        mode(odd()) => "1";
        mode_deterministic("k") => "a";
        percentile("n", 0.25) => "20.0";
        percentile_with_frequency("n", 0.5, when(col("id").eq(5), 9).otherwise(1)) => "50.0";
        percentile_approx("n", 0.25, 100) => "20";
        product("id") => "120.0";
        regr_avgx("n", "id") as |c| of_four_places(&c) => "3.0000";
        regr_avgy("n", "id") as |c| of_four_places(&c) => "30.0000";
        regr_count("x", "id") => "4";
        regr_intercept("n", "id") as |c| of_four_places(&c) => "0.0000";
        regr_r2("n", "id") as |c| of_four_places(&c) => "1.0000";
        regr_slope("n", "id") as |c| of_four_places(&c) => "10.0000";
        regr_sxx("n", "id") as |c| of_four_places(&c) => "10.0000";
        regr_sxy("n", "id") as |c| of_four_places(&c) => "100.0000";
        regr_syy("n", "id") as |c| of_four_places(&c) => "1000.0000";
        skewness("id") as |c| of_four_places(&c) => "0.0000";
        some(col("id").gt(4)) => "true";
        std("n") as |c| of_four_places(&c) => "15.8114";
        stddev("n") as |c| of_four_places(&c) => "15.8114";
        stddev_pop("n") as |c| of_four_places(&c) => "14.1421";
        stddev_samp("n") as |c| of_four_places(&c) => "15.8114";
        string_agg(lit("k"), "-") => "k-k-k-k-k";
        string_agg_distinct(lit("k"), "-") => "k";
        sum("n") => "150";
        sum_distinct(odd()) => "1";
        try_avg("n") => "30.0";
        try_sum(lit(i64::MAX)) => None;
        var_pop("n") as |c| of_four_places(&c) => "200.0000";
        var_samp("n") as |c| of_four_places(&c) => "250.0000";
        variance("n") as |c| of_four_places(&c) => "250.0000";
        vector_avg(floats()) => "[3.0, 1.0]";
        vector_sum(floats()) => "[15.0, 5.0]";
    }
}

/// Of a rollup by `k`, in ascending order.
pub(super) fn of_groups() -> Vec<Call> {
    calls! {
        grouping("k") => "0, 0, 0, 1";
        grouping_id(["k"]) => "0, 0, 0, 1";
    }
}
