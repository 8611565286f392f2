//! Frames written to files and tables.

use lakeorm::Schema;
use lakeorm::spark::functions::{col, lit};
use lakeorm::spark::{MergeAction, SaveMode};
use lakeorm_tests::engine::Ability;
use spark_connect::ErrorKind;

use super::{is_refused, setup};

#[tokio::test]
async fn files_are_written_and_read_in_every_format() {
    let s = setup();
    let rows = s.five.select(["id", "k"]);
    let columns: Schema = "id INT, k STRING".parse().unwrap();
    for format in ["parquet", "csv", "json"] {
        let path = s.engine.dir.join(s.engine.unique("files")).to_str().unwrap().to_owned();
        rows.write().format(format).options([("header", true)]).save(&path).await.unwrap();
        let read = s.drv.read().format(format).option("header", "true").schema("id INT, k STRING");
        assert_eq!(s.ids(&read.load([&path]).order_by(["id"])).await, [1, 2, 3, 4, 5], "{format}");
        let refused = rows.write().format(format).save(&path).await.unwrap_err();
        assert!(is_refused(&s.engine, &refused), "{format}: {refused}");
        let fourth = rows.filter(col("id").eq(4)).write().format(format).option("header", "true");
        fourth.mode(SaveMode::Overwrite).save(&path).await.unwrap();
        let read = s.drv.read().format(format).option("header", "true").schema(&columns);
        let found = s.rows::<(i32, String)>(&read.load([&path])).await;
        assert_eq!(found, [(4, "b".to_owned())], "{format}");
    }
}

#[tokio::test]
async fn files_of_several_paths_are_one_frame() {
    let s = setup();
    let path = |name: &str| s.engine.dir.join(s.engine.unique(name)).to_str().unwrap().to_owned();
    let rows = s.five.select(["id", "k"]);
    let (low, high) = (rows.filter(col("id").le(2)), rows.filter(col("id").gt(2)));
    let columns = || s.drv.read().schema("id INT, k STRING");
    let paths = [path("parquet"), path("parquet")];
    low.write().parquet(&paths[0]).await.unwrap();
    high.write().parquet(&paths[1]).await.unwrap();
    assert_eq!(s.ids(&columns().parquet(&paths).order_by(["id"])).await, [1, 2, 3, 4, 5]);
    assert_eq!(s.ids(&columns().parquet(&paths[0]).order_by(["id"])).await, [1, 2]);
    let paths = [path("json"), path("json")];
    low.write().json(&paths[0]).await.unwrap();
    high.write().json(&paths[1]).await.unwrap();
    assert_eq!(s.ids(&columns().json(&paths).order_by(["id"])).await, [1, 2, 3, 4, 5]);
    let file = path("csv");
    low.write().option("header", true).csv(&file).await.unwrap();
    assert_eq!(s.ids(&columns().option("header", true).csv([&file]).order_by(["id"])).await, [1, 2]);
}

#[tokio::test]
async fn tables_are_made_appended_to_and_merged() {
    let s = setup();
    // Spark alone has no table whose rows can be changed.
    if !s.engine.has(Ability::Delta) {
        let error = s.five.write_to("t").using("delta").create().await.unwrap_err();
        assert_eq!(error.server().unwrap().error_class(), Some("DATA_SOURCE_NOT_FOUND"), "{error}");
        return;
    }
    let table = s.engine.unique("orders");
    let format = s.engine.table_format();
    s.drv.exec(format!("CREATE TABLE {table} (id INT, k STRING) {format}")).await.unwrap();
    let rows = s.five.select(["id", "k"]);
    rows.filter(col("id").le(2)).write_to(&table).append().await.unwrap();
    rows.filter(col("id").eq(3)).write().insert_into(&table).await.unwrap();
    assert_eq!(s.ids(&s.drv.table(&table).order_by(["id"])).await, [1, 2, 3]);
    let merged = rows
        .filter(col("id").ge(3))
        .with_column("k", lit("new"))
        .alias("s")
        .merge_into(&table, col(format!("{table}.id")).eq(col("s.id")))
        .when_matched(MergeAction::update([("k", col("s.k"))]))
        .when_not_matched(MergeAction::insert_all())
        .merge()
        .await;
    if !s.engine.has(Ability::Merges) {
        return assert_eq!(merged.unwrap_err().kind(), ErrorKind::Unsupported);
    }
    merged.unwrap();
    let merged = s.rows::<(i32, String)>(&s.drv.table(&table).order_by(["id"])).await;
    let expected = [(1, "a"), (2, "b"), (3, "new"), (4, "new"), (5, "new")];
    assert_eq!(merged, expected.map(|(id, k)| (id, k.to_owned())));
}
