//! NULLs where the table has none, and values that would be NULL as the value of a partition.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType as ArrowType, Field};
use spark_connect::DataType;
use spark_connect::types::StructField;

use super::target::Target;
use crate::encode::{EncodeError, WriteError};
use crate::error::Result;

/// Refuses NULLs where the table has none, batch by batch: some engines write them all the same. In a partition column
/// whose values are kept as text it refuses those that would become a NULL there.
pub(super) struct Nulls<'t> {
    target: &'t Target,
    row: &'static str,
    before: usize,
}

impl<'t> Nulls<'t> {
    pub(super) fn of(target: &'t Target, row: &'static str) -> Self {
        Self { target, row, before: 0 }
    }

    pub(super) fn check(&mut self, batch: &RecordBatch) -> Result<()> {
        let schema = batch.schema();
        for (field, column) in schema.fields().iter().zip(batch.columns()) {
            let Some(there) = self.target.column(field.name()) else { continue };
            let refused = |index: usize, path: &str, error: WriteError| -> Result<()> {
                let error = error.in_field(format!("{}{path}", field.name()));
                Err(EncodeError::new(self.row, Some(self.before + index), error).into())
            };
            if self.target.partitions.contains(&there.name)
                && let Some(index) = first_lost(column)
            {
                return refused(index, "", lost(there));
            }
            if may_be_refused(field, there)
                && let Some((index, path)) = null_inside(field, column, there)
            {
                let error = WriteError::new("the value is None, but the column is NOT NULL in the table");
                return refused(index, &path, error);
            }
        }
        self.before += batch.num_rows();
        Ok(())
    }
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
fn first_lost(column: &ArrayRef) -> Option<usize> {
    let is_lost = |value: &[u8]| value.is_empty() || value == b"__HIVE_DEFAULT_PARTITION__";
    if let Some(texts) = column.as_string_opt::<i32>() {
        return texts.iter().position(|text| text.is_some_and(|text| is_lost(text.as_bytes())));
    }
    let bytes = column.as_binary_opt::<i32>()?;
    bytes.iter().position(|bytes| bytes.is_some_and(is_lost))
}

/// Whether there is a place, at any depth, in which rows may have a NULL and the table has none.
fn may_be_refused(field: &Field, there: &StructField) -> bool {
    let is_here = field.is_nullable() && !there.nullable;
    is_here || parts(field, &there.data_type).iter().any(|part| may_be_refused(part.field, &part.there))
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

/// The first row with a NULL where the table has none, and the path to it inside of the column.
fn null_inside(field: &Field, column: &ArrayRef, there: &StructField) -> Option<(usize, String)> {
    if let (false, Some(index)) = (there.nullable, first_null(column)) {
        return Some((index, String::new()));
    }
    let refused = parts(field, &there.data_type).into_iter().enumerate();
    let refused = refused.filter(|(_, part)| may_be_refused(part.field, &part.there));
    let first = refused.filter_map(|(number, part)| {
        // A value that is NULL itself has nothing inside.
        let mut rows = (0..column.len()).filter(|row| column.is_valid(*row));
        rows.find_map(|row| {
            let (inside, step) = values(column, row, number)?;
            null_inside(part.field, &inside, &part.there).map(|(_, path)| (row, format!("{step}{path}")))
        })
    });
    first.min_by_key(|(row, _)| *row)
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
    use super::*;
    use crate::encode::record_batch;
    use crate::error::ErrorKind;
    use crate::table::TableName;
    use crate::write::described::Described;

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
        let columns = vec![StructField::new(column, data_type)];
        Target {
            name: TableName::parse("t"),
            columns,
            described: Described::default(),
            partitions: Vec::new(),
        }
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
            let mut nulls = Nulls::of(&target, "Row");
            let error = nulls.check(&batch).unwrap_err().to_string();
            assert!(
                error.contains(&format!("Row.{path}: row 2 (the first is 0): the value is None")),
                "{error}"
            );
            let without: RecordBatch = batch.slice(0, 2);
            assert!(Nulls::of(&target, "Row").check(&without).is_ok(), "{column}");
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
        let partitions = ["Region", "bytes"].map(str::to_owned).to_vec();
        Target { name: TableName::parse("t"), columns, described: Described::default(), partitions }
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
            let error = Nulls::of(&nullable, "Placed").check(&batch).unwrap_err();
            let told = error.to_string();
            let begins =
                format!("Placed.{field}: row 2 (the first is 0): the table is partitioned by the column");
            assert!(told.contains(&begins) && told.contains(": write None, or another value"), "{told}");
            assert_eq!(error.kind(), ErrorKind::Encode);
            assert!(Nulls::of(&nullable, "Placed").check(&batch.slice(0, 2)).is_ok());
            let mut unpartitioned = partitioned(false);
            unpartitioned.partitions.clear();
            assert!(Nulls::of(&unpartitioned, "Placed").check(&batch).is_ok());
        }
        let batch = record_batch(&[placed(Some(""), b"x")]).unwrap();
        let required = partitioned(true);
        let told = Nulls::of(&required, "Placed").check(&batch).unwrap_err().to_string();
        assert!(told.contains(", as NULL there: write another value"), "{told}");
    }
}
