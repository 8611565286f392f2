//! An engine's description of a table beside its columns, in the words of `DESCRIBE TABLE EXTENDED`.
//!
//! Spark tells everything. Sail (0.7.2) tells format, comments and properties; of the partitions it tells the columns
//! in the table's order and no transform, and of an order of rows nothing.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use futures_util::TryStreamExt;
use spark_connect::types::quote_identifier;

use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{Found, find, is_same};
use crate::source::{Read, Source};
use crate::table::{INGEST_ID, TableName};

/// The description, as far as there is one: Sail tells less than Spark, and a view nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Described {
    /// The comment of each column, empty where there is none.
    comments: BTreeMap<String, String>,
    /// The default of each column that has one, as SQL.
    defaults: BTreeMap<String, String>,
    /// As SQL has them; of those of a column that is partitioned by as it is, its name.
    partitions: Vec<String>,
    /// The engine's details of the table as a whole, by its words for them.
    details: BTreeMap<String, String>,
    /// The columns whose own types were asked for, and these types.
    types: Vec<(String, String)>,
}

/// The title above the columns of a part in the form of older tables, whose other cells are titles too.
const COLUMN_NAMES: &str = "# col_name";

/// The title above what Iceberg tells of a view, of which it tells no kind.
const VIEW_INFORMATION: &str = "Detailed View Information";

/// The detail that tells a table from a view.
const KIND: &str = "Type";

/// A part of the description, by the title above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Columns,
    Partitions,
    Details,
    Defaults,
    Other,
}

impl Described {
    /// Asks the engine. One that has no answer tells nothing. Where the description `is_needed`, a failure that another
    /// question may not meet is no such answer.
    pub(super) async fn of(driver: &dyn Driver, table: &TableName, is_needed: bool) -> Result<Self> {
        let source = Source::sql(format!("DESCRIBE TABLE EXTENDED {table}"));
        match driver.read(Read::all(source)).try_collect::<Vec<_>>().await {
            Ok(told) => Ok(Self::read(&told)),
            Err(error) if is_no_answer(&error) || !is_needed && is_failure(&error) => {
                tracing::debug!(target: "lakeorm", kind = ?error.kind(), %table, "the engine does not describe the table");
                Ok(Self::default())
            }
            Err(error) => Err(error.context("the table could not be described")),
        }
    }

    fn read(told: &[RecordBatch]) -> Self {
        let (mut described, mut part) = (Self::default(), Part::Columns);
        for (name, value, comment) in told.iter().flat_map(lines) {
            // A title has no type, as a column has.
            match name.strip_prefix("# ").filter(|_| value.is_empty() || name == COLUMN_NAMES) {
                Some("Partitioning" | "Partition Information") => part = Part::Partitions,
                Some("Detailed Table Information") => part = Part::Details,
                Some("Column Default Values") => part = Part::Defaults,
                Some(VIEW_INFORMATION) => {
                    described.details.entry(KIND.to_owned()).or_insert_with(|| "VIEW".to_owned());
                    part = Part::Other;
                }
                Some(_) if name == COLUMN_NAMES => {}
                Some(_) => part = Part::Other,
                None if name.is_empty() => {}
                None => described.take(part, name, value, comment),
            }
        }
        described
    }

    fn take(&mut self, part: Part, name: String, value: String, comment: String) {
        match part {
            Part::Columns => {
                self.comments.insert(name, comment);
            }
            // `Part 0` and the transform, or a column and its type.
            Part::Partitions if is_numbered(&name) => self.partitions.push(value),
            Part::Partitions => self.partitions.push(name),
            Part::Details => {
                self.details.entry(name).or_insert(value);
            }
            Part::Defaults => {
                self.defaults.insert(name, comment);
            }
            Part::Other => {}
        }
    }

    /// The engine's name of the table's format.
    pub(super) fn format(&self) -> Option<&str> {
        self.details.get("Provider").map(String::as_str).filter(|format| !format.is_empty())
    }

    /// Whether it is a view, which takes no rows. Sail calls one of the session alone a temporary one.
    pub(super) fn is_view(&self) -> bool {
        let is = |kind: &str| self.details.get(KIND).is_some_and(|there| there.eq_ignore_ascii_case(kind));
        is("VIEW") || is("MATERIALIZED_VIEW") || is("TEMPORARY") && self.format().is_none()
    }

    /// Whether partitions are told with their transforms and in their order, the order of rows, and defaults of columns.
    /// Who does, which is Spark, tells the table's whole name too, or the parts of it.
    pub(super) fn tells_layout(&self) -> bool {
        ["Name", "Namespace"].iter().any(|detail| self.details.contains_key(*detail))
    }

    /// The partitions of the table, unless the engine told nothing.
    pub(super) fn partitions(&self) -> Option<&[String]> {
        self.format().map(|_| self.partitions.as_slice())
    }

    /// Whether comments are told: an engine that tells properties tells all of a table.
    pub(super) fn tells_comments(&self) -> bool {
        self.properties().is_some()
    }

    pub(super) fn comment(&self) -> Option<&str> {
        self.details.get("Comment").map(String::as_str).filter(|comment| !comment.is_empty())
    }

    /// The comment of the column, empty for none.
    pub(super) fn column_comment(&self, column: &str) -> Option<&str> {
        of_column(&self.comments, column)
    }

    /// The default of the column, as SQL.
    pub(super) fn column_default(&self, column: &str) -> Option<&str> {
        of_column(&self.defaults, column)
    }

    /// Asks the engine for its own types of these columns: a description of the whole table, and its columns, show a
    /// STRING for a CHAR. Returns those that need not be asked about again: what the user may not ask now may be allowed
    /// later, and what failed may be told then.
    pub(super) async fn ask_for_types(
        &mut self,
        driver: &dyn Driver,
        table: &TableName,
        columns: &[String],
    ) -> Result<Vec<String>> {
        let mut settled = Vec::new();
        for column in columns {
            let source = Source::sql(format!("DESCRIBE TABLE {table} {}", quote_identifier(column)));
            match driver.read(Read::all(source)).try_collect::<Vec<_>>().await {
                Ok(told) => self.types.extend(type_told(&told).map(|told| (column.clone(), told))),
                Err(error) if is_no_answer(&error) && !error.is_permission_denied() => {}
                // Where the type of this one is wrong the engine refuses the write itself, in its own words.
                Err(error) if is_no_answer(&error) || is_same(column, INGEST_ID) && is_failure(&error) => {
                    continue;
                }
                Err(error) => return Err(error),
            }
            settled.push(column.clone());
        }
        Ok(settled)
    }

    /// The columns whose own types were asked for, and these types.
    pub(super) fn types(&self) -> impl Iterator<Item = (&str, &str)> {
        self.types.iter().map(|(column, told)| (column.as_str(), told.as_str()))
    }

    /// The columns that have a default.
    pub(super) fn columns_with_defaults(&self) -> Vec<String> {
        self.defaults.keys().cloned().collect()
    }

    /// The properties of the table, unless the engine told none.
    pub(super) fn properties(&self) -> Option<Properties<'_>> {
        let told = self.details.get("Table Properties")?;
        let told = told.strip_prefix('[')?.strip_suffix(']')?;
        Some(Properties(told))
    }
}

/// The properties of a table as they are told: `key=value`, with commas between and no quotes around what has some
/// itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Properties<'d>(&'d str);

impl<'d> Properties<'d> {
    /// Whether the property has this value.
    pub(super) fn says(self, key: &str, value: &str) -> bool {
        let starts = self.starts(key);
        let is_end = |end: &str| end.is_empty() || end.strip_prefix(',').is_some_and(is_property);
        starts.into_iter().any(|rest| rest.strip_prefix(value).is_some_and(is_end))
    }

    /// The value of the property, which ends before a comma that another property follows.
    pub(super) fn value(self, key: &str) -> Option<&'d str> {
        let rest = self.starts(key).into_iter().next()?;
        let end = rest.match_indices(',').find(|(at, _)| rest.get(at + 1..).is_some_and(is_property));
        end.map_or(Some(rest), |(at, _)| rest.get(..at))
    }

    /// The text after each `key=` that begins a property.
    fn starts(self, key: &str) -> Vec<&'d str> {
        let wanted = format!("{key}=");
        let begins = |at: &usize| {
            self.0.get(..*at).is_some_and(|before| before.is_empty() || before.trim_end().ends_with(','))
        };
        let found = self.0.match_indices(&wanted).map(|(at, _)| at).filter(begins);
        found.filter_map(|at| self.0.get(at + wanted.len()..)).collect()
    }
}

/// Whether a property begins here: each has its value after a `=`.
fn is_property(text: &str) -> bool {
    text.split_once(',').map_or(text, |(first, _)| first).contains('=')
}

/// The text of the column of this name.
fn of_column<'t>(texts: &'t BTreeMap<String, String>, column: &str) -> Option<&'t str> {
    match find(column, &texts.keys().map(String::as_str)) {
        Found::One(position) => texts.values().nth(position).map(String::as_str),
        Found::Nothing | Found::Several(_) => None,
    }
}

/// `Part 0`.
fn is_numbered(name: &str) -> bool {
    name.strip_prefix("Part ")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The three texts of each line.
fn lines(batch: &RecordBatch) -> Vec<(String, String, String)> {
    let line = |row| {
        let text = |column| text_in(batch, column, row);
        (text("col_name"), text("data_type"), text("comment"))
    };
    (0..batch.num_rows()).map(line).collect()
}

/// The type in the description of one column.
fn type_told(told: &[RecordBatch]) -> Option<String> {
    let mut rows = told.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    let found = rows.find(|(batch, row)| text_in(batch, "info_name", *row) == "data_type");
    found.map(|(batch, row)| text_in(batch, "info_value", row))
}

/// A text of a row, empty for what is no text.
pub(super) fn text_in(batch: &RecordBatch, column: &str, row: usize) -> String {
    let column = batch.column_by_name(column).filter(|column| column.is_valid(row));
    column.and_then(|column| text(column, row)).unwrap_or_default()
}

fn text(column: &ArrayRef, row: usize) -> Option<String> {
    let short = column.as_string_opt::<i32>().map(|texts| texts.value(row));
    let long = || column.as_string_opt::<i64>().map(|texts| texts.value(row));
    let viewed = || column.as_string_view_opt().map(|texts| texts.value(row));
    short.or_else(long).or_else(viewed).map(str::to_owned)
}

/// Whether the engine has nothing to say: it knows no such statement, or the user may not ask. The columns were shown
/// just before, so that a token which is refused now is good.
pub(super) fn is_no_answer(error: &Error) -> bool {
    let is_unknown = error.kind() == ErrorKind::Unsupported || error.is_syntax_error();
    (is_unknown || error.is_permission_denied()) && !error.is_commit_conflict()
}

/// Whether the engine failed the question, in contrast to one that did not get there. Others who commit at that moment
/// are waited for instead.
fn is_failure(error: &Error) -> bool {
    error.kind() == ErrorKind::Server && !error.is_commit_conflict()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::StringArray;

    use super::*;

    fn described(lines: &[(&str, &str, &str)]) -> Described {
        let column = |texts: Vec<&str>| Arc::new(StringArray::from(texts)) as ArrayRef;
        let names = column(lines.iter().map(|line| line.0).collect());
        let values = column(lines.iter().map(|line| line.1).collect());
        let comments = column(lines.iter().map(|line| line.2).collect());
        let batch = [("col_name", names), ("data_type", values), ("comment", comments)];
        Described::read(&[RecordBatch::try_from_iter(batch).unwrap()])
    }

    const PROPERTIES: &str = "[current-snapshot-id=none,k.a=v=1,[2],sort-order=id ASC NULLS FIRST, a `b`.c DESC NULLS \
                              LAST,write.format.default=orc]";

    #[test]
    fn what_spark_tells_of_a_table_is_read_part_by_part() {
        let told = described(&[
            ("# Detailed Table Information", "string", ""),
            ("Provider", "string", ""),
            ("id", "bigint", "the id"),
            ("", "", ""),
            ("# Partitioning", "", ""),
            ("Part 0", "region", ""),
            ("Part 1", "bucket(4, id)", ""),
            ("", "", ""),
            ("# Metadata Columns", "", ""),
            ("_file", "string", ""),
            ("# Detailed Table Information", "", ""),
            ("Name", "ice.shop.orders", ""),
            ("Comment", "it is", ""),
            ("Provider", "iceberg", ""),
            ("Table Properties", PROPERTIES, ""),
            ("", "", ""),
            ("# Column Default Values", "", ""),
            ("note", "string", "'no' || 'ne'"),
            ("", "", ""),
            ("# Column Default Values", "", ""),
            ("grade", "int", "7"),
        ]);
        let defaults = ["NOTE", "grade", "id"].map(|column| told.column_default(column));
        assert_eq!(defaults, [Some("'no' || 'ne'"), Some("7"), None]);
        assert_eq!(told.format(), Some("iceberg"));
        assert_eq!(told.partitions().unwrap(), ["region", "bucket(4, id)"]);
        assert_eq!((told.comment(), told.column_comment("id")), (Some("it is"), Some("the id")));
        let properties = told.properties().unwrap();
        assert_eq!(properties.value("sort-order"), Some("id ASC NULLS FIRST, a `b`.c DESC NULLS LAST"));
        assert_eq!(properties.value("write.format.default"), Some("orc"));
        assert!(properties.says("k.a", "v=1,[2]") && !properties.says("k.a", "v"));
        assert_eq!(properties.value("k.a"), Some("v=1,[2]"));
        assert!(!properties.says("k.a", "v=1") && !properties.says("sort-order", "id ASC NULLS FIRST"));
        assert_eq!(properties.value("a"), None);
        assert!(told.tells_layout());
    }

    #[test]
    fn views_are_told_by_their_kind_or_by_their_title() {
        let told = |title: &str, kind: &str, format: &str| {
            let title = format!("# {title}");
            let details = [(title.as_str(), "", ""), ("Type", kind, ""), ("Provider", format, "")];
            described(&details)
        };
        let details = "Detailed Table Information";
        for view in ["VIEW", "view", "MATERIALIZED_VIEW", "TEMPORARY"] {
            assert!(told(details, view, "").is_view(), "{view}");
        }
        assert!(described(&[("id", "bigint", ""), ("# Detailed View Information", "", "")]).is_view());
        for (kind, format) in
            [("MANAGED", "delta"), ("EXTERNAL", "iceberg"), ("TEMPORARY", "delta"), ("", "")]
        {
            assert!(!told(details, kind, format).is_view(), "{kind}");
        }
        assert!(!described(&[("# Detailed View Information", "bigint", "")]).is_view(), "a column");
    }

    #[test]
    fn properties_are_told_with_or_without_a_space_between() {
        let told = described(&[
            ("# Detailed Table Information", "", ""),
            ("Table Properties", "[k.a=v=1,[2], delta.enableTypeWidening=true, k.b=c]", ""),
        ]);
        let properties = told.properties().unwrap();
        assert_eq!(properties.value("delta.enableTypeWidening"), Some("true"));
        assert!(properties.says("k.a", "v=1,[2]") && properties.says("k.b", "c"));
    }

    #[test]
    fn a_column_comment_is_found_whatever_the_case_of_its_name() {
        let told = described(&[("userId", "bigint", "the id"), ("A", "bigint", "x"), ("a", "bigint", "y")]);
        assert_eq!(told.column_comment("userid"), Some("the id"));
        assert_eq!((told.column_comment("a"), told.column_comment("b")), (Some("y"), None));
    }

    #[test]
    fn the_type_of_one_column_is_read_from_its_own_description() {
        let column = |texts: [&str; 3]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let told = [
            ("info_name", column(["col_name", "data_type", "comment"])),
            ("info_value", column(["code", "varchar(3)", "char(3)"])),
        ];
        let told = type_told(&[RecordBatch::try_from_iter(told).unwrap()]);
        assert_eq!((told.as_deref(), type_told(&[])), (Some("varchar(3)"), None));
    }

    #[test]
    fn partitions_that_are_told_with_their_types_are_read_by_name() {
        let told = described(&[
            ("region", "string", ""),
            ("# Partition Information", "", ""),
            ("# col_name", "data_type", "comment"),
            ("region", "string", ""),
            ("# Detailed Table Information", "", ""),
            ("Provider", "delta", ""),
        ]);
        assert_eq!(told.partitions().unwrap(), ["region"]);
        assert!(told.properties().is_none());
        assert_eq!(described(&[("id", "bigint", "")]).partitions(), None);
    }
}
