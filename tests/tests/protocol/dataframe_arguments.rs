//! Arguments of frames in every form that they may have: the plan is the same.

use std::borrow::Cow;

use lakeorm::spark::functions::{col, count, lit};
use lakeorm::spark::{Column, DataFrame, IntoJoinOn, IntoMembers, JoinType};
use lakeorm_tests::fake::{Fake, execute};
use spark_connect::ErrorKind;
use spark_connect::types::{DataType, Schema, StructField};

use crate::setup::{driver, numbers, soon};

async fn answers_schemas() -> Fake {
    Fake::builder().schema(numbers(0..0).schema_ref()).start().await
}

/// Asserts that the server gets the same plan for all of them.
async fn assert_same(fake: &Fake, frames: &[DataFrame]) {
    for frame in frames {
        soon(frame.schema()).await.unwrap();
    }
    let sent = fake.sent("AnalyzePlan");
    let plans: Vec<String> = sent.iter().filter_map(|request| request.plan_tree()).collect();
    let plans = &plans[plans.len() - frames.len()..];
    assert!(plans.iter().all(|plan| *plan == plans[0]), "{plans:#?}");
}

fn left(a: &DataFrame, b: &DataFrame, on: impl IntoJoinOn) -> DataFrame {
    a.join(b, on, JoinType::Left)
}

fn columns() -> Schema {
    Schema::new(vec![
        StructField::new("id", DataType::Long).required(),
        StructField::new("at", DataType::Timestamp),
    ])
}

#[tokio::test]
async fn a_join_takes_names_and_conditions_in_any_form() {
    let fake = answers_schemas().await;
    let drv = driver(&fake);
    let (a, b) = (drv.table("a"), drv.table("b"));
    let (array, names) = (["k", "day"], vec!["k", "day"]);
    let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let by_names = [
        left(&a, &b, array),
        left(&a, &b, ("k", "day")),
        left(&a, &b, ("k", &owned[1])),
        left(&a, &b, &names),
        left(&a, &b, &owned),
        left(&a, &b, &owned[..]),
        left(&a, &b, owned.iter()),
        left(&a, &b, array.iter().copied()),
        left(&a, &b, names.iter().map(|name| name.to_lowercase())),
        left(&a, &b, names),
        left(&a, &b, owned),
        left(&a, &b, array.map(Cow::Borrowed)),
    ];
    assert_same(&fake, &by_names).await;
    let name = "k".to_owned();
    let by_one = [left(&a, &b, "k"), left(&a, &b, &name), left(&a, &b, name)];
    assert_same(&fake, &by_one).await;
    let same = a.col("k").eq(b.col("k"));
    let by_condition = [left(&a, &b, &same), left(&a, &b, same)];
    assert_same(&fake, &by_condition).await;
    fake.finish();
}

#[tokio::test]
async fn a_value_is_looked_for_in_a_list_of_any_form() {
    fn found(members: impl IntoMembers) -> Column {
        col("k").is_in(members)
    }
    let fake = answers_schemas().await;
    let table = driver(&fake).table("t");
    let (ids, of_columns) = (vec![1_i64, 2], [lit(1_i64), lit(2_i64)]);
    let filters = [
        found([1_i64, 2]),
        found(&ids),
        found(&ids[..]),
        found(ids.iter()),
        found(ids.iter().map(|id| lit(*id))),
        found(&of_columns),
        found(of_columns),
        found(ids),
    ];
    assert_same(&fake, &filters.map(|filter| table.filter(filter))).await;
    let texts = ["k > 1", "k > 1"];
    let filtered: Vec<DataFrame> = texts.iter().map(|text| table.filter(text)).collect();
    assert_same(&fake, &[filtered, vec![table.filter(texts[0])]].concat()).await;
    fake.finish();
}

#[tokio::test]
async fn a_type_is_taken_by_value_and_by_reference() {
    let fake = answers_schemas().await;
    let drv = driver(&fake);
    let (table, columns) = (drv.table("t"), columns());
    let record = DataType::from(columns.clone());
    let casts = [
        col("a").cast(&record),
        col("a").cast(record.clone()),
        col("a").cast(&columns),
        col("a").cast(columns.clone()),
    ];
    assert_same(&fake, &casts.map(|cast| table.select(cast))).await;
    let text = "bigint".to_owned();
    let casts = [col("a").cast("bigint"), col("a").cast(&text), col("a").cast(text)];
    assert_same(&fake, &casts.map(|cast| table.select(cast))).await;
    // Whatever the session makes of a bare `TIMESTAMP`, a typed one is an instant.
    let ddl = "id BIGINT NOT NULL, at TIMESTAMP_LTZ".to_owned();
    let read = || drv.read().format("json");
    let readers = [
        read().schema("id BIGINT NOT NULL, at TIMESTAMP_LTZ"),
        read().schema(&ddl),
        read().schema(Cow::Borrowed(ddl.as_str())),
        read().schema(ddl.into_boxed_str()),
        read().schema(&columns),
        read().schema(&record),
        read().schema(record),
        read().schema(DataType::Long).schema(columns),
    ];
    assert_same(&fake, &readers.map(|reader| reader.load("events/"))).await;
    // An empty text would leave the columns to the server.
    let of_none = [read().schema(Schema::default()), read().schema("STRUCT<>")];
    assert_same(&fake, &of_none.map(|reader| reader.load("events/"))).await;
    fake.finish();
}

#[tokio::test]
async fn a_table_is_created_with_the_columns_of_a_schema() {
    let fake = Fake::start([execute().answer([numbers(0..0)])]).await;
    let drv = driver(&fake);
    let table = drv.catalog().create_table("events").using("parquet").schema(columns());
    drop(soon(table.create()).await.unwrap());
    let sent = fake.sent("ExecutePlan")[0].plan_tree().unwrap();
    for words in ["Struct(Struct {", "name: \"id\"", "nullable: false", "name: \"at\"", "Timestamp("] {
        assert!(sent.contains(words), "{words} in {sent}");
    }
    fake.finish();
}

#[tokio::test]
async fn a_schema_that_is_no_struct_is_refused_before_anything_is_sent() {
    let fake = Fake::start([]).await;
    let drv = driver(&fake);
    let reader = drv.read().format("json").schema(DataType::Long);
    let table = drv.catalog().create_table("events").schema(DataType::array(DataType::String));
    for refused in [
        soon(reader.clone().load("events/").collect()).await.map(drop),
        soon(reader.json("events/").select("id").schema()).await.map(drop),
        soon(drv.table("t").to_schema(DataType::Long).collect()).await.map(drop),
        soon(table.create()).await.map(drop),
    ] {
        let error = refused.unwrap_err();
        let expected = "a schema is a struct type, or DDL text: `id BIGINT, name STRING`";
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::InvalidStatement, expected));
    }
    assert!(fake.requests().is_empty(), "{:?}", fake.requests());
    fake.finish();
}

#[tokio::test]
async fn the_unit_is_an_empty_list_of_names_or_columns() {
    let fake = answers_schemas().await;
    let drv = driver(&fake);
    let (table, rows) = (drv.table("t"), count("*").alias("rows"));
    let na = table.na();
    let read = || drv.read().format("jdbc").option("dbtable", "u");
    for same in [
        [table.drop_duplicates(()), table.drop_duplicates([""; 0])],
        [table.describe(()), table.describe([""; 0])],
        [table.summary(()), table.summary([""; 0])],
        [table.repartition_by(Some(2), ()), table.repartition_by(Some(2), [""; 0])],
        [table.group_by(()).agg(&rows), table.group_by([""; 0]).agg(&rows)],
        [na.replace([("-", "none")], ()), na.replace([("-", "none")], [""; 0])],
        [na.drop_below(1, ()), na.drop_below(1, [""; 0])],
        [read().load(()), read().load([""; 0])],
    ] {
        assert_same(&fake, &same).await;
    }
    fake.finish();
}

#[tokio::test]
async fn a_reader_takes_one_path_or_several_in_any_form() {
    let fake = answers_schemas().await;
    let drv = driver(&fake);
    let read = || drv.read();
    let (one, two) = ("a/".to_owned(), ["a/".to_owned(), "b/".to_owned()]);
    let of_one = [
        read().parquet("a/"),
        read().parquet(&one),
        read().parquet(Cow::Borrowed("a/")),
        read().parquet(["a/"]),
        read().format("parquet").load(one),
    ];
    assert_same(&fake, &of_one).await;
    let of_two = [
        read().orc(["a/", "b/"]),
        read().orc(&two),
        read().orc(two.iter().map(String::as_str)),
        read().orc(two.to_vec()),
        read().format("orc").load(two),
    ];
    assert_same(&fake, &of_two).await;
    for same in [
        [read().csv(["a/", "b/"]), read().format("csv").load(["a/", "b/"])],
        [read().json(["a/", "b/"]), read().format("json").load(["a/", "b/"])],
        [read().text(["a/", "b/"]), read().format("text").load(["a/", "b/"])],
        [read().xml("a/"), read().format("xml").load("a/")],
    ] {
        assert_same(&fake, &same).await;
    }
    soon(read().jdbc("jdbc:x://h", "u").schema()).await.unwrap();
    let sent = fake.sent("AnalyzePlan").last().unwrap().plan_tree().unwrap();
    for words in ["\"jdbc\"", "\"dbtable\": \"u\"", "\"url\": \"jdbc:x://h\"", "paths: []"] {
        assert!(sent.contains(words), "{words} in {sent}");
    }
    fake.finish();
}

#[tokio::test]
async fn one_value_fills_several_columns_as_one_for_each_does() {
    let fake = answers_schemas().await;
    let drv = driver(&fake);
    let na = drv.table("t").na();
    assert_same(&fake, &[na.fill_in(0, ["a", "b"]), na.fill_columns([("a", 0), ("b", 0)])]).await;
    assert_same(&fake, &[na.fill_in("-", "a"), na.fill_columns([("a", "-")])]).await;
    fake.finish();
}
