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
            "aggregate",
            "any_value",
            "approx_count_distinct",
            "array_join",
            "array_sort",
            "assert_true",
            "avg",
            "btrim",
            "ceil",
            "ceiling",
            "convert_timezone",
            "count",
            "filter",
            "first",
            "first_value",
            "floor",
            "from_csv",
            "from_json",
            "from_xml",
            "ilike",
            "lag",
            "last",
            "last_value",
            "lead",
            "levenshtein",
            "like",
            "listagg",
            "ln",
            "locate",
            "ltrim",
            "make_timestamp",
            "make_timestamp_ltz",
            "mode",
            "months_between",
            "negative",
            "nth_value",
            "overlay",
            "parse_url",
            "percentile",
            "position",
            "power",
            "rand",
            "randn",
            "random",
            "randstr",
            "reduce",
            "rtrim",
            "schema_of_csv",
            "schema_of_json",
            "schema_of_xml",
            "sentences",
            "sequence",
            "shuffle",
            "split",
            "string_agg",
            "substr",
            "sum",
            "to_csv",
            "to_date",
            "to_json",
            "to_time",
            "to_timestamp",
            "to_timestamp_ltz",
            "to_timestamp_ntz",
            "to_unix_timestamp",
            "to_xml",
            "transform",
            "trim",
            "try_make_timestamp",
            "try_make_timestamp_ltz",
            "try_parse_url",
            "try_to_date",
            "try_to_time",
            "try_to_timestamp",
            "uniform",
            "unix_timestamp",
            "uuid",
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

/// The columns as they are shown, with `L` for a literal.
fn shown<const N: usize>(columns: [Column; N]) -> [String; N] {
    columns.map(|column| {
        let types = ["BIGINT", "BOOLEAN", "DOUBLE", "INT", "STRING"];
        let shown = format!("{column:?}");
        types.into_iter().fold(shown, |shown, named| shown.replace(&format!("Literal({named})"), "L"))
    })
}

#[test]
fn a_format_comes_behind_the_text() {
    let columns = [
        to_date_by("a", "y"),
        to_time_by("a", "H"),
        to_timestamp_by("a", "y"),
        to_timestamp_ltz_by("a", "y"),
        to_timestamp_ntz_by("a", "y"),
        to_unix_timestamp_by("a", "y"),
        try_to_date_by("a", "y"),
        try_to_time_by("a", "H"),
        try_to_timestamp_by("a", "y"),
        unix_timestamp_by("a", col("f")),
    ];
    let names = ["to_date", "to_time", "to_timestamp", "to_timestamp_ltz", "to_timestamp_ntz"];
    let more = ["to_unix_timestamp", "try_to_date", "try_to_time", "try_to_timestamp"];
    let mut expected: Vec<String> =
        names.into_iter().chain(more).map(|name| format!("{name}(a, L)")).collect();
    expected.push("unix_timestamp(a, f)".to_owned());
    assert_eq!(shown(columns), expected.as_slice());
}

#[test]
fn options_are_a_map_of_texts_and_none_are_no_argument() {
    let columns = [
        from_csv_with_options("a", "s", [("sep", ";")]),
        from_json_with_options("a", "s", [("mode", "FAILFAST"), ("allowComments", "true")]),
        from_xml_with_options("a", "s", [("rowTag", "p")]),
        schema_of_csv_with_options("a", [("sep", ";")]),
        schema_of_json_with_options("a", [("primitivesAsString", true)]),
        schema_of_xml_with_options("a", [("rowTag", "p")]),
        to_csv_with_options("a", [("sep", ";")]),
        to_json_with_options("a", BTreeMap::from([("pretty".to_owned(), true)])),
        to_xml_with_options("a", [("rowTag", "p")]),
        to_json_with_options("a", [("", ""); 0]),
        to_json_with_options("a", [("pretty", true), ("pretty", false)]),
    ];
    assert_eq!(
        shown(columns),
        [
            "from_csv(a, L, map(L, L))",
            "from_json(a, L, map(L, L, L, L))",
            "from_xml(a, L, map(L, L))",
            "schema_of_csv(L, map(L, L))",
            "schema_of_json(L, map(L, L))",
            "schema_of_xml(L, map(L, L))",
            "to_csv(a, map(L, L))",
            "to_json(a, map(L, L))",
            "to_xml(a, map(L, L))",
            "to_json(a)",
            "to_json(a, map(L, L))",
        ]
    );
    let last = crate::Relation::table("t").select(vec![to_json_with_options("a", [("b", 1), ("b", 2)])]);
    let has = |text: &str| last.literals().contains(&&crate::Literal::string(text));
    assert!(has("2") && !has("1"), "the last of one name counts");
}

#[test]
fn further_arguments_of_texts_are_where_the_server_wants_them() {
    let columns = [
        btrim_with_characters("a", "x"),
        ltrim_with_characters("a", "x"),
        rtrim_with_characters("a", "x"),
        trim_with_characters("a", col("x")),
        ilike_with_escape("a", "p", "!"),
        like_with_escape("a", "p", "!"),
        levenshtein_with_threshold("a", "b", 2),
        locate_with_start("x", "a", 2),
        overlay_with_length("a", "b", 2, "n"),
        parse_url_with_key("a", "p", "k"),
        try_parse_url_with_key("a", "p", "k"),
        position_with_start("x", "a", 2),
        sentences_with_locale("a", "en", "US"),
        split_with_limit("a", ",", 2),
        substr_with_length("a", 2, 3),
    ];
    assert_eq!(
        shown(columns),
        [
            "btrim(a, L)",
            "ltrim(L, a)",
            "rtrim(L, a)",
            "trim(x, a)",
            "ilike(a, p, L)",
            "like(a, p, L)",
            "levenshtein(a, b, L)",
            "locate(L, a, L)",
            "overlay(a, b, L, n)",
            "parse_url(a, p, L)",
            "try_parse_url(a, p, L)",
            "position(x, a, L)",
            "sentences(a, L, L)",
            "split(a, L, L)",
            "substr(a, L, L)",
        ]
    );
}

#[test]
fn values_of_one_kind_are_sent_in_the_order_of_the_arguments() {
    let sent = |column: Column| {
        let plan = crate::Relation::table("t").select(vec![column]);
        plan.literals().into_iter().cloned().collect::<Vec<_>>()
    };
    let texts = |texts: &[&str]| -> Vec<_> {
        texts.iter().map(|text| crate::types::Literal::string(*text)).collect()
    };
    assert_eq!(sent(sentences_with_locale("a", "en", "US")), texts(&["en", "US"]));
    assert_eq!(sent(assert_true_with_message("a", "no")), texts(&["no"]));
    assert_eq!(sent(array_join_or("a", ",", "none")), texts(&[",", "none"]));
    let windows = texts(&["10 minutes", "5 minutes", "1 minute"]);
    assert_eq!(sent(window_with_start("a", "10 minutes", "5 minutes", "1 minute")), windows);
}

#[test]
fn a_further_argument_of_another_function_is_its_last() {
    let columns = [
        aggregate_with_finish("a", lit(0), |all, _| all, |_| col("f")),
        reduce_with_finish("a", lit(0), |all, _| all, |_| col("f")),
    ];
    for shown in shown(columns) {
        assert!(shown.ends_with(", lambda(f))") && shown.matches("lambda").count() == 2, "{shown}");
    }
    let columns = [
        approx_count_distinct_with_rsd("a", 0.01),
        array_join_or("a", ",", "none"),
        assert_true_with_message("a", "no"),
        ceil_with_scale("a", 1),
        ceiling_with_scale("a", 1),
        floor_with_scale("a", "n"),
        convert_timezone_to("UTC", "a"),
        first_value_ignore_nulls("a"),
        last_value_ignore_nulls("a"),
        nth_value_ignore_nulls("a", 2),
        mode_deterministic("a"),
        months_between_unrounded("a", "b"),
        percentile_with_frequency("a", 0.5, "n"),
        shuffle_with_seed("a", 7_i64),
        uuid_with_seed(7_i64),
        window_with_start("a", "10 minutes", "5 minutes", "1 minute"),
    ];
    assert_eq!(
        shown(columns),
        [
            "approx_count_distinct(a, L)",
            "array_join(a, L, L)",
            "assert_true(a, L)",
            "ceil(a, L)",
            "ceiling(a, L)",
            "floor(a, n)",
            "convert_timezone(L, a)",
            "first_value(a, L)",
            "last_value(a, L)",
            "nth_value(a, L, L)",
            "mode(a, L)",
            "months_between(a, b, L)",
            "percentile(a, L, n)",
            "shuffle(a, L)",
            "uuid(L)",
            "window(a, L, L, L)",
        ]
    );
}

#[test]
fn the_zone_of_an_instant_comes_behind_its_parts() {
    let columns = [
        make_timestamp_with_zone("y", "m", "d", "h", "i", "s", "UTC"),
        make_timestamp_ltz_with_zone("y", "m", "d", "h", "i", "s", "UTC"),
        try_make_timestamp_with_zone("y", "m", "d", "h", "i", "s", "UTC"),
        try_make_timestamp_ltz_with_zone("y", "m", "d", "h", "i", "s", col("z")),
    ];
    assert_eq!(
        shown(columns),
        [
            "make_timestamp(y, m, d, h, i, s, L)",
            "make_timestamp_ltz(y, m, d, h, i, s, L)",
            "try_make_timestamp(y, m, d, h, i, s, L)",
            "try_make_timestamp_ltz(y, m, d, h, i, s, z)",
        ]
    );
}
