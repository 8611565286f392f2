//! Rows for files, with the parts of a column nullable that are nullable in the table.
//!
//! Sail reads a file into the columns that it is told, and fails where it puts its own NULLs into one with a part that is
//! NOT NULL: beside rows of the table that no row of the file matches, or inside of a value that is NULL.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, MapArray, RecordBatch, StructArray};
use arrow_schema::{ArrowError, DataType as ArrowType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::target::Target;
use crate::error::{Error, ErrorKind, Result};

/// The columns of files for a table.
pub(super) struct Relaxed<'t>(&'t Target);

impl<'t> Relaxed<'t> {
    pub(super) fn of(target: &'t Target) -> Self {
        Self(target)
    }

    /// The same columns. One with a part that is NOT NULL in the table stays as it is: Spark wants the same of the rows.
    pub(super) fn schema(&self, schema: &Schema) -> SchemaRef {
        Arc::new(Schema::new(schema.fields().iter().map(|field| self.field(field)).collect::<Fields>()))
    }

    fn field(&self, field: &FieldRef) -> FieldRef {
        let there = self.0.column(field.name()).map(|column| &column.data_type);
        match there.is_some_and(|there| *there == there.clone().nullable()) {
            true => relaxed(field, field.is_nullable()),
            false => Arc::clone(field),
        }
    }

    /// The same rows in these columns.
    pub(super) fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let schema = self.schema(&batch.schema());
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| column_of(column, field.data_type()));
        let columns: Result<Vec<ArrayRef>, ArrowError> = columns.collect();
        let batch = columns.and_then(|columns| RecordBatch::try_new(Arc::clone(&schema), columns));
        batch.map_err(|error| {
            Error::new(ErrorKind::Encode, format!("the rows cannot be put into files: {error}"))
        })
    }
}

/// The field with everything inside nullable, and itself if it `may_be`.
fn relaxed(field: &Field, may_be: bool) -> FieldRef {
    let data_type = match field.data_type() {
        ArrowType::Struct(fields) => {
            ArrowType::Struct(fields.iter().map(|field| relaxed(field, true)).collect())
        }
        ArrowType::List(element) => ArrowType::List(relaxed(element, true)),
        ArrowType::Map(entries, is_sorted) => ArrowType::Map(relaxed_entries(entries), *is_sorted),
        other => other.clone(),
    };
    Arc::new(field.clone().with_data_type(data_type).with_nullable(may_be))
}

/// Keys are never NULL, and neither are the entries themselves.
fn relaxed_entries(entries: &Field) -> FieldRef {
    let ArrowType::Struct(fields) = entries.data_type() else { return Arc::new(entries.clone()) };
    let fields = fields.iter().enumerate().map(|(number, field)| relaxed(field, number > 0));
    Arc::new(entries.clone().with_data_type(ArrowType::Struct(fields.collect())))
}

/// The same values in a type that differs in what may be NULL.
fn column_of(column: &ArrayRef, data_type: &ArrowType) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == data_type {
        return Ok(Arc::clone(column));
    }
    if let (ArrowType::Struct(fields), Some(structs)) = (data_type, column.as_struct_opt()) {
        return Ok(Arc::new(struct_of(structs, fields)?));
    }
    if let (ArrowType::List(element), Some(lists)) = (data_type, column.as_list_opt::<i32>()) {
        let values = column_of(lists.values(), element.data_type())?;
        let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
        return Ok(Arc::new(ListArray::try_new(Arc::clone(element), offsets, values, nulls)?));
    }
    if let (ArrowType::Map(entries, is_sorted), Some(maps)) = (data_type, column.as_map_opt())
        && let ArrowType::Struct(fields) = entries.data_type()
    {
        let inside = struct_of(maps.entries(), fields)?;
        let (offsets, nulls) = (maps.offsets().clone(), maps.nulls().cloned());
        return Ok(Arc::new(MapArray::try_new(Arc::clone(entries), offsets, inside, nulls, *is_sorted)?));
    }
    Ok(Arc::clone(column))
}

fn struct_of(structs: &StructArray, fields: &Fields) -> Result<StructArray, ArrowError> {
    let columns = structs.columns().iter().zip(fields);
    let columns = columns.map(|(column, field)| column_of(column, field.data_type()));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new(fields.clone(), columns, structs.nulls().cloned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use spark_connect::DataType;
    use spark_connect::types::StructField;

    use super::*;
    use crate::encode::record_batch;
    use crate::table::TableName;
    use crate::write::described::Described;
    use crate::write::known_tables::Known;

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row {
        id: i64,
        line: Line,
        lines: Vec<Option<Line>>,
        by_name: BTreeMap<String, Line>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Line {
        sku: String,
        place: (i32, i32),
    }

    fn batch() -> RecordBatch {
        let line = |sku: &str| Line { sku: sku.to_owned(), place: (1, 2) };
        let row =
            |id, lines| Row { id, line: line("a"), lines, by_name: [("k".to_owned(), line("b"))].into() };
        record_batch(&[row(1, vec![Some(line("c")), None]), row(2, vec![None])]).unwrap()
    }

    /// The table of these rows, with nothing inside NOT NULL but the column `line` if it `is_strict`.
    fn table(is_strict: bool) -> Target {
        let told = spark_connect::types::Schema::from_arrow(&batch().schema()).into_fields().into_iter();
        let columns = told.map(|column| match is_strict && column.name == "line" {
            true => column,
            false => {
                let field = StructField::new(column.name, column.data_type.nullable());
                if column.nullable { field } else { field.required() }
            }
        });
        let (name, columns) = (TableName::parse("t"), columns.collect());
        Target { name, columns, described: Described::default(), known: Known::default() }
    }

    #[test]
    fn files_have_no_part_that_is_not_null_where_the_table_has_none() {
        let target = table(false);
        let relaxed = Relaxed::of(&target).batch(&batch()).unwrap();
        let fields = spark_connect::types::Schema::from_arrow(&relaxed.schema()).into_fields();
        for (field, before) in fields.iter().zip(batch().schema().fields()) {
            assert_eq!(field.data_type, field.data_type.clone().nullable(), "{}", field.name);
            assert_eq!(field.nullable, before.is_nullable(), "{}", field.name);
        }
        assert_eq!(relaxed.schema(), Relaxed::of(&target).schema(&batch().schema()));
        let (lines, before) = (relaxed.column(2).as_list::<i32>(), batch());
        assert_eq!(lines.value_offsets(), before.column(2).as_list::<i32>().value_offsets());
        let elements = lines.values().as_struct();
        assert_eq!(elements.nulls(), before.column(2).as_list::<i32>().values().nulls());
        let skus = elements.column(0).as_string::<i32>();
        assert_eq!((elements.len(), skus.value(0)), (3, "c"));
    }

    #[test]
    fn a_column_with_a_part_that_is_not_null_in_the_table_stays_as_it_is() {
        let target = table(true);
        let relaxed = Relaxed::of(&target).batch(&batch()).unwrap();
        assert_eq!(relaxed.schema().field(1), batch().schema().field(1));
        assert_ne!(relaxed.schema().field(2), batch().schema().field(2));
        assert!(matches!(target.columns[1].data_type, DataType::Struct(_)));
    }
}
