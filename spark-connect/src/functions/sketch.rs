//! Sketches: small summaries of many values, of Apache DataSketches.

functions! {
    approx_top_k_accumulate(column: column) "A sketch of the most frequent values.";
    approx_top_k_combine(sketch: column) "All sketches of frequent values as one.";
    approx_top_k_estimate(sketch: column, count: value) "About the most frequent values and how often they occur.";
    hll_sketch_agg(column: column) "A HyperLogLog sketch of different values.";
    hll_sketch_estimate(sketch: column) "About how many different values the sketch has seen.";
    hll_union(first: column, second: column) "Two sketches as one.";
    hll_union_agg(sketch: column) "All sketches as one.";
    kll_merge_agg_bigint(sketch: column) "All sketches of `BIGINT`s as one.";
    kll_merge_agg_double(sketch: column) "All sketches of `DOUBLE`s as one.";
    kll_merge_agg_float(sketch: column) "All sketches of `FLOAT`s as one.";
    kll_sketch_agg_bigint(column: column) "A quantile sketch of `BIGINT`s.";
    kll_sketch_agg_double(column: column) "A quantile sketch of `DOUBLE`s.";
    kll_sketch_agg_float(column: column) "A quantile sketch of `FLOAT`s.";
    kll_sketch_get_n_bigint(sketch: column) "How many `BIGINT`s the sketch has seen.";
    kll_sketch_get_n_double(sketch: column) "How many `DOUBLE`s the sketch has seen.";
    kll_sketch_get_n_float(sketch: column) "How many `FLOAT`s the sketch has seen.";
    kll_sketch_get_quantile_bigint(sketch: column, rank: number) "About the `BIGINT` of that rank, from 0 to 1.";
    kll_sketch_get_quantile_double(sketch: column, rank: number) "About the `DOUBLE` of that rank, from 0 to 1.";
    kll_sketch_get_quantile_float(sketch: column, rank: number) "About the `FLOAT` of that rank, from 0 to 1.";
    kll_sketch_get_rank_bigint(sketch: column, quantile: number) "About the rank of a `BIGINT`, from 0 to 1.";
    kll_sketch_get_rank_double(sketch: column, quantile: number) "About the rank of a `DOUBLE`, from 0 to 1.";
    kll_sketch_get_rank_float(sketch: column, quantile: number) "About the rank of a `FLOAT`, from 0 to 1.";
    kll_sketch_merge_bigint(first: column, second: column) "Two sketches of `BIGINT`s as one.";
    kll_sketch_merge_double(first: column, second: column) "Two sketches of `DOUBLE`s as one.";
    kll_sketch_merge_float(first: column, second: column) "Two sketches of `FLOAT`s as one.";
    kll_sketch_to_string_bigint(sketch: column) "A description of the sketch of `BIGINT`s, as text.";
    kll_sketch_to_string_double(sketch: column) "A description of the sketch of `DOUBLE`s, as text.";
    kll_sketch_to_string_float(sketch: column) "A description of the sketch of `FLOAT`s, as text.";
    theta_difference(first: column, second: column) "A sketch of what the first has seen and the second has not.";
    theta_intersection(first: column, second: column) "A sketch of what both have seen.";
    theta_intersection_agg(sketch: column) "A sketch of what all have seen.";
    theta_sketch_agg(column: column) "A theta sketch of different values.";
    theta_sketch_estimate(sketch: column) "About how many different values the sketch has seen.";
    theta_union(first: column, second: column) "Two sketches as one.";
    theta_union_agg(sketch: column) "All sketches as one.";
    tuple_difference_double(first: column, second: column)
        "A sketch of the keys that the first has seen and the second has not.";
    tuple_difference_integer(first: column, second: column)
        "A sketch of the keys that the first has seen and the second has not.";
    tuple_difference_theta_double(sketch: column, theta: column)
        "A sketch of the keys that a theta sketch has not seen.";
    tuple_difference_theta_integer(sketch: column, theta: column)
        "A sketch of the keys that a theta sketch has not seen.";
    tuple_intersection_agg_double(sketch: column) "A sketch of the keys that all have seen.";
    tuple_intersection_agg_integer(sketch: column) "A sketch of the keys that all have seen.";
    tuple_intersection_double(first: column, second: column) "A sketch of the keys that both have seen.";
    tuple_intersection_integer(first: column, second: column) "A sketch of the keys that both have seen.";
    tuple_intersection_theta_double(sketch: column, theta: column)
        "A sketch of the keys that a theta sketch has seen too.";
    tuple_intersection_theta_integer(sketch: column, theta: column)
        "A sketch of the keys that a theta sketch has seen too.";
    tuple_sketch_agg_double(key: column, summary: column)
        "A sketch of different keys, each with the sum of its `DOUBLE`s.";
    tuple_sketch_agg_integer(key: column, summary: column)
        "A sketch of different keys, each with the sum of its `INT`s.";
    tuple_sketch_estimate_double(sketch: column) "About how many different keys the sketch has seen.";
    tuple_sketch_estimate_integer(sketch: column) "About how many different keys the sketch has seen.";
    tuple_sketch_summary_double(sketch: column) "About the sum of the `DOUBLE`s of all keys.";
    tuple_sketch_summary_integer(sketch: column) "About the sum of the `INT`s of all keys.";
    tuple_sketch_theta_double(sketch: column) "Which fraction of the keys the sketch has kept, from 0 to 1.";
    tuple_sketch_theta_integer(sketch: column) "Which fraction of the keys the sketch has kept, from 0 to 1.";
    tuple_union_agg_double(sketch: column) "All sketches as one.";
    tuple_union_agg_integer(sketch: column) "All sketches as one.";
    tuple_union_double(first: column, second: column) "Two sketches as one.";
    tuple_union_integer(first: column, second: column) "Two sketches as one.";
    tuple_union_theta_double(sketch: column, theta: column) "A sketch and the keys of a theta sketch as one.";
    tuple_union_theta_integer(sketch: column, theta: column) "A sketch and the keys of a theta sketch as one.";
}
