//! Answers of engines that differ from those of the newest Spark.

use lakeorm_tests::engine::{Ability, Engine};

use super::Expected;

/// The functions that came with a line of Spark; `*` stands for whatever follows.
const SINCE: [((u32, u32), &str); 4] = [
    (
        (4, 0),
        "collate collation dayname from_xml* is_valid_utf8 is_variant_null listagg* make_valid_utf8 monthname \
         nullifzero parse_json randstr* schema_of_variant* schema_of_xml* session_user timestamp_add string_agg* \
         to_variant_object to_xml* try_make_* try_mod try_parse_* try_reflect try_url_decode try_validate_utf8 \
         try_variant_get uniform* validate_utf8 variant_get zeroifnull",
    ),
    (
        (4, 1),
        "approx_top_k* bitmap_and_agg current_time kll_* make_time quote st_* theta_* time_diff time_trunc \
         to_time to_time_by try_to_date* try_to_time try_to_time_by",
    ),
    ((4, 2), "current_path is_valid_variant time_bucket time_from_* time_to_* tuple_* vector_*"),
    (
        (4, 3),
        "collect_union counter_diff from_base32 hmac jaro_winkler_similarity timestamp_nanos to_base32 \
         try_variant_array_append try_variant_insert try_variant_set unix_nanos variant_array_append variant_delete \
         variant_insert variant_set variant_strip_nulls",
    ),
];

/// Functions that end the query elsewhere before Spark 4.0, which finds it out while it runs.
const FAILS_IN_A_TASK: &str = "assert_true_with_message bucket days hours months raise_error years";

/// Functions that take an argument more from Spark 4.0 on.
const TAKES_FEWER: &str = "mode_deterministic shuffle_with_seed uuid_with_seed";

/// Functions that an engine lacks that is not Spark.
const LACKS_ELSEWHERE: &str = "approx_top_k* bucket collate collation collect_union counter_diff current_path days from_base32 hmac hours \
     input_file_* is_valid_variant jaro_winkler_similarity java_method kll_* map_zip_with months reflect \
     schema_of_xml* session_window st_setsrid st_srid time_bucket time_from_* time_to_* timestamp_nanos to_base32 \
     transform_keys transform_values try_make_interval try_reflect try_to_date* try_variant_array_append try_variant_insert \
     try_variant_set tuple_* unix_nanos variant_array_append variant_delete variant_insert variant_set \
     variant_strip_nulls vector_avg vector_norm vector_normalize vector_sum zip_with";

/// Other answers of such an engine: `NULL`s inside of others are written large, quantiles are interpolated, nobody is
/// logged in, and some arguments are passed over or refused.
const ELSEWHERE: [(&str, Expected); 22] = [
    ("approx_count_distinct_with_rsd", Expected::Failure("expected 1 arguments")),
    ("approx_percentile", Expected::Text("30.0")),
    ("array_sort", Expected::Text("[1, 2, 3, NULL]")),
    ("arrays_zip", Expected::Text("[{1, 4}, {2, NULL}, {3, NULL}]")),
    ("assert_true_with_message", Expected::Failure("the server failed the operation")),
    ("ceil_with_scale", Expected::Text("1.2")),
    ("ceiling_with_scale", Expected::Text("-1.3")),
    ("current_catalog", Expected::Text("sail")),
    ("current_user", Expected::Text("false")),
    ("explode", Expected::Text("{3}, {1}, {NULL}, {2}")),
    ("explode_outer", Expected::Text("{NULL}")),
    ("floor_with_scale", Expected::Text("1.3")),
    ("percentile_approx", Expected::Text("17.5")),
    ("percentile_with_frequency", Expected::Text("30.0")),
    ("posexplode_outer", Expected::Text("{NULL, NULL}")),
    ("raise_error", Expected::Failure("the server failed the operation")),
    ("shuffle_with_seed", Expected::Failure("one value expected")),
    ("sort_array", Expected::Text("[3, 2, 1, NULL]")),
    ("to_json_with_options", Expected::Text("{}")),
    ("uuid_with_seed", Expected::Failure("zero values expected")),
    ("xpath_string", Expected::Failure("Error evaluating XPath")),
    ("years", Expected::Text("2024")),
];

/// The answer of the engine in place of the one beside the call.
pub(super) fn expected(engine: &Engine, function: &str) -> Option<Expected> {
    if lacks(engine, function) {
        return Some(Expected::Lack);
    }
    if !engine.has(Ability::FunctionsOf(3, 5)) {
        return ELSEWHERE.iter().find(|(name, _)| *name == function).map(|(_, expected)| *expected);
    }
    if !engine.has(Ability::FunctionsOf(4, 0)) && is_among(FAILS_IN_A_TASK, function) {
        return Some(Expected::Failure("Job aborted due to stage failure"));
    }
    if !engine.has(Ability::FunctionsOf(4, 0)) && is_among(TAKES_FEWER, function) {
        return Some(Expected::Failure("WRONG_NUM_ARGS"));
    }
    let is_off = function.starts_with("st_") && !engine.has(Ability::Geometry);
    is_off.then_some(Expected::Failure("GEOSPATIAL_DISABLED"))
}

/// Whether the engine does not have the function.
pub(super) fn lacks(engine: &Engine, function: &str) -> bool {
    if !engine.has(Ability::FunctionsOf(3, 5)) {
        return is_among(LACKS_ELSEWHERE, function);
    }
    SINCE.iter().any(|((major, minor), names)| {
        !engine.has(Ability::FunctionsOf(*major, *minor)) && is_among(names, function)
    })
}

fn is_among(names: &str, function: &str) -> bool {
    names.split_whitespace().any(|name| match name.strip_suffix('*') {
        Some(beginning) => function.starts_with(beginning),
        None => function == name,
    })
}
