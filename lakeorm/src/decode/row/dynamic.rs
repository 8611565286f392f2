//! [`DynamicRow`]: a row whose columns are not known when the program is written.

use std::fmt;
use std::sync::Arc;

use super::{Bound, ColumnCursor, Columns, LakeRow, LakeRowOwned};
use crate::Value;
use crate::column::ReadError;
use crate::names::{Found, find};

/// A row of whatever columns the result has. Under `#[lake(flatten(prefix = "x_"))]` it is of those whose names begin with
/// the prefix, in whatever case, by their whole names.
///
/// With the feature `json`, it is `serde::Serialize`: an object of its columns, each as [`Value`] says.
///
/// ```no_run
/// # async fn example(db: lakeorm::Client, drv: lakeorm::spark::SparkDriver) -> lakeorm::Result<()> {
/// use lakeorm::{DynamicRow, query};
///
/// for row in query::<DynamicRow>(&db, drv.from_sql("SHOW TABLES")).await? {
///     for (name, value) in row.iter() {
///         println!("{name} = {value:?}");
///     }
///     let table = row.get("tableName").and_then(|value| value.as_str());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
pub struct DynamicRow {
    names: Arc<[String]>,
    values: Vec<Value>,
}

impl DynamicRow {
    /// The columns' names, in the result's order. Names may repeat.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values, in the result's order.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The values, in the result's order.
    #[must_use]
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The columns with their names, in the result's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }

    /// The column of this name, matched exactly, else without regard to case if that is unique. Of several columns
    /// of exactly this name it is the first.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = match find(name, &self.names.iter().map(String::as_str)) {
            Found::One(index) => index,
            Found::Several(indices) => {
                *indices.iter().find(|index| self.names.get(**index).is_some_and(|known| known == name))?
            }
            Found::Nothing => return None,
        };
        self.values.get(index)
    }
}

/// Readers of every column of a batch.
#[derive(Debug)]
pub struct DynamicReaders<'b> {
    names: Arc<[String]>,
    columns: Vec<Bound<'b, Value>>,
}

impl<'b> LakeRow<'b> for DynamicRow {
    type Readers = DynamicReaders<'b>;
    const NAME: &'static str = "DynamicRow";

    fn columns(columns: &mut Columns) {
        columns.everything::<Value>();
    }

    fn bind(cursor: &mut ColumnCursor<'b, '_>) -> Result<Self::Readers, ReadError> {
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        while let Some(name) = cursor.peek_column() {
            names.push(name.to_owned());
            columns.push(cursor.next().map_err(|error| error.in_field(name))?);
        }
        Ok(DynamicReaders { names: names.into(), columns })
    }

    fn read(readers: &Self::Readers, row: usize) -> Result<Self, ReadError> {
        let columns = readers.names.iter().zip(&readers.columns);
        let values = columns.map(|(name, column)| column.read(row).map_err(|error| error.in_field(name)));
        Ok(Self { values: values.collect::<Result<_, _>>()?, names: Arc::clone(&readers.names) })
    }
}

impl LakeRowOwned for DynamicRow {}

/// As the map of the names to the values.
impl fmt::Debug for DynamicRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for DynamicRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::value::json::object(self.names().iter().map(String::as_str).zip(self.values()), serializer)
    }
}
