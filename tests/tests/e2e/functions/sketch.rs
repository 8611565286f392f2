//! Sketches: small summaries of many values.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

fn theta(name: &str) -> Column {
    theta_sketch_agg(name)
}

fn float() -> Column {
    col("n").cast("float")
}

fn double() -> Column {
    col("n").cast("double")
}

pub(super) fn calls() -> Vec<Call> {
    let longs = || kll_sketch_agg_bigint("n");
    let doubles = || kll_sketch_agg_double(double());
    let floats = || kll_sketch_agg_float(float());
    let summary = |text: Column| text.contains("50");
    calls! {
        approx_top_k_accumulate(col("id") % 2) as |c| approx_top_k_estimate(c, 1) => "[{1, 3}]";
        approx_top_k_estimate(approx_top_k_accumulate("k"), 3) as size => "3";
        hll_sketch_agg("id") as hll_sketch_estimate => "5";
        hll_sketch_estimate(hll_sketch_agg("k")) => "3";
        hll_union(hll_sketch_agg("id"), hll_sketch_agg(col("id") + 1)) as hll_sketch_estimate => "6";
        kll_sketch_agg_bigint("n") as kll_sketch_get_n_bigint => "5";
        kll_sketch_agg_double(double()) as kll_sketch_get_n_double => "5";
        kll_sketch_agg_float(float()) as kll_sketch_get_n_float => "5";
        kll_sketch_get_n_bigint(longs()) => "5";
        kll_sketch_get_n_double(doubles()) => "5";
        kll_sketch_get_n_float(floats()) => "5";
        kll_sketch_get_quantile_bigint(longs(), 0.5) => "30";
        kll_sketch_get_quantile_double(doubles(), 0.5) => "30.0";
        kll_sketch_get_quantile_float(floats(), 0.5) => "30.0";
        kll_sketch_get_rank_bigint(longs(), lit(30_i64)) => "0.6";
        kll_sketch_get_rank_double(doubles(), 30.0) => "0.6";
        kll_sketch_get_rank_float(floats(), lit(30.0_f32)) => "0.6";
        kll_sketch_merge_bigint(longs(), longs()) as kll_sketch_get_n_bigint => "10";
        kll_sketch_merge_double(doubles(), doubles()) as kll_sketch_get_n_double => "10";
        kll_sketch_merge_float(floats(), floats()) as kll_sketch_get_n_float => "10";
        kll_sketch_to_string_bigint(longs()) as summary => "true";
        kll_sketch_to_string_double(doubles()) as summary => "true";
        kll_sketch_to_string_float(floats()) as summary => "true";
        theta_difference(theta("id"), theta_sketch_agg(col("id") + 1)) as theta_sketch_estimate => "1";
        theta_intersection(theta("id"), theta_sketch_agg(col("id") + 1)) as theta_sketch_estimate => "4";
        theta_sketch_agg("k") as theta_sketch_estimate => "3";
        theta_sketch_estimate(theta("id")) => "5";
        theta_union(theta("id"), theta_sketch_agg(col("id") + 1)) as theta_sketch_estimate => "6";
    }
}

/// Of keys with a sum for each.
pub(super) fn of_tuples() -> Vec<Call> {
    let doubles = || tuple_sketch_agg_double("k", double());
    let integers = || tuple_sketch_agg_integer("k", "id");
    let numbers = || tuple_sketch_agg_integer("id", "id");
    let real_numbers = || tuple_sketch_agg_double("id", double());
    let next = || theta_sketch_agg(col("id") + 1);
    calls! {
        tuple_difference_double(real_numbers(), doubles()) as tuple_sketch_estimate_double => "5.0";
        tuple_difference_integer(numbers(), integers()) as tuple_sketch_estimate_integer => "5.0";
        tuple_difference_theta_double(real_numbers(), next()) as tuple_sketch_estimate_double => "1.0";
        tuple_difference_theta_integer(numbers(), next()) as tuple_sketch_estimate_integer => "1.0";
        tuple_intersection_double(real_numbers(), real_numbers()) as tuple_sketch_estimate_double => "5.0";
        tuple_intersection_integer(numbers(), integers()) as tuple_sketch_estimate_integer => "0.0";
        tuple_intersection_theta_double(real_numbers(), next()) as tuple_sketch_estimate_double => "4.0";
        tuple_intersection_theta_integer(numbers(), next()) as tuple_sketch_estimate_integer => "4.0";
        tuple_sketch_agg_double("k", double()) as tuple_sketch_summary_double => "150.0";
        tuple_sketch_agg_integer("k", "id") as tuple_sketch_summary_integer => "15";
        tuple_sketch_estimate_double(doubles()) => "3.0";
        tuple_sketch_estimate_integer(integers()) => "3.0";
        tuple_sketch_summary_double(doubles()) => "150.0";
        tuple_sketch_summary_integer(integers()) => "15";
        tuple_sketch_theta_double(doubles()) => "1.0";
        tuple_sketch_theta_integer(integers()) => "1.0";
        tuple_union_double(doubles(), real_numbers()) as tuple_sketch_estimate_double => "8.0";
        tuple_union_integer(integers(), numbers()) as tuple_sketch_summary_integer => "30";
        tuple_union_theta_double(real_numbers(), next()) as tuple_sketch_estimate_double => "6.0";
        tuple_union_theta_integer(numbers(), next()) as tuple_sketch_estimate_integer => "6.0";
    }
}

/// Those that merge the sketches of several groups, with the sketch.
pub(super) fn merging() -> Vec<(Column, Vec<Call>)> {
    vec![
        (
            approx_top_k_accumulate("k"),
            calls! { approx_top_k_combine("sketch") as |c| size(approx_top_k_estimate(c, 5)) => "3"; },
        ),
        (hll_sketch_agg("id"), calls! { hll_union_agg("sketch") as hll_sketch_estimate => "5"; }),
        (
            kll_sketch_agg_bigint("n"),
            calls! { kll_merge_agg_bigint("sketch") as kll_sketch_get_n_bigint => "5"; },
        ),
        (
            kll_sketch_agg_double(double()),
            calls! { kll_merge_agg_double("sketch") as kll_sketch_get_n_double => "5"; },
        ),
        (
            kll_sketch_agg_float(float()),
            calls! { kll_merge_agg_float("sketch") as kll_sketch_get_n_float => "5"; },
        ),
        (
            theta("id"),
            calls! {
                theta_intersection_agg("sketch") as theta_sketch_estimate => "0";
                theta_union_agg("sketch") as theta_sketch_estimate => "5";
            },
        ),
        (
            tuple_sketch_agg_double("id", double()),
            calls! {
                tuple_intersection_agg_double("sketch") as tuple_sketch_estimate_double => "0.0";
                tuple_union_agg_double("sketch") as tuple_sketch_summary_double => "150.0";
            },
        ),
        (
            tuple_sketch_agg_integer("id", "id"),
            calls! {
                tuple_intersection_agg_integer("sketch") as tuple_sketch_estimate_integer => "0.0";
                tuple_union_agg_integer("sketch") as tuple_sketch_summary_integer => "15";
            },
        ),
    ]
}
