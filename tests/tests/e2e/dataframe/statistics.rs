//! Statistics and missing values.

use lakeorm::Literal;
use lakeorm::spark::functions::{col, lit};
use lakeorm_tests::engine::Ability;

use spark_connect::ErrorKind;

use super::setup;

#[tokio::test]
async fn missing_values_are_filled_replaced_and_left_out() {
    let s = setup();
    let xs = |frame: lakeorm::spark::DataFrame| frame.order_by(["id"]).select(["x"]);
    let filled = s.rows::<(f64,)>(&xs(s.five.na().fill(0.0))).await;
    assert_eq!(filled[2], (0.0,));
    let filled = s.rows::<(f64,)>(&xs(s.five.na().fill_columns([("x", -1.0)]))).await;
    assert_eq!(filled[2], (-1.0,));
    assert_eq!(s.ids(&s.five.na().drop().order_by(["id"])).await, [1, 2, 4, 5]);
    assert_eq!(s.five.na().drop_in(["k"]).count().await.unwrap(), 5);
    assert_eq!(s.five.na().drop_below(4, ["id", "k", "n", "x"]).count().await.unwrap(), 4);
    assert_eq!(s.five.na().drop_all().count().await.unwrap(), 5);
    assert_eq!(s.five.select(["x"]).na().drop_all().count().await.unwrap(), 4);
    let replaced = s.five.na().replace([("a", "z")], ["k"]).filter(col("k").eq("z"));
    assert_eq!(replaced.count().await.unwrap(), 2);
}

#[tokio::test]
async fn integers_that_a_server_would_round_are_not_replaced() {
    let s = setup();
    let (below, limit) = ((1_i64 << 53) - 1, 1_i64 << 53);
    let large = s.five.with_column("n", lit(below));
    let replaced = large.na().replace([(below, limit)], ["n"]).filter(col("n").eq(limit));
    assert_eq!(replaced.count().await.unwrap(), 5);
    // As a DOUBLE, the next integer is the limit too.
    for pair in [(limit, 7), (-limit, 7), (limit + 1, 7), (7, -limit - 1)] {
        let error = large.na().replace([pair], ["n"]).count().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains("`na.replace` takes no integer"), "{error}");
    }
}

#[tokio::test]
async fn a_column_is_filled_with_a_value_of_another_kind() {
    let s = setup();
    let gaps = s.drv.sql("SELECT CAST(NULL AS DATE) AS day, CAST(NULL AS STRING) AS word");
    let filled = [
        gaps.na().fill_columns([("day", "2024-02-29")]).select([col("day").cast("string")]),
        gaps.na().fill_columns([("word", 7)]).select([col("word")]),
        gaps.na().fill_columns([("day", "2024-02-29"), ("word", "x")]).select([col("day").cast("string")]),
    ];
    // Sail fills columns of the value's kind alone.
    let is_spark = s.engine.has(Ability::FunctionsOf(3, 5));
    for (frame, text) in filled.iter().zip(["2024-02-29", "7", "2024-02-29"]) {
        let expected = is_spark.then(|| text.to_owned());
        assert_eq!(s.rows::<(Option<String>,)>(&frame.to_df(["x"])).await, [(expected,)], "{frame:?}");
    }
}

#[tokio::test]
async fn a_drop_in_no_columns_is_refused() {
    let s = setup();
    let error = s.five.na().drop_in([""; 0]).count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("`na().drop_in` needs a column"), "{error}");
}

#[tokio::test]
async fn statistics_are_computed() {
    let s = setup();
    let described = s.five.describe(["n"]).columns().await.unwrap();
    assert_eq!(described, ["summary", "n"]);
    let summary = s.five.summary(["count", "max"]).select(["summary", "n"]);
    let rows = s.rows::<(String, String)>(&summary.order_by(["summary"])).await;
    assert_eq!(rows, [("count", "5"), ("max", "50")].map(|(name, n)| (name.to_owned(), n.to_owned())));
    let stat = s.five.stat();
    assert!((stat.corr("id", "n").await.unwrap() - 1.0).abs() < 1e-9);
    assert!((stat.cov("id", "n").await.unwrap() - 25.0).abs() < 1e-9);
    let crossed = stat.crosstab("k", "id").columns().await.unwrap();
    assert_eq!(crossed.len(), 6);
    let sampled = stat.sample_by("k", [("a", 1.0), ("b", 0.0)], 1).order_by(["id"]);
    assert_eq!(s.ids(&sampled).await, [1, 3]);
}

#[tokio::test]
async fn rows_are_sampled_by_values_that_servers_find_and_by_no_others() {
    let s = setup();
    let stat = s.five.stat();
    let price = col("n").cast("decimal(10,2)");
    for value in [Literal::decimal(1000, 10, 2).unwrap(), Literal::date(0), Literal::double(f64::NAN)] {
        let error = stat.sample_by(&price, [(value, 1.0)], 1).collect().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidStatement);
        assert!(error.to_string().contains("cast the column with `cast(\"string\")`"), "{error}");
    }
    let priced = s.five.with_column("price", price.cast("string"));
    assert_eq!(s.ids(&priced.stat().sample_by("price", [("10.00", 1.0)], 1)).await, [1]);
    assert_eq!(s.ids(&stat.sample_by("n", [(20_i64, 1.0), (30, 0.0)], 1)).await, [2]);
    if s.engine.has(Ability::FunctionsOf(3, 5)) {
        assert_eq!(s.ids(&stat.sample_by("x", [(None::<f64>, 1.0)], 1)).await, [3]);
    }
}

#[tokio::test]
async fn a_statistic_without_a_value_is_nan_or_zero() {
    let s = setup();
    let stat = s.drv.sql("SELECT CAST(NULL AS INT) AS x, 1 AS y").stat();
    assert!(stat.corr("x", "y").await.unwrap().is_nan());
    let covariance = stat.cov("x", "y").await.unwrap();
    // Spark says 0.
    assert!(covariance.is_nan() || covariance == 0.0, "{covariance}");
}

#[tokio::test]
async fn statistics_that_a_server_lacks_are_unsupported_there() {
    let s = setup();
    let stat = s.five.stat();
    let quantiles = stat.approx_quantile(["n"], &[0.0, 0.5, 1.0], 0.0).await;
    let frequent = stat.freq_items(["k"], Some(0.4)).count().await;
    if s.engine.has(Ability::Statistics) {
        assert_eq!(quantiles.unwrap(), [[10.0, 30.0, 50.0]]);
        assert_eq!(frequent.unwrap(), 1);
    } else {
        assert_eq!(quantiles.unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(frequent.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    let turned = s.five.select(["k", "n"]).limit(2).transpose(None).count().await;
    match s.engine.has(Ability::Transposing) {
        true => assert_eq!(turned.unwrap(), 1),
        false => assert_eq!(turned.unwrap_err().kind(), ErrorKind::Unsupported),
    }
}

#[tokio::test]
async fn frames_are_shown_where_texts_come_in_larger_arrays() {
    let s = setup();
    // Who does not know the conf ignores it.
    let large = s.engine.builder().session_conf("spark.sql.execution.arrow.useLargeVarTypes", "true");
    let shown = large.build().unwrap().range(0, 1).show().await.unwrap();
    assert!(shown.contains("| id|") && shown.contains("|  0|"), "{shown}");
}

#[tokio::test]
async fn frames_are_shown_and_explained() {
    let s = setup();
    let shown = s.five.order_by(["id"]).select(["id", "k"]).show().await.unwrap();
    assert!(shown.contains("| id|  k|") && shown.contains("|  1|  a|"), "{shown}");
    let explained = s.five.explain(lakeorm::spark::ExplainMode::Extended).await.unwrap();
    assert!(!explained.is_empty());
    let tree = s.five.schema_tree().await.unwrap();
    assert!(tree.contains("id") && tree.contains("x"), "{tree}");
    let hash = s.five.semantic_hash().await;
    let same = s.five.same_semantics(&s.five.clone()).await;
    if !s.engine.has(Ability::PlanHashes) {
        let kinds = (hash.unwrap_err().kind(), same.unwrap_err().kind());
        return assert_eq!(kinds, (ErrorKind::Unsupported, ErrorKind::Unsupported));
    }
    assert!(same.unwrap());
    assert_eq!(hash.unwrap(), s.five.clone().semantic_hash().await.unwrap());
    assert!(!s.five.same_semantics(&s.five.select(["id"])).await.unwrap());
}
