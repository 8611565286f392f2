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

/// One path as an argument, or a list of them. `Kind` says which, and is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a path nor a list of paths",
    label = "a path or a list of paths is wanted",
    note = "give one text or a list: `\"events/\"`, `[\"events/a/\", \"events/b/\"]`"
)]
pub trait IntoPaths<Kind> {
    /// The paths.
    fn into_paths(self) -> Vec<String>;
}

/// The kind of [`IntoPaths`] that is one path.
#[derive(Debug, Clone, Copy)]
pub struct OnePath;

/// The kind of [`IntoPaths`] that is a list.
#[derive(Debug, Clone, Copy)]
pub struct SeveralPaths;

impl<P: AsRef<str>> IntoPaths<OnePath> for P {
    fn into_paths(self) -> Vec<String> {
        vec![self.as_ref().to_owned()]
    }
}

impl<L: IntoIterator<Item: AsRef<str>>> IntoPaths<SeveralPaths> for L {
    fn into_paths(self) -> Vec<String> {
        self.into_iter().map(|path| path.as_ref().to_owned()).collect()
    }
}

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

    fn at<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.load(paths.into_paths())
    }

    /// The frame of a table, with the options.
    pub fn table(self, name: impl Into<String>) -> DataFrame {
        self.home.frame(Relation::table_with(name.into(), self.source.options))
    }

    /// The frame of files of comma-separated values.
    pub fn csv<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.format("csv").at(paths)
    }

    /// The frame of files with one JSON object per line.
    pub fn json<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.format("json").at(paths)
    }

    /// The frame of ORC files.
    pub fn orc<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.format("orc").at(paths)
    }

    /// The frame of Parquet files.
    ///
    /// ```no_run
    /// # use spark_connect::dataframe::DataFrameReader;
    /// # fn run(reader: DataFrameReader) {
    /// let year = reader.clone().parquet("events/2024/");
    /// let years = reader.parquet(["events/2023/", "events/2024/"]);
    /// # }
    /// ```
    pub fn parquet<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.format("parquet").at(paths)
    }

    /// The frame of the lines of text files, in the column `value`.
    pub fn text<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.format("text").at(paths)
    }

    /// The frame of the elements of XML files that the option `rowTag` names. Spark from 4.0 on.
    pub fn xml<Kind>(self, paths: impl IntoPaths<Kind>) -> DataFrame {
        self.format("xml").at(paths)
    }

    /// The frame of a table of another database, or of a query there: `(SELECT …) AS t`. User and password are options.
    pub fn jdbc(self, url: impl Into<String>, table: impl Into<String>) -> DataFrame {
        let (url, table): (String, String) = (url.into(), table.into());
        self.format("jdbc").option("url", url).option("dbtable", table).load(())
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::IntoPaths;

    fn paths<Kind>(paths: impl IntoPaths<Kind>) -> Vec<String> {
        paths.into_paths()
    }

    #[test]
    fn a_path_is_any_text() {
        let (text, owned, either) = ("a/", "a/".to_owned(), Cow::Borrowed("a/"));
        let (of_text, of_owned, of_either) = (&text, &owned, &either);
        let borrowed = [paths(text), paths(of_text), paths(of_owned), paths(of_either)];
        assert!(borrowed.iter().all(|paths| *paths == ["a/"]), "{borrowed:?}");
        assert_eq!([paths(owned), paths(either)], [["a/"], ["a/"]]);
    }

    #[test]
    fn several_paths_are_any_list_of_texts() {
        fn of_slices(texts: &[&str], owned: &[String], either: &[Cow<'_, str>]) -> [Vec<String>; 3] {
            [paths(texts), paths(owned), paths(either)]
        }

        let texts = ["a/", "b/"];
        let (owned, either) = (texts.map(str::to_owned), texts.map(Cow::Borrowed));
        let (of_texts, of_owned, of_either) = (&texts, &owned, &either);
        let vectors = (texts.to_vec(), owned.to_vec());
        let (texts_in_vector, owned_in_vector) = (&vectors.0, &vectors.1);
        let mut all = of_slices(of_texts, of_owned, of_either).to_vec();
        all.extend([paths(of_texts), paths(of_owned), paths(of_either)]);
        all.extend([paths(texts_in_vector), paths(owned_in_vector)]);
        all.extend([paths(texts.iter()), paths(owned.iter().map(String::as_str))]);
        all.extend([paths(texts), paths(owned), paths(either), paths(vectors.0), paths(vectors.1)]);
        assert!(all.iter().all(|paths| *paths == texts), "{all:?}");
        assert!(paths(Vec::<String>::new()).is_empty());
    }
}
