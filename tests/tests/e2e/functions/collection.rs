//! Arrays, maps and structs, and generators of rows from them.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

fn numbers(numbers: &[i32]) -> Column {
    array(numbers.iter().map(|number| lit(*number)))
}

/// The entries of a map in order.
fn entries(map: Column) -> Column {
    array_sort(map_entries(map))
}

pub(super) fn calls() -> Vec<Call> {
    let xs = || numbers(&[1, 2, 3]);
    calls! {
        aggregate(xs(), lit(0), |all, x| all + x) => "6";
        aggregate_with_finish(xs(), lit(0), |all, x| all + x, |all| all * 10) => "60";
        array([col("id"), lit(2)]) => "[1, 2]";
        array_append(xs(), 4) => "[1, 2, 3, 4]";
        array_compact("xs") => "[3, 1, 2]";
        array_contains("xs", 2) => "true";
        array_distinct(numbers(&[1, 2, 1])) => "[1, 2]";
        array_except(xs(), numbers(&[2])) => "[1, 3]";
        array_insert(xs(), 2, 9) => "[1, 9, 2, 3]";
        array_intersect(xs(), numbers(&[3, 2])) => "[2, 3]";
        array_join(array([lit("a"), lit("b")]), "-") => "a-b";
        array_join_or(array([lit("a"), lit(None::<String>)]), "-", "none") => "a-none";
        array_max("xs") => "3";
        array_min("xs") => "1";
        array_position(xs(), 3) => "3";
        array_prepend(xs(), 0) => "[0, 1, 2, 3]";
        array_remove(xs(), 2) => "[1, 3]";
        array_repeat("id", 3) => "[1, 1, 1]";
        array_size("xs") => "4";
        array_sort("xs") => "[1, 2, 3, null]";
        array_sort_by(xs(), |x, y| y - x) => "[3, 2, 1]";
        array_union(xs(), numbers(&[3, 4])) => "[1, 2, 3, 4]";
        arrays_overlap(xs(), numbers(&[3, 4])) => "true";
        arrays_zip([xs(), numbers(&[4])]) => "[{1, 4}, {2, null}, {3, null}]";
        cardinality("m") => "2";
        concat([col("word"), lit("!")]) => "Ada!";
        create_map([lit("a"), lit(1)]) => "{a -> 1}";
        element_at("m", "b") => "2";
        exists(xs(), |x| x.gt(2)) => "true";
        filter(xs(), |x| x.gt(1)) => "[2, 3]";
        filter_with_index(xs(), |_, at| at.gt(1)) => "[3]";
        flatten(array([xs(), numbers(&[4])])) => "[1, 2, 3, 4]";
        forall(xs(), |x| x.gt(1)) => "false";
        get("xs", 1) => "1";
        map_concat([col("m"), create_map([lit("c"), lit(3)])]) as entries => "[{a, 1}, {b, 2}, {c, 3}]";
        map_contains_key("m", "a") => "true";
        map_entries(create_map([lit("a"), lit(1)])) => "[{a, 1}]";
        map_filter("m", |_, value| value.gt(1)) => "{b -> 2}";
        map_from_arrays(array([lit("a")]), numbers(&[1])) => "{a -> 1}";
        map_from_entries(array([struct_([lit("a"), lit(1)])])) => "{a -> 1}";
        map_keys("m") as array_sort => "[a, b]";
        map_values("m") as array_sort => "[1, 2]";
        map_zip_with("m", "m", |_, left, right| left + right) as entries => "[{a, 2}, {b, 4}]";
        named_struct([lit("a"), lit(1), lit("b"), lit("x")]) => "{1, x}";
        reduce(xs(), lit(10), |all, x| all + x) => "16";
        reduce_with_finish(xs(), lit(10), |all, x| all + x, |all| all * 10) => "160";
        reverse(xs()) => "[3, 2, 1]";
        sequence(lit(1), lit(3)) => "[1, 2, 3]";
        sequence_by(lit(1), lit(6), lit(2)) => "[1, 3, 5]";
        shuffle(xs()) as array_sort => "[1, 2, 3]";
        shuffle_with_seed(xs(), 7_i64) as |c| c.eq(shuffle_with_seed(xs(), 7_i64)) => "true";
        size("xs") => "4";
        slice(xs(), 2, 2) => "[2, 3]";
        sort_array("xs", false) => "[3, 2, 1, null]";
        str_to_map(lit("a:1,b:2"), lit(","), lit(":")) as entries => "[{a, 1}, {b, 2}]";
        struct_([col("id"), col("word")]) => "{1, Ada}";
        transform(xs(), |x| x * 2) => "[2, 4, 6]";
        transform_keys("m", |key, _| upper(key)) as entries => "[{A, 1}, {B, 2}]";
        transform_values("m", |_, value| value + 1) as entries => "[{a, 2}, {b, 3}]";
        transform_with_index(xs(), |x, at| x + at) => "[1, 3, 5]";
        try_element_at("m", lit("z")) => None;
        zip_with(xs(), xs(), |x, y| x * y) => "[1, 4, 9]";
    }
}

pub(super) fn vectors() -> Vec<Call> {
    let vector = |x: f32, y: f32| array([lit(x), lit(y)]);
    calls! {
        vector_cosine_similarity(vector(3.0, 4.0), vector(3.0, 4.0)) => "1.0";
        vector_inner_product(vector(1.0, 2.0), vector(3.0, 4.0)) => "11.0";
        vector_l2_distance(vector(1.0, 1.0), vector(4.0, 5.0)) => "5.0";
        vector_norm(vector(3.0, 4.0)) => "5.0";
        vector_normalize(vector(3.0, 4.0)) => "[0.6, 0.8]";
    }
}

/// Each makes rows of its own.
pub(super) fn generators() -> Vec<Call> {
    let structs = || array([struct_([lit(1), lit("a")]), struct_([lit(2), lit("b")])]);
    let empty = || filter("xs", |x| x.gt(9));
    calls! {
        explode("xs") => "{3}, {1}, {null}, {2}";
        explode_outer(empty()) => "{null}";
        inline(structs()) => "{1, a}, {2, b}";
        inline_outer(structs()) => "{1, a}, {2, b}";
        json_tuple(lit(r#"{"a": 1, "b": "x"}"#), ["a", "b"]) => "{1, x}";
        posexplode(array([lit("a"), lit("b")])) => "{0, a}, {1, b}";
        posexplode_outer(empty()) => "{null, null}";
        stack([lit(2), lit(1), lit("a"), lit(2), lit("b")]) => "{1, a}, {2, b}";
    }
}
