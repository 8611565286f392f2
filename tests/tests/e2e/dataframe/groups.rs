//! Groups and windows.

use lakeorm::spark::functions::{
    avg, col, count, count_distinct, grouping_id, lag_or, lit, max, min, rank, row_number, sum,
};
use lakeorm::spark::{Window, WindowBound};
use lakeorm::{ErrorKind, Literal, query};
use lakeorm_tests::engine::Ability;

use super::setup;

#[tokio::test]
async fn groups_have_their_columns_and_their_aggregates() {
    let s = setup();
    let by_kind = s
        .five
        .group_by(["k"])
        .agg([sum("n").alias("sum"), count("*").alias("rows"), count("x").alias("known")])
        .order_by(["k"]);
    let rows = s.rows::<(String, i64, i64, i64)>(&by_kind).await;
    let expected = [("a", 40, 2, 1), ("b", 60, 2, 2), ("c", 50, 1, 1)];
    assert_eq!(rows, expected.map(|(k, sum, rows, known)| (k.to_owned(), sum, rows, known)));
    let all = s.five.agg([min("n"), max("n"), count_distinct(["k"])]);
    assert_eq!(s.rows::<(i64, i64, i64)>(&all).await, [(10, 50, 3)]);
    let counted = s.five.group_by(["k"]).count().order_by(["count", "k"]).select(["k", "count"]);
    let expected = [("c", 1), ("a", 2), ("b", 2)].map(|(k, rows)| (k.to_owned(), rows));
    assert_eq!(s.rows::<(String, i64)>(&counted).await, expected);
    let short = s.five.group_by(["k"]).max(["n"]).order_by(["k"]).to_df(["k", "n"]);
    assert_eq!(s.rows::<(String, i64)>(&short).await[1], ("b".to_owned(), 40));
    let means = s.five.group_by(["k"]).avg(["x"]).order_by(["k"]).to_df(["k", "x"]);
    assert_eq!(s.rows::<(String, Option<f64>)>(&means).await[1], ("b".to_owned(), Some(3.5)));
}

#[tokio::test]
async fn groups_of_groups() {
    let s = setup();
    let parity = (col("id") % 2).alias("odd");
    let frame = s.five.with_column("odd", parity);
    let rolled = frame.rollup(["k", "odd"]).agg([count("*").alias("rows")]);
    assert_eq!(rolled.count().await.unwrap(), 3 + 3 + 1);
    let cubed = frame.cube(["k", "odd"]).agg([count("*").alias("rows")]);
    assert_eq!(cubed.count().await.unwrap(), 3 + 3 + 2 + 1);
    let sets = frame
        .grouping_sets([vec!["k"], vec!["odd"]], ["k", "odd"])
        .agg([sum("n").alias("n")])
        .order_by(["k", "odd"]);
    let rows = query::<(Option<String>, Option<i32>, i64)>(&s.db, &sets).await;
    if !s.engine.has(Ability::GroupingSets) {
        // Sail wants the sets without columns that they are made of, which Spark does not take.
        let error = rows.unwrap_err();
        let is_sails = error.to_string().contains("grouping sets with grouping expressions");
        return assert!(is_sails || error.kind() == ErrorKind::Unsupported, "{error}");
    }
    let rows = rows.unwrap();
    let expected = [
        (None, Some(0), 60),
        (None, Some(1), 90),
        (Some("a"), None, 40),
        (Some("b"), None, 60),
        (Some("c"), None, 50),
    ];
    assert_eq!(rows, expected.map(|(k, odd, n)| (k.map(str::to_owned), odd, n)));
    let named = frame.rollup(["k"]).agg([grouping_id(["k"]).alias("level")]).filter(col("level").eq(1));
    assert_eq!(named.count().await.unwrap(), 1);
}

#[tokio::test]
async fn values_become_columns() {
    let s = setup();
    let frame = s.five.with_column("odd", col("id") % 2);
    let pivoted = frame
        .group_by(["k"])
        .pivot("odd", [0, 1])
        .agg([sum("n")])
        .order_by(["k"])
        .to_df(["k", "even", "odd"]);
    let rows = s.rows::<(String, Option<i64>, Option<i64>)>(&pivoted).await;
    let expected = [("a", None, Some(40)), ("b", Some(60), None), ("c", None, Some(50))];
    assert_eq!(rows, expected.map(|(k, even, odd)| (k.to_owned(), even, odd)));
}

#[tokio::test]
async fn a_group_without_an_aggregate_and_a_pivot_that_is_misread_are_refused() {
    let s = setup();
    let bytes = s.five.group_by(["k"]).pivot(col("k").cast("binary"), [Literal::binary(b"a".to_vec())]);
    for (frame, words) in [
        (s.five.group_by(["k"]).sum(()), "a group needs at least one aggregate"),
        (s.five.group_by(["k"]).agg(()), "a group needs at least one aggregate"),
        (s.five.agg(()), "a group needs at least one aggregate"),
        (s.five.group_by(["k"]).pivot("x", [f64::NAN]).count(), "servers misread some values of `pivot`"),
        (bytes.count(), "servers misread some values of `pivot`"),
    ] {
        let error = frame.collect().await.unwrap_err();
        assert_eq!(error.kind(), spark_connect::ErrorKind::InvalidStatement);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn windows_see_the_rows_around() {
    let s = setup();
    let by_kind = Window::partition_by(["k"]).order_by([col("n").desc()]);
    let ranked = s
        .five
        .select([
            col("id"),
            row_number().over(&by_kind).alias("row"),
            rank().over(Window::new().order_by(["k"])).alias("rank"),
            lag_or("n", 1, 0_i64).over(&by_kind).alias("before"),
        ])
        .order_by(["id"]);
    let rows = s.rows::<(i32, i32, i32, i64)>(&ranked).await;
    assert_eq!(rows, [(1, 2, 1, 30), (2, 2, 3, 40), (3, 1, 1, 0), (4, 1, 3, 0), (5, 1, 5, 0)]);
    let running =
        Window::new().order_by(["id"]).rows_between(WindowBound::preceding(1), WindowBound::current_row());
    let near = Window::new()
        .order_by(["n"])
        .range_between(WindowBound::preceding(10_i64), WindowBound::following(10_i64));
    let total = Window::new().rows_between(WindowBound::unbounded(), WindowBound::unbounded());
    let sums = s
        .five
        .select([
            sum("n").over(running).alias("two"),
            sum("n").over(near).alias("near"),
            (sum("n").over(total) + lit(0_i64)).alias("all"),
            avg("n").over(Window::partition_by(["k"])).alias("mean"),
        ])
        .order_by(["two"]);
    let rows = s.rows::<(i64, i64, i64, f64)>(&sums).await;
    let expected = [
        (10, 30, 150, 20.0),
        (30, 60, 150, 30.0),
        (50, 90, 150, 20.0),
        (70, 120, 150, 30.0),
        (90, 90, 150, 50.0),
    ];
    assert_eq!(rows, expected);
}
