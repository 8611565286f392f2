//! Expressions, and functions of every kind of argument.

use std::collections::BTreeMap;
use std::time::Duration;

use lakeorm::spark::Column;
use lakeorm::spark::functions::{
    array, array_contains, call_function, coalesce, col, concat_ws, create_map, date_add, date_format,
    date_from_unix_date, element_at, exists, explode, expr, filter, from_json, get_json_object, greatest,
    lit, lower, lpad, map_filter, named_argument, regexp_replace, round, split, struct_, to_date, to_json,
    transform, transform_with_index, when, year, zip_with,
};
use lakeorm::{DataType, ErrorKind, Literal, query};
use lakeorm_tests::engine::Ability;

use super::setup;

#[tokio::test]
async fn operators_and_methods_compute() {
    let s = setup();
    let two = s.five.filter(col("id").eq(2));
    let numbers = two.select([
        (col("n") + 1) * 2 - 2,
        col("n") % 7,
        -col("n"),
        100 - col("n"),
        col("n").bitwise_and(4_i64),
        col("n").bitwise_or(1_i64),
        col("n").bitwise_xor(21_i64),
        round(col("n") / 3, 0).cast("bigint"),
    ]);
    let numbers = numbers.to_df(["a", "b", "c", "d", "e", "f", "g", "h"]);
    let row = s.rows::<(i64, i64, i64, i64, i64, i64, i64, i64)>(&numbers).await;
    assert_eq!(row, [(40, 6, -20, 80, 4, 21, 1, 7)]);
    let conditions: [(Column, Option<bool>); 24] = [
        (col("n").eq(20), Some(true)),
        (col("n").ne(20), Some(false)),
        (col("n").lt(21).and(col("n").ge(20)), Some(true)),
        (col("n").between(21, 30) | col("k").eq("b"), Some(true)),
        (!col("k").eq("b") & lit(true), Some(false)),
        (col("k").eq("b") ^ lit(true), Some(false)),
        (col("k").eq("b") ^ lit(false), Some(true)),
        (lit(None::<bool>) ^ lit(true), None),
        (col("x").is_null(), Some(false)),
        (col("x").is_not_null(), Some(true)),
        (col("x").is_nan(), Some(false)),
        (col("x").eq(None::<f64>), None),
        (col("x").eq_null_safe(None::<f64>), Some(false)),
        (col("k").is_in(["a", "b"]), Some(true)),
        (col("n").is_in(vec![1_i64, 2]), Some(false)),
        (col("k").like("_"), Some(true)),
        (col("k").ilike("B"), Some(true)),
        (col("k").rlike("^[a-c]$"), Some(true)),
        (col("k").contains("b"), Some(true)),
        (col("k").starts_with("c"), Some(false)),
        (col("k").ends_with("b"), Some(true)),
        (lit("abc").substr(2, 1).eq("b"), Some(true)),
        (lit("x'y\\z\u{0}é").eq("x'y\\z\u{0}é"), Some(true)),
        (lit("12").cast(DataType::Integer).eq(12), Some(true)),
    ];
    for (condition, expected) in conditions {
        let found = s.rows::<(Option<bool>,)>(&two.select([condition.alias("c")])).await;
        assert_eq!(found, [(expected,)], "{condition:?}");
    }
    // They are of conditions alone; the bits of numbers have methods.
    for of_numbers in [col("n") & lit(1_i64), col("n") | lit(1_i64), col("n") ^ lit(1_i64)] {
        let refused = query::<(Option<bool>,)>(&s.db, two.select([of_numbers.alias("c")])).await.unwrap_err();
        assert!(refused.server().is_some(), "{of_numbers:?}: {refused}");
        if s.engine.has(Ability::ErrorClasses) {
            let class = refused.error_class().unwrap();
            assert!(class.starts_with("DATATYPE_MISMATCH."), "{of_numbers:?}: {refused}");
        }
    }
    let none = two.select([lit("x").try_cast("int").alias("c")]);
    let none = query::<(Option<i32>,)>(&s.db, &none).await;
    match s.engine.has(Ability::TryCasts) {
        true => assert_eq!(none.unwrap(), [(None,)]),
        false => {
            let error = none.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("`try_cast` needs Spark 4.0"), "{error}");
            let by_sql = two.select([expr("try_cast('x' AS INT)").alias("c")]);
            assert_eq!(s.rows::<(Option<i32>,)>(&by_sql).await, [(None,)]);
        }
    }
}

#[tokio::test]
async fn an_argument_is_given_by_its_name() {
    let s = setup();
    let masked = call_function("mask", [lit("Ab1"), named_argument("lowerChar", "q")]);
    let masked = query::<(String,)>(&s.db, s.drv.range(0, 1).select([masked.alias("m")])).await;
    match s.engine.has(Ability::FunctionsOf(4, 0)) {
        true => assert_eq!(masked.unwrap(), [("Xqn".to_owned(),)]),
        false if s.engine.has(Ability::FunctionsOf(3, 5)) => {
            let error = masked.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("`named_argument` needs Spark 4.0"), "{error}");
        }
        // Sail passes over the name, and has upper-case letters come first.
        false => assert_eq!(masked.unwrap(), [("qxn".to_owned(),)]),
    }
}

#[tokio::test]
async fn branches_are_tried_in_order() {
    let s = setup();
    let size = when(col("n").gt(40), "large").when(col("n").gt(20), "middle").otherwise("small");
    let sizes = s.five.order_by(["id"]).select([size.alias("size")]);
    let found = s.rows::<(String,)>(&sizes).await;
    assert_eq!(found, ["small", "small", "middle", "middle", "large"].map(|size| (size.to_owned(),)));
}

#[tokio::test]
async fn fields_elements_and_entries_are_reached_and_changed() {
    let s = setup();
    let one = s.five.filter(col("id").eq(1)).select([
        struct_([col("k").alias("name"), col("n").alias("count")]).alias("s"),
        array([lit(1), lit(2), lit(3)]).alias("xs"),
        create_map([lit("a"), lit(1), lit("b"), lit(2)]).alias("m"),
    ]);
    let reached = one.select([
        col("s").get_field("count").cast("int"),
        col("xs").get_item(1),
        element_at("m", "b"),
        col("s").with_field("count", 7).get_field("count"),
        col("m").get_item("a"),
    ]);
    let reached = reached.to_df(["a", "b", "c", "d", "e"]);
    assert_eq!(s.rows::<(i32, i32, i32, i32, i32)>(&reached).await, [(10, 2, 2, 7, 1)]);
    let less = one.select([to_json(col("s").drop_fields(["count"])).alias("j")]);
    assert_eq!(s.rows::<(String,)>(&less).await, [("{\"name\":\"a\"}".to_owned(),)]);
    let exploded = one.select([explode("xs").alias("x")]).order_by(["x"]);
    assert_eq!(s.rows::<(i32,)>(&exploded).await, [(1,), (2,), (3,)]);
    let entries = one.select([explode("m").aliases(["key", "value"])]).order_by(["key"]);
    let entries = s.drv.from_dataframe(&entries).timeout(Duration::from_secs(5));
    let found = query::<(String, i32)>(&s.db, entries).await;
    if !s.engine.has(Ability::ExplodedMaps) {
        // Sail stops answering; the error that it comes to after five minutes says nothing of it.
        assert!(found.unwrap_err().is_timeout());
        return;
    }
    assert_eq!(found.unwrap(), [("a".to_owned(), 1), ("b".to_owned(), 2)]);
}

#[tokio::test]
async fn closures_are_functions_of_elements() {
    let s = setup();
    let xs = s.drv.range(0, 1).select([array([lit(1), lit(2), lit(3)]).alias("xs")]);
    let found: [(Column, Vec<i32>); 4] = [
        (transform("xs", |x| x * 2), vec![2, 4, 6]),
        (transform_with_index("xs", |x, at| x + at), vec![1, 3, 5]),
        (filter("xs", |x| x.gt(1)), vec![2, 3]),
        (transform("xs", |x| transform_sum(&x)), vec![7, 8, 9]),
    ];
    for (column, expected) in found {
        assert_eq!(
            s.rows::<(Vec<i32>,)>(&xs.select([column.alias("ys")])).await,
            [(expected,)],
            "{column:?}"
        );
    }
    let has = xs.select([exists("xs", |x| x.eq(2)).alias("e")]);
    assert_eq!(s.rows::<(bool,)>(&has).await, [(true,)]);
    let all = lakeorm::spark::functions::aggregate("xs", lit(0), |all, x| all + x);
    assert_eq!(s.rows::<(i32,)>(&xs.select([all.alias("sum")])).await, [(6,)]);
    let m = s.drv.range(0, 1).select([create_map([lit("a"), lit(1), lit("b"), lit(2)]).alias("m")]);
    let kept =
        m.select([map_filter("m", |_, value| value.gt(1)).alias("m")]).select([col("m").get_item("b")]);
    assert_eq!(s.rows::<(i32,)>(&kept.to_df(["b"])).await, [(2,)]);
    let products = xs.select([zip_with("xs", "xs", |x, y| x * y).alias("ys")]);
    let products = query::<(Vec<i32>,)>(&s.db, &products).await;
    if !s.engine.has(Ability::ZippedLists) {
        let error = products.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("zip_with"), "{error}");
        return;
    }
    assert_eq!(products.unwrap(), [(vec![1, 4, 9],)]);
}

/// A lambda that has another inside, which uses the variable of the outer one.
fn transform_sum(x: &Column) -> Column {
    element_at(transform(array([lit(6)]), |y| y + x), 1)
}

#[tokio::test]
async fn functions_of_texts_dates_and_json() {
    let s = setup();
    let one =
        s.drv.sql("SELECT 'Ada Lovelace' AS name, DATE'2026-11-26' AS day, '{\"a\": {\"b\": 7}}' AS json");
    let texts: [(Column, &str); 12] = [
        (lower("name"), "ada lovelace"),
        (lpad(lit("7"), 3, "0"), "007"),
        (concat_ws("-", [col("name"), lit("x")]), "Ada Lovelace-x"),
        (regexp_replace("name", "[aeiou]", "_"), "Ad_ L_v_l_c_"),
        (split("name", " ").get_item(1), "Lovelace"),
        (date_format("day", "yyyy/MM/dd"), "2026/11/26"),
        (date_add("day", 5).cast("string"), "2026-12-01"),
        (year("day").cast("string"), "2026"),
        (to_date(lit("2026-01-02")).cast("string"), "2026-01-02"),
        (get_json_object("json", "$.a.b"), "7"),
        (from_json("json", "a STRUCT<b: INT>").get_field("a").get_field("b").cast("string"), "7"),
        (coalesce([lit(None::<String>), lit("there")]), "there"),
    ];
    for (column, expected) in texts {
        let found = s.rows::<(String,)>(&one.select([column.alias("t")])).await;
        assert_eq!(found, [(expected.to_owned(),)], "{column:?}");
    }
    let other = one.select([greatest([lit(1), lit(3)]), call_function("abs", [lit(-4)]), expr("1 + 1")]);
    assert_eq!(s.rows::<(i32, i32, i32)>(&other.to_df(["a", "b", "c"])).await, [(3, 4, 2)]);
    let contains = one.select([array_contains(split("name", " "), "Ada").alias("c")]);
    assert_eq!(s.rows::<(bool,)>(&contains).await, [(true,)]);
}

#[tokio::test]
async fn values_of_sql_inside_a_frame_are_bound_or_written_as_the_server_needs_it() {
    let s = setup();
    let sql = s.drv.sql("SELECT id, ? AS word FROM range(3) WHERE id > ?").bind("it's").bind(0_i64);
    let frame = sql.filter(col("word").eq("it's")).order_by(["id"]);
    let expected = [1_i64, 2].map(|id| (id, "it's".to_owned()));
    assert_eq!(s.rows::<(i64, String)>(&frame).await, expected);
    let named = s.drv.sql("SELECT :a + 1 AS b").bind_named("a", 6).join(
        &s.drv.sql("SELECT ? AS c").bind(7),
        col("b").eq(col("c")),
        lakeorm::spark::JoinType::Inner,
    );
    assert_eq!(s.rows::<(i32, i32)>(&named).await, [(7, 7)]);
}

#[tokio::test]
async fn empty_and_null_lists_and_maps_are_literals_of_a_frame() {
    type Map = BTreeMap<String, i64>;
    let s = setup();
    let lists = s.drv.range(0, 1).select([
        lit(Vec::<i64>::new()).alias("empty"),
        lit(None::<Vec<i64>>).alias("null"),
        coalesce([lit(None::<Vec<i64>>), lit(vec![7_i64])]).alias("other"),
    ]);
    let found = s.rows::<(Vec<i64>, Option<Vec<i64>>, Vec<i64>)>(&lists).await;
    assert_eq!(found, [(vec![], None, vec![7])]);
    let maps = s.drv.range(0, 1).select([
        lit(Map::new()).alias("empty"),
        lit(None::<Map>).alias("null"),
        lit(vec![Map::new(), Map::from([("a".to_owned(), 7)])]).alias("inside"),
    ]);
    let found = s.rows::<(Map, Option<Map>, Vec<Map>)>(&maps).await;
    assert_eq!(found, [(Map::new(), None, vec![Map::new(), Map::from([("a".to_owned(), 7)])])]);
}

#[tokio::test]
async fn the_earliest_days_are_literals_of_a_frame() {
    let s = setup();
    let days = [i32::MIN, -2_147_400_000, -2_147_399_999, i32::MAX];
    let same = days.map(|day| lit(Literal::date(day)).eq(date_from_unix_date(lit(day))));
    let compared = s.drv.range(0, 1).select(same).to_df(["a", "b", "c", "d"]);
    assert_eq!(s.rows::<(bool, bool, bool, bool)>(&compared).await, [(true, true, true, true)]);
}

#[tokio::test]
async fn a_column_that_is_not_there_is_the_servers_error_with_what_it_suggests() {
    let s = setup();
    let error = query::<(i64,)>(&s.db, s.five.select(["nn"])).await.unwrap_err();
    assert!(error.is_column_not_found(), "{error}");
}

#[tokio::test]
async fn a_function_that_the_server_lacks_is_named() {
    let s = setup();
    let error =
        query::<(i64,)>(&s.db, s.five.select([call_function("no_such_function", ["n"])])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("no_such_function"), "{error}");
}
