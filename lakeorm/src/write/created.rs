//! The columns that a table fills by itself, in the words of `SHOW CREATE TABLE`: Databricks tells there which are
//! generated, and Spark which have a default.

use futures_util::TryStreamExt;
use spark_connect::sql::filled_columns;

use super::described::{is_failure, is_no_answer, text_in};
use crate::driver::Driver;
use crate::error::Result;
use crate::source::{Read, Source};
use crate::table::TableName;

/// The columns of the table that are filled where a row has no value for them. An engine that does not tell has none.
pub(super) async fn filled(driver: &dyn Driver, table: &TableName) -> Result<Vec<String>> {
    let source = Source::sql(format!("SHOW CREATE TABLE {table}"));
    match driver.read(Read::all(source)).try_collect::<Vec<_>>().await {
        Ok(told) => {
            let told = told.iter().filter(|batch| batch.num_rows() > 0);
            Ok(told.flat_map(|batch| filled_columns(&text_in(batch, "createtab_stmt", 0))).collect())
        }
        Err(error) if is_no_answer(&error) || is_failure(&error) => {
            tracing::debug!(target: "lakeorm", kind = ?error.kind(), %table, "the engine does not tell how it is made");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}
