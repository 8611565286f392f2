//! Arrays, maps and structs.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Chain, Tables};

fn of_nested<const N: usize>(t: &Tables, columns: [(&str, Column); N]) -> Vec<Chain> {
    let chain = |(name, column)| (format!("nested.{name}"), t.nested.select([col("id"), column]));
    columns.into_iter().map(chain).collect()
}

pub(super) fn columns(t: &Tables) -> Vec<Chain> {
    of_nested(
        t,
        [
            ("get_field", col("s").get_field("b")),
            ("get_item.array", col("xs").get_item(0)),
            ("get_item.map", col("m").get_item("a")),
            ("with_field", col("s").with_field("c", 1)),
            ("drop_fields", col("s").drop_fields(["a"])),
            ("explode", explode("xs")),
            ("explode.map", explode("m").aliases(["key", "value"])),
            ("explode_outer", explode_outer("xs")),
            ("posexplode", posexplode("xs")),
            ("inline", inline(array(["s"]))),
            ("transform", transform("xs", |x| x + 1).alias("v")),
            ("transform.position", transform_with_index("xs", |x, i| x + i).alias("v")),
            ("filter", filter("xs", |x| x.gt(1)).alias("v")),
            ("exists", exists("xs", |x| x.gt(4)).alias("v")),
            ("forall", forall("xs", |x| x.gt(0)).alias("v")),
            ("zip_with", zip_with("xs", "xs", |x, y| x * y).alias("v")),
            ("aggregate", aggregate("xs", lit(0), |s, x| s + x).alias("v")),
            ("transform_values", transform_values("m", |_, v| v + 1).alias("v")),
            ("transform_keys", transform_keys("m", |k, _| upper(k)).alias("v")),
            ("map_filter", map_filter("m", |_, v| v.gt(1)).alias("m")),
        ],
    )
}

pub(super) fn functions(t: &Tables) -> Vec<Chain> {
    of_nested(
        t,
        [
            ("array", array(["id", "s.a"])),
            ("struct", struct_(["id", "xs"])),
            ("create_map", create_map([lit("id"), col("id")])),
            ("array_contains", array_contains("xs", 1)),
            ("array_sort", array_sort("xs")),
            ("size", size("xs")),
            ("sort_array", sort_array("xs", true)),
            ("array_max", array_max("xs")),
            ("array_join", array_join(col("xs").cast("array<string>"), "-")),
            ("element_at", element_at("xs", 1)),
            ("flatten", flatten(array(["xs", "xs"]))),
            ("map_keys", map_keys("m")),
            ("map_values", map_values("m")),
            ("map_entries", map_entries("m")),
            ("slice", slice("xs", 1, 2)),
            ("to_json", to_json("s")),
            ("sequence", sequence(lit(1), "id")),
            ("array_distinct", array_distinct("xs")),
            ("arrays_zip", arrays_zip([col("xs"), array(["id"])])),
            ("reverse", reverse("xs")),
            ("concat", concat(["xs", "xs"])),
        ],
    )
}
