//! Names of columns that may hold a bound value: without an alias Spark names a column after its expression, values and all.

use std::iter::once;
use std::sync::Arc;

use arrow_schema::{Field, Fields};
use spark_connect::redaction::Redaction;

use super::columns::{Column, Columns};
use super::error::DecodeError;
use crate::column::{shown_as, with_fields};
use crate::names::is_same;

/// The values of a query whose columns were resolved.
#[derive(Debug, Clone)]
pub(super) struct Hidden {
    redaction: Redaction,
    /// Whether the row type asks for each of its columns by a name of its own, which holds no value.
    is_named: bool,
    /// Whether the paths of its fields are made of the columns' names.
    has_everything: bool,
}

impl Hidden {
    pub(super) fn of(redaction: &Redaction, columns: &Columns) -> Self {
        let has_everything = columns.has_everything();
        let is_named = !columns.by_position() && !has_everything;
        Self { redaction: redaction.clone(), is_named, has_everything }
    }

    /// The fields, with the names that errors may show at every depth. Those of columns that the row type asks for by
    /// name are its own.
    pub(super) fn fields(&self, fields: &Fields, columns: &Columns) -> Fields {
        let own = |column: &Column, name: &str| {
            !columns.by_position()
                && once(column.name()).chain(column.aliases()).any(|own| is_same(own, name))
        };
        let shown = |field: &Arc<Field>| {
            let inner = with_fields(field.data_type(), &|field| self.field(field));
            let field = Field::clone(field).with_data_type(inner);
            let is_own = columns.iter().any(|column| own(column, field.name()));
            Arc::new(if is_own { field } else { self.field(field) })
        };
        fields.iter().map(shown).collect()
    }

    fn field(&self, field: Field) -> Field {
        let name = self.redaction.kept_in(field.name());
        shown_as(field, name)
    }

    /// The name of a column that the row type reads, as errors may show it.
    pub(super) fn name(&self, column: &str) -> String {
        if self.is_named { column.to_owned() } else { self.redaction.kept_in(column) }
    }

    /// The error as it may be shown.
    pub(super) fn error(&self, error: DecodeError) -> DecodeError {
        let error = match self.has_everything {
            true => error.with_field_as(|path| self.redaction.kept_in(path)),
            false => error,
        };
        error.with_column_as(|column| self.name(column))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StructArray};
    use arrow_schema::{DataType, Schema};
    use spark_connect::Sql;

    use super::*;
    use crate::LakeRow;
    use crate::row::RowBatch;

    #[derive(Debug, LakeRow)]
    #[lake(crate = crate)]
    #[allow(dead_code, reason = "no row is read")]
    struct Row<T> {
        s: T,
    }

    #[derive(Debug, LakeRow)]
    #[lake(crate = crate)]
    #[allow(dead_code, reason = "no row is read")]
    struct OtherType {
        line1: String,
    }

    #[derive(Debug, LakeRow)]
    #[lake(crate = crate)]
    #[allow(dead_code, reason = "no row is read")]
    struct OtherName {
        id: i64,
    }

    fn numbers(number: Option<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(vec![number]))
    }

    fn redaction() -> Option<Redaction> {
        let sql = Sql::new("SELECT named_struct(?, 1) AS s").bind("s3cret");
        Redaction::of_arguments(sql.statement(), sql.arguments())
    }

    /// A batch of one column, of a query with a value.
    fn batch(name: &str, column: ArrayRef) -> RowBatch {
        RowBatch::numbered(RecordBatch::try_from_iter([(name, column)]).unwrap(), 0, redaction()).unwrap()
    }

    #[test]
    fn no_mismatch_shows_a_value_that_names_a_nested_field() {
        let field = |name: &str| Arc::new(Field::new(name, DataType::Int64, true));
        let fields = ["s3cret", "line1"].map(|name| (field(name), numbers(Some(1))));
        let batch = batch("s", Arc::new(StructArray::from(fields.to_vec())));
        let told = [
            batch.rows::<Row<OtherType>>().unwrap_err().to_string(),
            batch.rows::<Row<OtherName>>().unwrap_err().to_string(),
            batch.rows::<Row<i64>>().unwrap_err().to_string(),
            batch.rows::<(Vec<i64>,)>().unwrap_err().to_string(),
        ];
        assert!(told.iter().all(|told| !told.contains("s3cret")), "{told:?}");
        let [other_type, other_name, ..] = told;
        // The field is found by a name of the row type, which holds no value.
        let expected = "Row.s.line1: in column \"s\", the value is BIGINT, the field is String; use i64, or CAST(line1 \
                        AS STRING) in the query";
        assert_eq!(other_type, expected);
        assert_eq!(other_name, "Row.s.id: in column \"s\", no field \"id\" in the struct (found: …, …)");
    }

    /// A server that does not bind has the bytes of the value in the statement, and names a column after them.
    #[test]
    fn no_mismatch_shows_the_bytes_of_a_value_that_name_a_column() {
        let batch = batch("CAST(X'733363726574' AS STRING)", numbers(Some(1)));
        let found = batch.rows::<OtherName>().unwrap_err().to_string();
        assert!(found.contains("CAST(X'…' AS STRING)"), "{found}");
        for told in [found, batch.rows::<(String,)>().unwrap_err().to_string()] {
            assert!(!told.contains("733363726574"), "{told}");
        }
    }

    #[test]
    fn a_reason_of_our_own_keeps_its_numbers() {
        let options = RecordBatchOptions::new().with_row_count(Some(3_000_000_000));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).unwrap();
        let told = RowBatch::numbered(batch, 0, redaction()).unwrap_err().to_string();
        assert!(told.contains("the batch claims 3000000000 rows"), "{told}");
    }

    #[test]
    fn no_null_shows_a_value_that_names_its_column() {
        let batch = batch("nullif(s3cret, s3cret)", numbers(None));
        let told = batch.to_vec::<(i64,)>().unwrap_err().to_string();
        assert!(told.contains("or use COALESCE(`nullif(…)`, …)") && !told.contains("s3cret"), "{told}");
    }
}
