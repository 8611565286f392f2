//! Reading files and other sources.

use super::DataFrame;
use super::home::Home;
use crate::plan::{IntoDataType, IntoNames, PlanError, Relation, Source};
use crate::types::{DataType, Schema};

/// The value of an option: a string, a boolean or a number.
#[derive(Clone)]
pub struct OptionValue(pub(super) String);

impl OptionValue {
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Without the value, which may be a password.
impl std::fmt::Debug for OptionValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OptionValue")
    }
}

macro_rules! option_values {
    ($($value:ty)*) => {$(
        impl From<$value> for OptionValue {
            fn from(value: $value) -> Self {
                Self(value.to_string())
            }
        }
    )*};
}

option_values! { &str &String String bool i32 i64 u32 u64 f64 }

/// Reads files and other sources: format, options, paths.
///
/// ```no_run
/// # use spark_connect::pool::SessionPool;
/// # fn run(pool: SessionPool) {
/// let events = pool.read().format("csv").option("header", "true").schema("id BIGINT, kind STRING").load(["events/"]);
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a reader makes a frame with `load` or `table`"]
pub struct DataFrameReader {
    home: Home,
    source: Source,
    /// That of its schema.
    mistake: Option<PlanError>,
}

impl DataFrameReader {
    pub(super) fn new(home: Home) -> Self {
        Self { home, source: Source::default(), mistake: None }
    }

    /// Reads this format: `parquet`, `csv`, `json`, `orc`, `text`, `avro`, `delta`, `iceberg`, or one of the server's.
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.source.format = Some(format.into());
        self
    }

    /// Takes this schema, a [`Schema`] or DDL, in place of the source's own or of one inferred from its contents.
    ///
    /// What `TIMESTAMP` in DDL means is a setting of the session; [`DataType::Timestamp`] is an instant.
    ///
    /// ```no_run
    /// # use spark_connect::{dataframe::DataFrameReader, types::{DataType, Schema, StructField}};
    /// # fn run(reader: DataFrameReader) {
    /// let columns = Schema::new(vec![StructField::new("id", DataType::Long), StructField::new("at", DataType::Timestamp)]);
    /// let events = reader.schema(&columns).json("events/");
    /// # }
    /// ```
    pub fn schema(mut self, schema: impl IntoDataType) -> Self {
        (self.source.schema, self.mistake) = match schema.into_data_type().into_schema() {
            Ok(schema) => (Some(ddl(schema)), None),
            Err(mistake) => (None, Some(mistake)),
        };
        self
    }

    /// Sets an option of the format.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.source.options.set(name, value.into().0);
        self
    }

    /// Sets options of the format.
    pub fn options<K: Into<String>, V: Into<OptionValue>>(
        self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        options.into_iter().fold(self, |reader, (name, value)| reader.option(name, value))
    }

    /// The frame of the files at this path, or at these; `load(())` for a source that is found by its options.
    pub fn load(mut self, paths: impl IntoNames) -> DataFrame {
        self.source.paths = paths.into_names();
        let relation = Relation::source(self.source);
        self.home.frame(match self.mistake {
            Some(mistake) => relation.refused(mistake),
            None => relation,
        })
    }

    fn at(self, path: impl Into<String>) -> DataFrame {
        let path: String = path.into();
        self.load(path)
    }

    /// The frame of a table, with the options.
    pub fn table(self, name: impl Into<String>) -> DataFrame {
        self.home.frame(Relation::table_with(name.into(), self.source.options))
    }

    /// The frame of files of comma-separated values.
    pub fn csv(self, path: impl Into<String>) -> DataFrame {
        self.format("csv").at(path)
    }

    /// The frame of files with one JSON object per line.
    pub fn json(self, path: impl Into<String>) -> DataFrame {
        self.format("json").at(path)
    }

    /// The frame of ORC files.
    pub fn orc(self, path: impl Into<String>) -> DataFrame {
        self.format("orc").at(path)
    }

    /// The frame of Parquet files.
    pub fn parquet(self, path: impl Into<String>) -> DataFrame {
        self.format("parquet").at(path)
    }

    /// The frame of the lines of text files, in the column `value`.
    pub fn text(self, path: impl Into<String>) -> DataFrame {
        self.format("text").at(path)
    }
}

/// The text by which the server knows the schema, whatever its session makes of a bare `TIMESTAMP`. An empty text would
/// mean that there is none.
fn ddl(schema: DataType) -> String {
    match schema {
        DataType::Struct(fields) if !fields.is_empty() => Schema::new(fields).ddl_with_fixed_timestamps(),
        text => text.to_string(),
    }
}

/// Without the values of options, which hold passwords.
impl std::fmt::Debug for DataFrameReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DataFrameReader").field(&self.source).finish()
    }
}
