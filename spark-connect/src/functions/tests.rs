//! The table of functions.

use std::collections::BTreeMap;

use super::*;

#[test]
fn there_are_more_than_five_hundred() {
    assert!(names().len() > 500, "{}", names().len());
}

#[test]
fn a_function_of_the_server_is_there_under_two_names_only_where_it_takes_other_arguments() {
    let mut times = BTreeMap::new();
    names().into_iter().for_each(|(_, name)| *times.entry(name).or_insert(0) += 1);
    let twice: Vec<_> = times.into_iter().filter(|(_, times)| *times > 1).map(|(name, _)| name).collect();
    assert_eq!(
        twice,
        [
            "any_value",
            "array_sort",
            "avg",
            "count",
            "filter",
            "first",
            "lag",
            "last",
            "lead",
            "listagg",
            "ln",
            "negative",
            "power",
            "rand",
            "randn",
            "random",
            "randstr",
            "sequence",
            "string_agg",
            "sum",
            "to_date",
            "to_timestamp",
            "transform",
            "uniform",
            "window",
        ]
    );
}

#[test]
fn all_rows_are_counted_and_not_the_columns() {
    assert_eq!(format!("{:?}", count("*")), "count(Literal(INT))");
    assert_eq!(format!("{:?}", count("a")), "count(a)");
}

#[test]
fn a_random_column_has_a_seed_from_the_start_and_no_other_has_the_same() {
    let columns = [rand(), randn(), random(), randstr(3), uniform(1, 9), rand()];
    let shown = columns.each_ref().map(|column| format!("{column:?}"));
    assert_eq!(
        shown,
        [
            "rand(Literal(BIGINT))",
            "randn(Literal(BIGINT))",
            "random(Literal(BIGINT))",
            "randstr(Literal(INT), Literal(BIGINT))",
            "uniform(Literal(INT), Literal(INT), Literal(BIGINT))",
            "rand(Literal(BIGINT))",
        ]
    );
    let frame = crate::Relation::table("t").select(columns.to_vec());
    let literals = frame.literals();
    let seeds: Vec<_> = literals.iter().filter(|literal| format!("{literal:?}").contains("BIGINT")).collect();
    assert_eq!(seeds.len(), 6);
    assert!((0..6).all(|seed| !seeds[..seed].contains(&seeds[seed])));
}

#[test]
fn nulls_are_ignored_by_a_second_argument() {
    assert_eq!(format!("{:?}", first_ignore_nulls("a")), "first(a, Literal(BOOLEAN))");
    assert_eq!(format!("{:?}", last_ignore_nulls("a")), "last(a, Literal(BOOLEAN))");
    assert_eq!(format!("{:?}", any_value_ignore_nulls("a")), "any_value(a, Literal(BOOLEAN))");
}

#[test]
fn a_text_is_a_column_or_a_value_as_the_function_wants_it() {
    assert_eq!(format!("{:?}", date_format("day", "yyyy")), "date_format(day, Literal(STRING))");
    assert_eq!(format!("{:?}", date_add("day", 3)), "date_add(day, Literal(INT))");
    assert_eq!(format!("{:?}", date_add("day", "days")), "date_add(day, days)");
    assert_eq!(format!("{:?}", coalesce(["a", "b"])), "coalesce(a, b)");
    assert_eq!(format!("{:?}", concat_ws("-", ["a"])), "concat_ws(Literal(STRING), a)");
    assert_eq!(format!("{:?}", json_tuple("text", ["a"])), "json_tuple(text, Literal(STRING))");
    assert_eq!(format!("{:?}", json_tuple("text", [col("a")])), "json_tuple(text, a)");
    let deleted = format!("{:?}", variant_delete("variant", ["$.a", "$.b"]));
    assert_eq!(deleted, "variant_delete(variant, Literal(STRING), Literal(STRING))");
    assert_eq!(format!("{:?}", str_to_map("text", "d", "k")), "str_to_map(text, d, k)");
}

#[test]
fn a_value_that_cannot_be_sent_is_a_mistake_of_the_expression() {
    let plan = crate::Relation::table("t").project(["a"]).filter(col("a").eq(u64::MAX));
    assert!(plan.check().unwrap_err().to_string().contains("BIGINT"));
}
