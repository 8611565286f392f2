//! Rows that were written to a table or to files, and are read again.

use futures::FutureExt;
use futures::future::BoxFuture;
use lakeorm::spark::functions::col;
use lakeorm::spark::{DataFrame, DataFrameWriterTo, SaveMode};
use serde_json::{Value, json};
use spark_connect::Result;

use super::Tables;
use super::actions::{Action, actions};

/// A frame that is there once something was written, and its name.
type Written<'t> = (String, BoxFuture<'t, Result<DataFrame>>);

/// Where one side writes.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) prefix: String,
    pub(super) format: String,
    pub(super) directory: String,
}

impl Place {
    pub(super) fn to_json(&self) -> Value {
        json!({"prefix": self.prefix, "format": self.format, "directory": self.directory})
    }

    fn table(&self, what: &str) -> String {
        format!("{}_{what}", self.prefix)
    }
}

fn rows(t: &Tables) -> DataFrame {
    t.five.select(["id", "k"])
}

async fn saved(t: &Tables, place: &Place, what: &str, then: Option<SaveMode>) -> Result<DataFrame> {
    let (table, rows) = (place.table(what), rows(t));
    rows.write().format(&place.format).save_as_table(&table).await?;
    if let Some(mode) = then {
        let first = rows.filter(col("id").eq(1));
        first.write().format(&place.format).mode(mode).save_as_table(&table).await?;
    }
    Ok(t.drv.table(table))
}

async fn inserted(t: &Tables, place: &Place) -> Result<DataFrame> {
    let (table, rows) = (place.table("inserted"), rows(t));
    rows.limit(0).write().format(&place.format).save_as_table(&table).await?;
    rows.filter(col("id").gt(3)).write().insert_into(&table).await?;
    Ok(t.drv.table(table))
}

async fn with_v2<F: Future<Output = Result<()>>>(
    t: &Tables,
    place: &Place,
    what: &str,
    then: impl FnOnce(DataFrameWriterTo) -> F,
) -> Result<DataFrame> {
    let (table, rows) = (place.table(what), rows(t));
    rows.filter(col("id").lt(4)).write_to(&table).using(&place.format).create().await?;
    then(rows.filter(col("id").gt(2)).write_to(&table)).await?;
    Ok(t.drv.table(table))
}

async fn files(t: &Tables, place: &Place, format: &str) -> Result<DataFrame> {
    let path = format!("{}/{}", place.directory, place.table(format));
    rows(t).write().format(format).option("header", "true").save(&path).await?;
    let read = t.drv.read().format(format).option("header", "true").schema("id INT, k STRING");
    Ok(read.load([path]))
}

pub(super) fn frames<'t>(t: &'t Tables, place: &'t Place) -> Vec<Written<'t>> {
    let saving = |what, then| saved(t, place, what, then).boxed();
    let replacing =
        |writer: DataFrameWriterTo| async { writer.using(&place.format).create_or_replace().await };
    let overwriting = |writer: DataFrameWriterTo| writer.overwrite(col("id").gt(1));
    let mut frames = vec![
        ("save_as_table.new", saving("new", None)),
        ("save_as_table.append", saving("appended", Some(SaveMode::Append))),
        ("save_as_table.overwrite", saving("overwritten", Some(SaveMode::Overwrite))),
        ("save_as_table.ignore", saving("ignored", Some(SaveMode::Ignore))),
        ("insert_into.rows", inserted(t, place).boxed()),
        ("write_to.append", with_v2(t, place, "v2_appended", DataFrameWriterTo::append).boxed()),
        ("write_to.overwrite", with_v2(t, place, "v2_overwritten", overwriting).boxed()),
        ("write_to.create_or_replace", with_v2(t, place, "v2_replaced", replacing).boxed()),
    ];
    frames.extend([
        ("save.parquet", files(t, place, "parquet").boxed()),
        ("save.csv", files(t, place, "csv").boxed()),
        ("save.json", files(t, place, "json").boxed()),
    ]);
    frames.into_iter().map(|(name, frame)| (name.to_owned(), frame)).collect()
}

pub(super) fn of_a_table<'t>(t: &'t Tables, place: &'t Place) -> Vec<Action<'t>> {
    let described = async move {
        let table = place.table("catalogued");
        rows(t).write().format(&place.format).save_as_table(&table).await?;
        let catalog = t.drv.catalog();
        let columns = catalog.list_columns(&table).await?;
        let columns: Vec<_> =
            columns.iter().map(|column| json!([column.name, column.data_type, column.nullable])).collect();
        let found = catalog.get_table(&table).await?;
        let exists = catalog.table_exists(&table).await?;
        Ok::<_, spark_connect::Error>(json!([columns, found.table_type, found.is_temporary, exists]))
    };
    actions! { "catalog.of_a_table" => described.await?; }
}
