//! Texts of JSON, CSV and XML, and variants.

use lakeorm::spark::functions::*;

use super::{Call, calls};

const XML: &str = "<p><a>1</a><a>2</a></p>";

pub(super) fn calls() -> Vec<Call> {
    let json = || lit(r#"{"a": {"b": 7}, "c": [1, 2]}"#);
    let xml = || lit(XML);
    calls! {
        from_csv(lit("1,abc"), "a INT, b STRING") => "{1, abc}";
        from_csv_with_options(lit("1;abc"), "a INT, b STRING", [("sep", ";")]) => "{1, abc}";
        from_json(json(), "a STRUCT<b: INT>") => "{{7}}";
        from_json_with_options(lit(r#"{"day": "29.02.2024"}"#), "day DATE", [("dateFormat", "dd.MM.yyyy")])
            => "{2024-02-29}";
        from_xml(xml(), "a ARRAY<INT>") => "{[1, 2]}";
        from_xml_with_options(lit("<p b='1'/>"), "`@b` INT", [("attributePrefix", "@")]) => "{1}";
        get_json_object(json(), "$.a.b") => "7";
        json_array_length(lit("[1, 2, 3]")) => "3";
        json_object_keys(json()) => "[a, c]";
        schema_of_csv("1,abc") => "STRUCT<_c0: INT, _c1: STRING>";
        schema_of_csv_with_options("1;abc", [("sep", ";")]) => "STRUCT<_c0: INT, _c1: STRING>";
        schema_of_json(r#"{"a": [1]}"#) => "STRUCT<a: ARRAY<BIGINT>>";
        schema_of_json_with_options(r#"{"a": 1}"#, [("primitivesAsString", true)]) => "STRUCT<a: STRING>";
        schema_of_xml(XML) => "STRUCT<a: ARRAY<BIGINT>>";
        schema_of_xml_with_options("<p b='1'/>", [("attributePrefix", "@")]) => "STRUCT<`@b`: BIGINT>";
        to_csv(struct_([lit(1).alias("a"), lit("x").alias("b")])) => "1,x";
        to_csv_with_options(struct_([lit(1).alias("a"), lit("x").alias("b")]), [("sep", ";")]) => "1;x";
        to_json(struct_([lit(1).alias("a"), lit("x").alias("b")])) => r#"{"a":1,"b":"x"}"#;
        to_json_with_options(struct_([lit(None::<i32>).alias("a")]), [("ignoreNullFields", false)])
            => r#"{"a":null}"#;
        to_xml(struct_([lit(1).alias("a")])) => "<ROW>\n    <a>1</a>\n</ROW>";
        to_xml_with_options(struct_([lit(1).alias("a")]), [("rowTag", "p")]) => "<p>\n    <a>1</a>\n</p>";
        xpath(xml(), "p/a/text()") => "[1, 2]";
        xpath_boolean(xml(), "p/b") => "false";
        xpath_double(xml(), "sum(p/a)") => "3.0";
        xpath_float(xml(), "sum(p/a)") => "3.0";
        xpath_int(xml(), "sum(p/a)") => "3";
        xpath_long(xml(), "sum(p/a)") => "3";
        xpath_number(xml(), "sum(p/a)") => "3.0";
        xpath_short(xml(), "sum(p/a)") => "3";
        xpath_string(xml(), "p/a") => "1";
    }
}

pub(super) fn variants() -> Vec<Call> {
    let variant = || parse_json(lit(r#"{"a":1,"b":[1,null]}"#));
    let list = || parse_json(lit("[1]"));
    calls! {
        is_valid_variant(variant()) => "true";
        is_variant_null(parse_json(lit("null"))) => "true";
        parse_json(lit(r#"{"a": 1}"#)) => r#"{"a":1}"#;
        schema_of_variant(variant()) => "OBJECT<a: BIGINT, b: ARRAY<BIGINT>>";
        to_variant_object(struct_([lit(1).alias("a")])) => r#"{"a":1}"#;
        try_parse_json(lit("{no")) => None;
        try_variant_array_append(variant(), "$.a", lit(2)) => None;
        try_variant_get(variant(), "$.b", "int") => None;
        try_variant_insert(variant(), "$.a", lit(2)) => None;
        try_variant_set(list(), "$.a", lit(2)) => None;
        variant_array_append(list(), "$", lit(2)) => "[1,2]";
        variant_delete(variant(), ["$.b"]) => r#"{"a":1}"#;
        variant_get(variant(), "$.a", "int") => "1";
        variant_insert(list(), "$[0]", lit(0)) => "[0,1]";
        variant_set(list(), "$[0]", lit(7)) => "[7]";
        variant_strip_nulls(variant()) => r#"{"a":1,"b":[1]}"#;
    }
}

pub(super) fn aggregates() -> Vec<Call> {
    calls! {
        schema_of_variant_agg(parse_json(lit(r#"{"a": true}"#))) => "OBJECT<a: BOOLEAN>";
    }
}
