//! What is no frame: rows, numbers and texts of actions, and what there is on a server.

use futures::FutureExt;
use futures::future::BoxFuture;
use lakeorm::RowBatch;
use lakeorm::spark::functions::{col, lit, repeat};
use serde_json::{Value, json};
use spark_connect::Result;
use spark_connect::catalog::Catalog;

use super::Tables;

/// A value and its name.
pub(super) type Action<'t> = (&'static str, BoxFuture<'t, Result<Value>>);

/// Actions under their names, each an expression that is awaited.
macro_rules! actions {
    ($($name:literal => $value:expr;)*) => {
        vec![$(($name, async move { Ok(json!($value)) }.boxed())),*]
    };
}
pub(super) use actions;

/// The rows of `five`.
fn rows(batches: Vec<arrow_array::RecordBatch>) -> Vec<(i32, String, i64, Option<f64>)> {
    let rows = |batch| RowBatch::new(batch, 0).unwrap().to_vec::<(i32, String, i64, Option<f64>)>().unwrap();
    batches.into_iter().flat_map(rows).collect()
}

pub(super) fn of_frames(t: &Tables) -> Vec<Action<'_>> {
    let Tables { five, names, .. } = t;
    let ordered = || five.order_by(["id"]);
    let none = || five.filter(col("id").gt(9));
    let long = || names.with_column("name", repeat("name", 9));
    let only = |id: i32| five.filter(col("id").eq(lit(id)));
    actions! {
        "count.all" => five.count().await?;
        "count.none" => none().count().await?;
        "is_empty.none" => none().is_empty().await?;
        "is_empty.some" => five.is_empty().await?;
        "first.row" => rows(ordered().take(1).await?)[0];
        "take.two" => rows(ordered().take(2).await?);
        "collect.rows" => rows(ordered().collect().await?);
        "columns.names" => five.columns().await?;
        "show.default" => ordered().show().await?;
        "show.cut_off" => long().show_with(2, 6, false).await?;
        "show.whole" => long().show_with(2, 0, false).await?;
        "show.vertical" => ordered().show_with(1, 20, true).await?;
        "is_local.query" => five.is_local().await?;
        "input_files.none" => five.input_files().await?;
        "same_semantics.same" => only(1).same_semantics(&only(1)).await?;
        "same_semantics.other" => only(1).same_semantics(&only(2)).await?;
        "stat.approx_quantile" => five.stat().approx_quantile(["n"], &[0.0, 0.5, 1.0], 0.0).await?[0];
        "stat.corr" => five.stat().corr("id", "n").await?;
        "stat.cov" => five.stat().cov("id", "n").await?;
    }
}

pub(super) fn of_the_catalog(t: &Tables) -> Vec<Action<'_>> {
    let catalog = || t.drv.catalog();
    actions! {
        "catalog.current_catalog" => catalog().current_catalog().await?;
        "catalog.current_database" => catalog().current_database().await?;
        "catalog.list_catalogs" => has_the_current(&catalog()).await?;
        "catalog.list_databases" => catalog().list_databases(Some("def*")).await?[0].name;
        "catalog.get_database" => database(&catalog()).await?;
        "catalog.database_exists" => catalog().database_exists("default").await?;
        "catalog.database_is_missing" => catalog().database_exists("nowhere").await?;
        "catalog.table_is_missing" => catalog().table_exists("nowhere").await?;
        "catalog.list_functions" => functions(&catalog()).await?;
        "catalog.get_function" => function(&catalog()).await?;
        "catalog.function_exists" => catalog().function_exists("upper").await?;
        "catalog.function_is_missing" => catalog().function_exists("nowhere").await?;
    }
}

async fn has_the_current(catalog: &Catalog) -> Result<bool> {
    let current = catalog.current_catalog().await?;
    Ok(catalog.list_catalogs(None).await?.iter().any(|entry| entry.name == current))
}

async fn database(catalog: &Catalog) -> Result<Value> {
    let found = catalog.get_database("default").await?;
    Ok(json!([found.name, found.catalog, found.description]))
}

async fn functions(catalog: &Catalog) -> Result<Vec<String>> {
    let found = catalog.list_functions(None, Some("array_*")).await?;
    let mut names: Vec<_> = found.into_iter().map(|function| function.name).collect();
    names.sort();
    Ok(names)
}

async fn function(catalog: &Catalog) -> Result<Value> {
    let found = catalog.get_function("upper").await?;
    let namespace = (!found.namespace.is_empty()).then_some(found.namespace);
    Ok(json!([found.name, found.catalog, namespace, found.description, found.class_name, found.is_temporary]))
}
