//! Rows as values: a STRUCT column decodes into a row type, field by field.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;

use super::resolve::{Level, resolve};
use super::{ColumnCursor, Columns, LakeRow};
use crate::column::{ReadError, Refusal, Shape, ShapeKind};

/// [`FromColumn::accepts`](crate::FromColumn::accepts) of a row type.
///
/// # Errors
/// The column is no STRUCT, or fields of it do not fit.
pub fn accept_struct<'b, R: LakeRow<'b>>(data_type: &DataType) -> Result<Shape, Refusal> {
    accept(&Columns::of::<R>(), data_type)
}

fn accept(columns: &Columns, data_type: &DataType) -> Result<Shape, Refusal> {
    let DataType::Struct(fields) = data_type else { return Err(Refusal::new()) };
    match resolve(columns, fields, Level::Struct) {
        Ok(children) => Ok(Shape::structure(children)),
        Err(mismatches) => {
            Err(Refusal::of_nested(mismatches.into_iter().map(|mismatch| mismatch.into_inside()).collect()))
        }
    }
}

/// [`FromColumn::bind`](crate::FromColumn::bind) of a row type.
///
/// # Errors
/// The batch does not hold what its schema announced.
pub fn bind_struct<'b, R: LakeRow<'b>>(array: &'b dyn Array, shape: &Shape) -> Result<R::Readers, ReadError> {
    match (array.as_struct_opt(), shape.kind()) {
        (Some(array), ShapeKind::Struct(children)) => {
            R::bind(&mut ColumnCursor::of_struct(children, array.columns()))
        }
        _ => Err(ReadError::unexpected(array)),
    }
}
