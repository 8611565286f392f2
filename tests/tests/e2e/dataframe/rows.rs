//! Some of the rows, their order, and the rows of several frames.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use lakeorm::spark::DataFrame;
use lakeorm::spark::functions::{col, expr};
use lakeorm_tests::engine::Ability;
use spark_connect::ErrorKind;

use super::setup;

#[tokio::test]
async fn rows_are_filtered_counted_off_and_taken_from_both_ends() {
    let s = setup();
    let five = s.five.order_by(["id"]);
    assert_eq!(s.ids(&five.filter(col("n").gt(20).and(col("k").ne("c")))).await, [3, 4]);
    assert_eq!(s.ids(&five.where_("n > 20").filter(expr("k = 'a'"))).await, [3]);
    assert_eq!(s.ids(&five.where_(col("n").gt(20)).filter("k = 'a'")).await, [3]);
    assert_eq!(s.ids(&five.limit(2)).await, [1, 2]);
    assert_eq!(s.ids(&five.offset(3)).await, [4, 5]);
    assert_eq!(s.ids(&five.limit(4).offset(1)).await, [2, 3, 4]);
    let last = [(5, "c".to_owned(), 50, Some(5.5))];
    assert_eq!(s.rows::<(i32, String, i64, Option<f64>)>(&five.tail(1)).await, last);
    assert_eq!(five.count().await.unwrap(), 5);
    assert!(!five.is_empty().await.unwrap());
    assert!(five.filter(col("id").gt(9)).is_empty().await.unwrap());
    let ids = |batch: &RecordBatch| batch.column(0).as_primitive::<Int32Type>().values().to_vec();
    assert_eq!(five.take(3).await.unwrap().iter().flat_map(ids).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(five.order_by([col("id").desc()]).first().await.unwrap().map(|row| ids(&row)), Some(vec![5]));
    assert_eq!(five.filter(col("id").gt(9)).first().await.unwrap(), None);
}

#[tokio::test]
async fn rows_are_ordered_with_nulls_where_they_are_wanted() {
    let s = setup();
    for (order, ids) in [
        (col("x").asc(), [3, 1, 2, 4, 5]),
        (col("x").desc(), [5, 4, 2, 1, 3]),
        (col("x").asc_nulls_last(), [1, 2, 4, 5, 3]),
        (col("x").desc_nulls_first(), [3, 5, 4, 2, 1]),
        (col("x"), [3, 1, 2, 4, 5]),
    ] {
        assert_eq!(s.ids(&s.five.order_by([&order])).await, ids, "{order:?}");
    }
    assert_eq!(s.ids(&s.five.order_by([col("k").desc(), col("id").desc()])).await, [5, 4, 2, 3, 1]);
}

#[tokio::test]
async fn equal_rows_are_there_once() {
    let s = setup();
    let kinds = s.five.select(["k"]).distinct().order_by(["k"]);
    assert_eq!(s.rows::<(String,)>(&kinds).await, ["a", "b", "c"].map(|k| (k.to_owned(),)));
    assert_eq!(s.five.drop_duplicates(["k"]).count().await.unwrap(), 3);
    assert_eq!(s.five.union(&s.five).drop_duplicates(()).count().await.unwrap(), 5);
}

#[tokio::test]
async fn frames_are_put_together_as_sets() {
    let s = setup();
    let (low, high) = (s.five.filter(col("id").le(3)), s.five.filter(col("id").ge(3)));
    let sorted = |frame: DataFrame| frame.order_by(["id"]);
    assert_eq!(s.ids(&sorted(low.union(&high))).await, [1, 2, 3, 3, 4, 5]);
    assert_eq!(s.ids(&sorted(low.intersect(&high))).await, [3]);
    assert_eq!(s.ids(&sorted(low.except(&high))).await, [1, 2]);
    let twice = low.union(&low);
    assert_eq!(s.ids(&sorted(twice.intersect_all(&twice))).await, [1, 1, 2, 2, 3, 3]);
    assert_eq!(s.ids(&sorted(twice.except_all(&high))).await, [1, 1, 2, 2, 3]);
    let turned = high.select(["x", "n", "k", "id"]);
    assert_eq!(s.ids(&sorted(low.union_by_name(&turned))).await, [1, 2, 3, 3, 4, 5]);
    let less = low.select(["id"]).union_by_name_allow_missing(&high.select(["k", "id"]));
    let rows = s.rows::<(i32, Option<String>)>(&less.order_by(["id", "k"])).await;
    assert_eq!(rows.iter().filter(|(_, k)| k.is_none()).count(), 3);
    assert_eq!(rows.len(), 6);
}

#[tokio::test]
async fn samples_and_splits_are_of_the_rows_and_splits_are_all_of_them() {
    let s = setup();
    let many = s.drv.range(0, 1000);
    let sampled = many.sample(0.2, 7).count().await.unwrap();
    assert!((100..300).contains(&sampled), "{sampled}");
    let again = many.sample_with_replacement(1.5, 7).count().await.unwrap();
    assert!((1200..1800).contains(&again), "{again}");
    let mut together = 0;
    for part in many.random_split(&[1.0, 3.0], 11) {
        together += part.count().await.unwrap();
    }
    assert_eq!(together, 1000);
    let seed = DataFrame::random_seed();
    assert_ne!(seed, DataFrame::random_seed());
    let drawn = many.sample(0.5, seed).count().await.unwrap();
    assert!((350..650).contains(&drawn), "{drawn}");
    let error = many.sample(1.5, 7).count().await.unwrap_err();
    assert!(error.to_string().contains("fraction of a sample"), "{error}");
}

#[tokio::test]
async fn five_hundred_added_columns_are_refused_before_they_are_sent_and_many_filters_are_not() {
    let s = setup();
    let deep =
        (0..500).fold(s.five.clone(), |frame, step| frame.with_column(format!("c{step}"), col("id") + step));
    let error = deep.count().await.unwrap_err();
    assert!(error.to_string().contains("more than 150 levels deep"), "{error}");
    let filtered = (10..1010).fold(s.five.clone(), |frame, value| frame.filter(col("id").ne(value)));
    assert_eq!(filtered.count().await.unwrap(), 5);
    let filtered = (0..10).fold(s.five.clone(), |frame, _| {
        (10..50).fold(frame.limit(9), |frame, value| frame.filter(col("id").ne(value)))
    });
    assert_eq!(filtered.count().await.unwrap(), 5);
    let any = (0..1000).fold(col("id").eq(-1), |any, value| any.or(col("id").eq(value)));
    assert_eq!(s.five.filter(any).count().await.unwrap(), 5);
    let wide = s.five.with_columns((0..500).map(|step| (format!("c{step}"), col("id") + step)));
    assert_eq!(wide.columns().await.unwrap().len(), 504);
}

#[tokio::test]
async fn as_deep_as_a_plan_may_be_it_still_runs() {
    let s = setup();
    let deep = (0..80).fold(s.drv.range(0, 3), |frame, _| frame.with_column("id", col("id") + 1));
    assert_eq!(s.rows::<(i64,)>(&deep.order_by(["id"])).await, [(80,), (81,), (82,)]);
}

#[tokio::test]
async fn a_deep_plan_with_pairs_of_filters_runs() {
    let s = setup();
    let deep = (0..45).fold(s.drv.range(0, 4), |frame, step| {
        let next = frame.with_columns([("id", col("id") + 1)]);
        next.filter(col("id").gt(step)).filter(col("id").ne(step + 2))
    });
    assert_eq!(s.rows::<(i64,)>(&deep.order_by(["id"])).await, [(45,), (47,), (48,)]);
}

#[tokio::test]
async fn a_statement_that_is_no_query_stands_inside_a_frame_or_says_that_it_cannot() {
    let s = setup();
    let show = s.drv.sql("SHOW FUNCTIONS LIKE 'uppe*'");
    let rows = show.collect().await.unwrap();
    assert_eq!(rows.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
    let found = [
        show.count().await,
        show.first().await.map(|row| row.map_or(0, |_| 1)),
        show.filter(col("function").eq("upper")).count().await,
        show.columns().await.map(|columns| u64::from(columns == ["function"])),
    ];
    for found in found {
        match s.engine.has(Ability::FunctionsOf(3, 5)) {
            true => assert_eq!(found.unwrap(), 1),
            false => {
                let error = found.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains("this server runs SHOW only on its own"), "{error}");
            }
        }
    }
}
