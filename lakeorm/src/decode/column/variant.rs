//! VARIANT, as the two byte strings that it is made of.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Fields};
use bytes::Bytes;

use super::opaque::opaque;
use super::shared_bytes::SharedBytes;
use super::{Child, FromColumn, ReadError, Refusal, Shape, ShapeKind};
use crate::Variant;

/// Variants of one batch.
pub struct Variants<'b> {
    value: SharedBytes<'b>,
    metadata: SharedBytes<'b>,
}

opaque!(Variants<'b>);

impl<'b> FromColumn<'b> for Variant {
    type Reader = Variants<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        match data_type {
            DataType::Struct(fields) => layout(fields).ok_or_else(Refusal::new),
            _ => Err(Refusal::new()),
        }
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        let ShapeKind::Struct(children) = shape.kind() else { return Err(ReadError::unexpected(array)) };
        let columns = array.as_struct_opt().ok_or_else(|| ReadError::unexpected(array))?.columns();
        let mut children = children.iter().filter_map(|child| columns.get(child.index()?));
        match (children.next(), children.next()) {
            (Some(value), Some(metadata)) => Ok(Variants {
                value: Bytes::bind(value, &Shape::leaf())?,
                metadata: Bytes::bind(metadata, &Shape::leaf())?,
            }),
            _ => Err(ReadError::unexpected(array)),
        }
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        Ok(Self { value: Bytes::read(&reader.value, row)?, metadata: Bytes::read(&reader.metadata, row)? })
    }
}

/// `STRUCT<value BINARY, metadata BINARY>`, in either order, which is what VARIANT is in Arrow.
fn layout(fields: &Fields) -> Option<Shape> {
    let bytes = |name| {
        let (index, field) = fields.find(name)?;
        Bytes::accepts(field.data_type()).is_ok().then(|| Child::new(index, name, Shape::leaf()))
    };
    let children = vec![bytes("value")?, bytes("metadata")?];
    (fields.len() == 2).then(|| Shape::structure(children))
}
