//! Other columns of the same rows.

use lakeorm::spark::JoinType;
use lakeorm::spark::functions::{col, desc, expr, lit, rand, randn, random, sum, upper};
use lakeorm_tests::engine::Ability;

use super::setup;

#[tokio::test]
async fn columns_are_chosen_added_replaced_renamed_and_dropped() {
    let s = setup();
    let one = s.five.filter(col("id").eq(2));
    let selected = one.select([upper("k"), col("n") + 1]);
    assert_eq!(s.rows::<(String, i64)>(&selected).await, [("B".to_owned(), 21)]);
    let by_text = one.select_expr(["n * 2", "concat(k, '!')"]);
    assert_eq!(s.rows::<(i64, String)>(&by_text).await, [(40, "b!".to_owned())]);
    let more = one.with_column("n", col("n") * 10).with_columns([("y", lit("z")), ("w", col("k"))]);
    assert_eq!(more.columns().await.unwrap(), ["id", "k", "n", "x", "y", "w"]);
    let taken = more.select(["n", "y", "w"]);
    assert_eq!(s.rows::<(i64, String, String)>(&taken).await, [(200, "z".to_owned(), "b".to_owned())]);
    let renamed = one.with_column_renamed("k", "kind").with_columns_renamed([("n", "m"), ("none", "some")]);
    assert_eq!(renamed.columns().await.unwrap(), ["id", "kind", "m", "x"]);
    let swapped = one.with_columns_renamed([("k", "held"), ("n", "k"), ("held", "n")]);
    assert_eq!(swapped.columns().await.unwrap(), ["id", "n", "k", "x"]);
    assert_eq!(one.drop(["k", "none"]).columns().await.unwrap(), ["id", "n", "x"]);
    assert_eq!(one.drop([one.col("x")]).columns().await.unwrap(), ["id", "k", "n"]);
    assert_eq!(one.to_df(["a", "b", "c", "d"]).columns().await.unwrap(), ["a", "b", "c", "d"]);
    let of_schema = one.to_schema("k STRING, id BIGINT").select(["*"]);
    assert_eq!(s.rows::<(String, i64)>(&of_schema).await, [("b".to_owned(), 2)]);
    assert_eq!(one.select(["*"]).columns().await.unwrap(), ["id", "k", "n", "x"]);
}

#[tokio::test]
async fn a_name_drops_every_column_of_it_and_a_column_drops_the_one_that_is_meant() {
    let s = setup();
    let (a, b) = (s.five.alias("a"), s.five.select(["id", "n"]).alias("b"));
    let joined = a.join(&b, a.col("id").eq(b.col("id")), JoinType::Inner);
    assert_eq!(joined.drop(["id"]).columns().await.unwrap(), ["k", "n", "x", "n"]);
    assert_eq!(joined.drop(["b.id"]).columns().await.unwrap(), ["id", "k", "n", "x", "id", "n"]);
    assert_eq!(joined.drop([b.col("id")]).columns().await.unwrap(), ["id", "k", "n", "x", "n"]);
    assert_eq!(joined.drop([a.col("id"), b.col("n")]).columns().await.unwrap(), ["k", "n", "x", "id"]);
    let qualified = joined.drop([col("b.id")]).columns().await.unwrap();
    match s.engine.has(Ability::FunctionsOf(3, 5)) {
        true => assert_eq!(qualified, ["id", "k", "n", "x", "n"]),
        // Only Spark looks for columns whose names have parts.
        false => assert_eq!(qualified, ["id", "k", "n", "x", "id", "n"]),
    }
    assert_eq!(joined.drop([col("none"), col("b.none")]).columns().await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_random_column_is_the_same_at_each_use_of_a_frame_and_another_one_is_not() {
    let s = setup();
    let drawn =
        s.drv.range(0, 100).with_columns([("a", rand()), ("b", rand()), ("c", randn()), ("d", random())]);
    let drawn = drawn.order_by(["id"]);
    let rows = s.rows::<(i64, f64, f64, f64, f64)>(&drawn).await;
    assert_eq!(s.rows::<(i64, f64, f64, f64, f64)>(&drawn).await, rows);
    assert!(rows.iter().all(|(_, a, b, _, d)| a != b && a != d));
}

#[tokio::test]
async fn one_column_needs_no_list_and_a_tuple_is_a_list_of_any_kinds() {
    let s = setup();
    let last = s.five.select("id").order_by(desc("id")).limit(1);
    assert_eq!(s.rows::<(i32,)>(&last).await, [(5,)]);
    let sums = s.five.group_by("k").agg(sum("n").alias("sum")).order_by("k").drop("k");
    assert_eq!(s.rows::<(i64,)>(&sums).await, [(40,), (60,), (50,)]);
    let mixed = s.five.filter("id = 2").select(("k", col("n") + 1));
    assert_eq!(s.rows::<(String, i64)>(&mixed).await, [("b".to_owned(), 21)]);
    let kinds = s.five.select("k").drop_duplicates("k").order_by("k");
    assert_eq!(kinds.count().await.unwrap(), 3);
}

#[tokio::test]
async fn a_name_with_a_dot_is_quoted_and_a_field_is_not() {
    let s = setup();
    let dotted = s.five.limit(1).select([col("id").alias("a.b"), expr("named_struct('c', 7)").alias("s")]);
    let both = dotted.select([col("`a.b`"), col("s.c")]);
    assert_eq!(s.rows::<(i32, i32)>(&both).await, [(1, 7)]);
}

#[tokio::test]
async fn columns_become_rows() {
    let s = setup();
    let long = s
        .five
        .filter(col("id").le(2))
        .select([col("id"), col("n"), col("n").alias("m") + 1])
        .to_df(["id", "n", "m"])
        .unpivot(["id"], Some(vec![col("n"), col("m")]), "name", "value")
        .order_by(["id", "name"]);
    let rows = s.rows::<(i32, String, i64)>(&long).await;
    let expected = [(1, "m", 11), (1, "n", 10), (2, "m", 21), (2, "n", 20)];
    assert_eq!(rows, expected.map(|(id, name, value)| (id, name.to_owned(), value)));
}

#[tokio::test]
async fn hints_and_partitions_change_no_row() {
    let s = setup();
    let five = &s.five;
    let frames = [
        five.broadcast(),
        five.hint("repartition", [3]),
        five.repartition(3),
        five.coalesce(1),
        five.repartition_by(None, ["k"]),
        five.repartition_by(Some(2), ()),
        five.repartition_by_range(Some(2), ["id"]),
        five.repartition_by(Some(2), ["k"]).sort_within_partitions([col("id").desc()]),
    ];
    for frame in frames {
        assert_eq!(s.ids(&frame.order_by(["id"])).await, [1, 2, 3, 4, 5]);
    }
}

#[tokio::test]
async fn a_frame_of_a_struct_is_asked_for_the_columns_of_the_struct_only() {
    #[derive(Debug, PartialEq, lakeorm::LakeRow)]
    struct Row {
        n: i64,
        #[lake(default)]
        missing: Option<String>,
        #[lake(rename = "K")]
        kind: String,
    }
    let s = setup();
    let rows = s.rows::<Row>(&s.five.filter(col("id").eq(5))).await;
    assert_eq!(rows, [Row { n: 50, missing: None, kind: "c".to_owned() }]);
}
