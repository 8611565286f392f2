//! NULLs where the table has none, and values that would be NULL, or another value, as the value of a partition.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
#[cfg(feature = "staging")]
use arrow_schema::FieldRef;
use arrow_schema::{DataType as ArrowType, Field};
use spark_connect::DataType;
use spark_connect::types::StructField;

#[cfg(feature = "staging")]
use super::stricter::is_stricter;
use super::target::Target;
#[cfg(feature = "staging")]
use super::target::may_be_lost;
use crate::dialect::Dialect;
use crate::encode::{EncodeError, WriteError};
use crate::error::Result;
#[cfg(feature = "staging")]
use crate::error::{Error, ErrorKind};

/// The instants of the years 1 to 9999, in microseconds: the text of another year is read as another one, or as NULL.
const YEARS: Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// Refuses NULLs where the table has none, batch by batch: some engines write them all the same. In a partition column
/// whose values are kept as text it refuses those that would become a NULL, or another value, there.
pub(super) struct Nulls<'t> {
    target: &'t Target,
    row: &'static str,
    has_text_partitions: bool,
    inside: Inside,
    /// The columns of the table that the statement leaves as they are.
    unassigned: Vec<&'t str>,
    /// The column of the rows by which some of them are deleted, and written nowhere.
    flag: Option<&'t str>,
    before: usize,
}

impl<'t> Nulls<'t> {
    pub(super) fn of(target: &'t Target, dialect: &dyn Dialect, row: &'static str) -> Self {
        let has_text_partitions = dialect.partition_values_are_text();
        let inside = Inside { wants_parents: !dialect.supports_nested_not_null() };
        Self { target, row, has_text_partitions, inside, unassigned: Vec::new(), flag: None, before: 0 }
    }

    /// The same for a statement that assigns these columns alone, and writes no row with this flag.
    pub(super) fn written(mut self, assigns: impl Fn(&str) -> bool, flag: Option<&'t str>) -> Self {
        let names = self.target.columns.iter().map(|column| column.name.as_str());
        self.unassigned = names.filter(|column| !assigns(column)).collect();
        self.flag = flag;
        self
    }

    pub(super) fn check(&mut self, batch: &RecordBatch) -> Result<()> {
        let schema = batch.schema();
        let columns: Vec<Checked<'_>> = schema
            .fields()
            .iter()
            .zip(batch.columns())
            .filter_map(|(field, values)| self.checked(field, values))
            .collect();
        for (rows, is_deleted) in self.runs(batch) {
            for column in &columns {
                self.check_rows(column, &rows, is_deleted)?;
            }
            self.before += rows.len();
        }
        Ok(())
    }

    /// A column of the rows, if the table may refuse some of its values.
    fn checked<'b>(&self, field: &'b Field, values: &'b ArrayRef) -> Option<Checked<'b>>
    where
        't: 'b,
    {
        let there = self.target.column(field.name())?;
        let is_partition = self.has_text_partitions && self.target.known.partitions.contains(&there.name);
        let [of_written, of_deleted] =
            [false, true].map(|is_deleted| self.inside_of(there, is_deleted)).map(|inside| {
                let may_be_refused = inside.may_be_refused(field, there);
                may_be_refused.then_some(inside)
            });
        let is_checked = is_partition || of_written.is_some() || of_deleted.is_some();
        is_checked.then_some(Checked { field, values, there, is_partition, of_written, of_deleted })
    }

    /// Refuses a table that takes less than the one that rows in files of these fields were `checked` against, unless they
    /// have nothing of what it refuses.
    #[cfg(feature = "staging")]
    pub(super) fn check_stored(&self, fields: &[FieldRef], checked: &Target) -> Result<()> {
        for field in fields {
            let (Some(there), before) = (self.target.column(field.name()), checked.column(field.name()))
            else {
                continue;
            };
            let is_partition = |target: &Target| target.known.partitions.contains(&there.name);
            let has_begun = is_partition(self.target) && !is_partition(checked);
            let change = if self.has_text_partitions && has_begun && may_be_lost(&there.data_type) {
                "is partitioned by"
            } else if before.is_none_or(|before| is_stricter(before, there))
                && self.inside_of(there, false).may_be_refused(field, there)
            {
                "takes fewer NULLs in"
            } else {
                continue;
            };
            let message = format!(
                "the table {} changed while rows of {} were stored: it now {change} the column \"{}\", for which they were \
                 not checked: write them again",
                self.target.name, self.row, there.name
            );
            return Err(Error::new(ErrorKind::SchemaMismatch, message));
        }
        Ok(())
    }

    /// What this column of the table wants of a row.
    fn inside_of(&self, there: &StructField, is_deleted: bool) -> Inside {
        let is_written = !is_deleted && !self.unassigned.contains(&there.name.as_str());
        Inside { wants_parents: self.inside.wants_parents && is_written }
    }

    /// The rows in ranges of such that are deleted, and of others; in one range where that makes no difference.
    fn runs(&self, batch: &RecordBatch) -> Vec<(Range<usize>, bool)> {
        let Some(flags) = self.flags(batch) else { return vec![(0..batch.num_rows(), false)] };
        let mut runs: Vec<(Range<usize>, bool)> = Vec::new();
        for (row, flag) in flags.iter().enumerate() {
            let is_deleted = flag == Some(true);
            match runs.last_mut() {
                Some((rows, is_same)) if *is_same == is_deleted => rows.end = row + 1,
                _ => runs.push((row..row + 1, is_deleted)),
            }
        }
        runs
    }

    /// Which rows are deleted, if some column wants a value inside of a struct that is NULL.
    fn flags<'b>(&self, batch: &'b RecordBatch) -> Option<&'b BooleanArray> {
        let flags = batch.column_by_name(self.flag?)?.as_boolean_opt()?;
        let mut columns = self.target.columns.iter();
        columns.any(|column| self.inside.required(&column.data_type).is_some()).then_some(flags)
    }

    fn check_rows(&self, column: &Checked<'_>, rows: &Range<usize>, is_deleted: bool) -> Result<()> {
        let Checked { field, there, is_partition, of_written, of_deleted, .. } = *column;
        let values = column.values.slice(rows.start, rows.len());
        let refused = |index: usize, path: &str, error: WriteError| -> Result<()> {
            let error = error.in_field(format!("{}{path}", field.name()));
            Err(EncodeError::new(self.row, Some(self.before + index), error).into())
        };
        if let Some((index, error)) = is_partition.then(|| first_lost(&values, there)).flatten() {
            return refused(index, "", error);
        }
        let inside = if is_deleted { of_deleted } else { of_written };
        match inside.and_then(|inside| inside.null(field, &values, there)) {
            Some(null) => refused(null.row, &null.path, null.error()),
            None => Ok(()),
        }
    }
}

/// A column of a batch, of which the table may refuse some values.
struct Checked<'b> {
    field: &'b Field,
    values: &'b ArrayRef,
    there: &'b StructField,
    is_partition: bool,
    /// What it wants of rows that are written, and of those that are deleted, if it may be refused.
    of_written: Option<Inside>,
    of_deleted: Option<Inside>,
}

/// The first value that would be another one as the text of a partition by this column.
fn first_lost(values: &ArrayRef, column: &StructField) -> Option<(usize, WriteError)> {
    // Sail reads no table any more that has a TIMESTAMP_NTZ of such a year there.
    if matches!(column.data_type, DataType::Timestamp | DataType::TimestampNtz) {
        let row = first_of_other_years(values)?;
        let reason = "the table is partitioned by the column, and its format stores no year before 1 or after 9999 there";
        return Some((row, WriteError::new(reason)));
    }
    first_empty(values).map(|row| (row, lost(column)))
}

fn first_of_other_years(values: &ArrayRef) -> Option<usize> {
    let mut times = values.as_primitive_opt::<TimestampMicrosecondType>()?.iter();
    times.position(|micros| micros.is_some_and(|micros| !YEARS.contains(&micros)))
}

/// The error of a value that would be NULL as the value of a partition by this column.
fn lost(column: &StructField) -> WriteError {
    let instead = if column.nullable { "None, or another value" } else { "another value" };
    WriteError::new(format!(
        "the table is partitioned by the column, and its format stores an empty value, and __HIVE_DEFAULT_PARTITION__, \
         as NULL there: write {instead}"
    ))
}

/// The first value that is NULL as the text of a partition.
fn first_empty(column: &ArrayRef) -> Option<usize> {
    let is_lost = |value: &[u8]| value.is_empty() || value == b"__HIVE_DEFAULT_PARTITION__";
    if let Some(texts) = column.as_string_opt::<i32>() {
        return texts.iter().position(|text| text.is_some_and(|text| is_lost(text.as_bytes())));
    }
    let bytes = column.as_binary_opt::<i32>()?;
    bytes.iter().position(|bytes| bytes.is_some_and(is_lost))
}

/// What of a value that is NULL the format still wants.
#[derive(Clone, Copy)]
struct Inside {
    /// Whether a field that is NOT NULL wants a value also where the struct around it is NULL.
    wants_parents: bool,
}

/// A NULL that the table does not take.
struct Null {
    row: usize,
    /// The path inside of the column to what is NOT NULL.
    path: String,
    /// Whether the NULL is that of a struct around it.
    is_around: bool,
}

impl Null {
    fn error(&self) -> WriteError {
        WriteError::new(match self.is_around {
            false => "the value is None, but the column is NOT NULL in the table",
            true => {
                "the struct around it is None, but the field is NOT NULL in the table, whose format wants a value in it \
                 all the same"
            }
        })
    }
}

impl Inside {
    /// Whether there is a place, at any depth, in which rows may have a NULL and the table has none.
    fn may_be_refused(self, field: &Field, there: &StructField) -> bool {
        let is_required = !there.nullable || self.required(&there.data_type).is_some();
        let (mut parts, inside) = (parts(field, &there.data_type).into_iter(), self.within(field));
        field.is_nullable() && is_required || parts.any(|part| inside.may_be_refused(part.field, &part.there))
    }

    /// The same for the parts of this field: inside of lists and maps Delta wants nothing.
    fn within(self, field: &Field) -> Self {
        let is_struct = matches!(field.data_type(), ArrowType::Struct(_));
        Self { wants_parents: self.wants_parents && is_struct }
    }

    /// The path from a struct that is NULL to a field that wants a value all the same.
    fn required(self, there: &DataType) -> Option<String> {
        let DataType::Struct(fields) = there else { return None };
        fields.iter().filter(|_| self.wants_parents).find_map(|field| {
            let inside = if field.nullable { self.required(&field.data_type)? } else { String::new() };
            Some(format!(".{}{inside}", field.name))
        })
    }

    /// The first row with a NULL where the table has none.
    fn null(self, field: &Field, column: &ArrayRef, there: &StructField) -> Option<Null> {
        let first = first_null(column);
        if let (false, Some(row)) = (there.nullable, first) {
            return Some(Null { row, path: String::new(), is_around: false });
        }
        let around = first.zip(self.required(&there.data_type));
        let around = around.map(|(row, path)| Null { row, path, is_around: true });
        let (parts, within) = (parts(field, &there.data_type).into_iter().enumerate(), self.within(field));
        let parts = parts.filter(|(_, part)| within.may_be_refused(part.field, &part.there));
        let inside = parts.filter_map(|(number, part)| {
            // A value that is NULL itself has nothing inside.
            let mut rows = (0..column.len()).filter(|row| column.is_valid(*row));
            rows.find_map(|row| {
                let (values, step) = values(column, row, number)?;
                let null = within.null(part.field, &values, &part.there)?;
                Some(Null { row, path: format!("{step}{}", null.path), ..null })
            })
        });
        inside.chain(around).min_by_key(|null| null.row)
    }
}

/// A part of a column: a field of a struct, the elements of a list, the keys or the values of a map.
struct Part<'f> {
    field: &'f Field,
    there: StructField,
}

fn parts<'f>(field: &'f Field, there: &DataType) -> Vec<Part<'f>> {
    let part = |field: &'f Field, data_type: &DataType, nullable: bool| {
        let there = StructField::new("", data_type.clone());
        Part { field, there: if nullable { there } else { there.required() } }
    };
    match (field.data_type(), there) {
        (ArrowType::Struct(fields), DataType::Struct(there)) => {
            let fields = fields.iter().zip(there);
            fields.map(|(field, there)| part(field, &there.data_type, there.nullable)).collect()
        }
        (ArrowType::List(field), DataType::Array { element, contains_null }) => {
            vec![part(field, element, *contains_null)]
        }
        (ArrowType::Map(entries, _), DataType::Map { key, value, value_contains_null }) => {
            match entries.data_type() {
                ArrowType::Struct(fields) => {
                    let there = [(key, true), (value, *value_contains_null)];
                    fields
                        .iter()
                        .zip(there)
                        .map(|(field, (kind, nullable))| part(field, kind, nullable))
                        .collect()
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The values of one row in a part, and the step of the path to them.
fn values(column: &ArrayRef, row: usize, part: usize) -> Option<(ArrayRef, String)> {
    match column.data_type() {
        ArrowType::Struct(fields) => {
            let name = fields.get(part)?.name();
            Some((column.as_struct().columns().get(part)?.slice(row, 1), format!(".{name}")))
        }
        ArrowType::List(_) => Some((column.as_list::<i32>().value(row), "[]".to_owned())),
        ArrowType::Map(..) => {
            let step = if part == 0 { "{key}" } else { "{value}" };
            let inside = ArrayRef::clone(column.as_map().value(row).columns().get(part)?);
            Some((inside, step.to_owned()))
        }
        _ => None,
    }
}

fn first_null(column: &dyn Array) -> Option<usize> {
    let nulls = column.logical_nulls()?;
    (nulls.null_count() > 0).then(|| (0..nulls.len()).find(|index| nulls.is_null(*index)))?
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::TimestampMicrosecondArray;

    use super::*;
    use crate::dialect::{Delta, Iceberg};
    use crate::encode::record_batch;
    use crate::error::ErrorKind;
    use crate::table::TableName;
    use crate::write::described::Described;
    use crate::write::known_tables::Known;

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row {
        line: Option<Line>,
        lines: Vec<Line>,
        notes: std::collections::BTreeMap<String, Option<i32>>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Line {
        sku: Option<String>,
    }

    /// The table of this column alone, with everything inside NOT NULL.
    fn strict(column: &str) -> Target {
        let line = DataType::Struct(vec![StructField::new("sku", DataType::String).required()]);
        let data_type = match column {
            "line" => line,
            "lines" => DataType::Array { element: Box::new(line), contains_null: false },
            _ => DataType::Map {
                key: Box::new(DataType::String),
                value: Box::new(DataType::Integer),
                value_contains_null: false,
            },
        };
        target(vec![StructField::new(column, data_type)], &[])
    }

    fn target(columns: Vec<StructField>, partitions: &[&str]) -> Target {
        let partitions = partitions.iter().map(|column| (*column).to_owned()).collect();
        let known = Known { partitions, ..Known::default() };
        Target { name: TableName::parse("t"), columns, described: Described::default(), known }
    }

    fn check(target: &Target, batch: &RecordBatch) -> Result<()> {
        Nulls::of(target, &Delta::new(), "Row").check(batch)
    }

    fn row(sku: Option<&str>, note: Option<i32>) -> Row {
        let line = || Line { sku: sku.map(str::to_owned) };
        Row { line: Some(line()), lines: vec![line()], notes: [("a".to_owned(), note)].into() }
    }

    #[test]
    fn a_null_where_the_table_has_none_is_found_at_any_depth() {
        let whole = || Row { line: None, lines: vec![], notes: std::collections::BTreeMap::new() };
        let batch = record_batch(&[row(Some("x"), Some(1)), whole(), row(None, None)]).unwrap();
        for (column, path) in [("line", "line.sku"), ("lines", "lines[].sku"), ("notes", "notes{value}")] {
            let target = strict(column);
            let mut nulls = Nulls::of(&target, &Iceberg::new(), "Row");
            let error = nulls.check(&batch).unwrap_err().to_string();
            assert!(
                error.contains(&format!("Row.{path}: row 2 (the first is 0): the value is None")),
                "{error}"
            );
            let without: RecordBatch = batch.slice(0, 2);
            assert!(Nulls::of(&target, &Iceberg::new(), "Row").check(&without).is_ok(), "{column}");
        }
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Order {
        outer: Option<Outer>,
        lines: Vec<Option<Bare>>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Outer {
        inner: Option<Bare>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Bare {
        sku: String,
    }

    #[test]
    fn a_struct_that_is_null_is_one_in_its_required_fields_for_delta_alone() {
        let bare = || DataType::Struct(vec![StructField::new("sku", DataType::String).required()]);
        let outer = DataType::Struct(vec![StructField::new("inner", bare())]);
        let lines = DataType::Array { element: Box::new(bare()), contains_null: true };
        let target = target(vec![StructField::new("outer", outer), StructField::new("lines", lines)], &[]);
        let bare = || Some(Bare { sku: "a".to_owned() });
        let whole = || Order { outer: Some(Outer { inner: bare() }), lines: vec![bare()] };
        for (wrong, path) in [
            (Order { outer: None, ..whole() }, "outer.inner.sku"),
            (Order { outer: Some(Outer { inner: None }), ..whole() }, "outer.inner.sku"),
        ] {
            let batch = record_batch(&[whole(), wrong]).unwrap();
            let told = check(&target, &batch).unwrap_err().to_string();
            let words = format!("Row.{path}: row 1 (the first is 0): the struct around it is None");
            assert!(told.contains(&words), "{told}");
            check(&target, &batch.slice(0, 1)).unwrap();
            Nulls::of(&target, &Iceberg::new(), "Row").check(&batch).unwrap();
        }
        // Inside of a list it is none.
        let batch = record_batch(&[Order { lines: vec![bare(), None], ..whole() }]).unwrap();
        check(&target, &batch).unwrap();
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Flagged {
        gone: bool,
        bare: Option<Bare>,
    }

    #[test]
    fn a_struct_that_is_null_is_refused_only_where_it_is_written() {
        let bare = DataType::Struct(vec![StructField::new("sku", DataType::String).required()]);
        let gone = StructField::new("gone", DataType::Boolean).required();
        let target = target(vec![gone, StructField::new("Bare", bare)], &[]);
        let row =
            |gone, is_whole: bool| Flagged { gone, bare: is_whole.then(|| Bare { sku: "a".to_owned() }) };
        let rows =
            [row(true, false), row(true, false), row(false, true), row(true, false), row(false, false)];
        let batch = record_batch(&rows).unwrap();
        let nulls = || Nulls::of(&target, &Delta::new(), "Row");
        for (flag, first) in [(None, 0), (Some("gone"), 4)] {
            let told = nulls().written(|_| true, flag).check(&batch).unwrap_err().to_string();
            assert!(told.contains(&format!("Row.bare.sku: row {first} (the first is 0)")), "{told}");
        }
        nulls().written(|_| true, Some("gone")).check(&batch.slice(0, 4)).unwrap();
        nulls().written(|column| column != "Bare", None).check(&batch).unwrap();
        // Rows are counted over batches.
        let mut over_batches = nulls().written(|_| true, Some("gone"));
        over_batches.check(&batch.slice(0, 4)).unwrap();
        let told = over_batches.check(&batch).unwrap_err().to_string();
        assert!(told.contains("row 8 (the first is 0)"), "{told}");
    }

    #[test]
    fn an_instant_of_a_year_without_four_digits_is_no_partition_value() {
        let columns = || vec![StructField::new("at", DataType::Timestamp)];
        for wrong in [YEARS.start - 1, YEARS.end] {
            let at = vec![Some(YEARS.start), None, Some(YEARS.end - 1), Some(wrong)];
            let at = Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC")) as ArrayRef;
            let batch = RecordBatch::try_from_iter([("at", at)]).unwrap();
            let told = check(&target(columns(), &["at"]), &batch).unwrap_err().to_string();
            assert!(told.contains("Row.at: row 3 (the first is 0): the table is partitioned by"), "{told}");
            check(&target(columns(), &["at"]), &batch.slice(0, 3)).unwrap();
            check(&target(columns(), &[]), &batch).unwrap();
        }
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Placed {
        id: String,
        region: Option<String>,
        bytes: Vec<u8>,
    }

    /// Partitioned by columns of other cases.
    fn partitioned(is_required: bool) -> Target {
        let region = StructField::new("Region", DataType::String);
        let columns = vec![
            StructField::new("id", DataType::String),
            if is_required { region.required() } else { region },
            StructField::new("bytes", DataType::Binary),
        ];
        target(columns, &["Region", "bytes"])
    }

    #[test]
    fn a_value_that_would_be_null_in_a_partition_is_refused_with_its_row() {
        let placed = |region: Option<&str>, bytes: &[u8]| Placed {
            id: String::new(),
            region: region.map(str::to_owned),
            bytes: bytes.to_vec(),
        };
        let nullable = partitioned(false);
        for (wrong, field) in [
            (placed(Some(""), b"x"), "region"),
            (placed(Some("__HIVE_DEFAULT_PARTITION__"), b"x"), "region"),
            (placed(Some("x"), b""), "bytes"),
        ] {
            let batch = record_batch(&[placed(None, b"x"), placed(Some(" "), b"x"), wrong]).unwrap();
            let error = check(&nullable, &batch).unwrap_err();
            let told = error.to_string();
            let begins =
                format!("Row.{field}: row 2 (the first is 0): the table is partitioned by the column");
            assert!(told.contains(&begins) && told.contains(": write None, or another value"), "{told}");
            assert_eq!(error.kind(), ErrorKind::Encode);
            assert!(check(&nullable, &batch.slice(0, 2)).is_ok());
            let mut unpartitioned = partitioned(false);
            unpartitioned.known.partitions.clear();
            assert!(check(&unpartitioned, &batch).is_ok());
        }
        let batch = record_batch(&[placed(Some(""), b"x")]).unwrap();
        let required = partitioned(true);
        let told = check(&required, &batch).unwrap_err().to_string();
        assert!(told.contains(", as NULL there: write another value"), "{told}");
    }
}
