//! The columns of a row as they are declared.

use arrow_schema::Field;
use spark_connect::types::StructField;

use super::super::{ColumnOptions, ToColumn, ToRow, WriteError};
use crate::DataType;
use crate::names::is_same;

/// The columns so far.
#[derive(Debug, Default)]
pub struct Fields {
    fields: Vec<StructField>,
    /// The prefix of each column's name.
    prefix: String,
    /// Whether the row itself may be missing.
    nullable: bool,
}

impl Fields {
    pub(crate) fn of<T: ToRow>() -> Self {
        let mut fields = Self::default();
        T::fields(&mut fields);
        fields
    }

    /// A column of this name and type.
    pub fn column<T: ToColumn + ?Sized>(&mut self, name: &str, options: ColumnOptions) {
        let data_type = match options.changes(T::data_type) {
            true => T::data_type(options),
            false => DataType::Unknown(format!(
                "`#[lake(decimal)]` does not apply to {}; remove it",
                T::data_type(options)
            )),
        };
        let field = StructField::new(format!("{}{name}", self.prefix), data_type);
        self.fields.push(if T::NULLABLE || self.nullable { field } else { field.required() });
    }

    /// The columns of a row whose names have this prefix.
    pub fn row<T: ToRow>(&mut self, prefix: &str) {
        let outer = self.prefix.len();
        self.prefix.push_str(prefix);
        T::fields(self);
        self.prefix.truncate(outer);
    }

    /// The columns of a row that may be missing as a whole.
    pub(crate) fn nullable<T: ToRow>(&mut self) {
        let outer = std::mem::replace(&mut self.nullable, true);
        T::fields(self);
        self.nullable = outer;
    }

    /// The columns as the fields of a STRUCT.
    pub(crate) fn into_struct(self) -> DataType {
        DataType::Struct(self.fields)
    }

    /// The columns.
    pub(crate) fn into_fields(self) -> Vec<StructField> {
        self.fields
    }

    /// The columns as Arrow's fields.
    pub(super) fn into_arrow(self) -> Result<Vec<Field>, WriteError> {
        check(&self.fields)?;
        let arrow = |field: &StructField| {
            field.to_arrow().ok_or_else(|| no_form(&field.data_type).in_field(&field.name))
        };
        self.fields.iter().map(arrow).collect()
    }
}

/// Refuses two fields with one column and types that Arrow has no form of, here and in every STRUCT inside.
fn check(fields: &[StructField]) -> Result<(), WriteError> {
    for (index, field) in fields.iter().enumerate() {
        if fields.iter().take(index).any(|before| is_same(&before.name, &field.name)) {
            return Err(
                WriteError::new("another field has this column; rename one of them").in_field(&field.name)
            );
        }
        check_type(&field.data_type).map_err(|error| error.in_field(&field.name))?;
    }
    Ok(())
}

fn check_type(data_type: &DataType) -> Result<(), WriteError> {
    match data_type {
        DataType::Array { element, .. } => check_type(element).map_err(|error| error.in_field("[]")),
        DataType::Map { key, value, .. } => {
            check_type(key).map_err(|error| error.in_field("{key}"))?;
            check_type(value).map_err(|error| error.in_field("{value}"))
        }
        DataType::Struct(fields) => check(fields),
        other if other.to_arrow().is_none() => Err(no_form(other)),
        _ => Ok(()),
    }
}

#[cold]
fn no_form(data_type: &DataType) -> WriteError {
    WriteError::new(match data_type {
        DataType::Unknown(why) => format!("the column has no usable type ({why})"),
        other => format!("Arrow has no form of {other}"),
    })
}
