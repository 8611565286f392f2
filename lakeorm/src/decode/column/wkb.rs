//! GEOMETRY and GEOGRAPHY, as well-known binary.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Fields};
use bytes::Bytes;

use super::opaque::opaque;
use super::shared_bytes::SharedBytes;
use super::{Child, FromColumn, Integers, ReadError, Refusal, Shape, ShapeKind};

/// A GEOMETRY or GEOGRAPHY: well-known binary, and the reference system that its coordinates are of.
///
/// Spark sends both; Sail sends the bytes alone, and then there is no number of a reference system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Wkb {
    /// The number of the spatial reference system, where the server sends it: 4326 for longitude and latitude.
    pub srid: Option<i32>,
    /// Well-known binary, a slice of the batch.
    pub bytes: Bytes,
}

/// Geometries of one batch.
pub struct Wkbs<'b> {
    srid: Option<Integers<'b, i32>>,
    bytes: SharedBytes<'b>,
}

opaque!(Wkbs<'b>);

impl<'b> FromColumn<'b> for Wkb {
    type Reader = Wkbs<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        if let DataType::Struct(fields) = data_type {
            return layout(fields).ok_or_else(Refusal::new);
        }
        Bytes::accepts(data_type).map_err(|_| Refusal::new())
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        let ShapeKind::Struct(children) = shape.kind() else {
            return Ok(Wkbs { srid: None, bytes: Bytes::bind(array, shape)? });
        };
        let columns = array.as_struct_opt().ok_or_else(|| ReadError::unexpected(array))?.columns();
        let mut children = children.iter().filter_map(|child| columns.get(child.index()?));
        match (children.next(), children.next()) {
            (Some(srid), Some(bytes)) => Ok(Wkbs {
                srid: Some(i32::bind(srid, &Shape::leaf())?),
                bytes: Bytes::bind(bytes, &Shape::leaf())?,
            }),
            _ => Err(ReadError::unexpected(array)),
        }
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let srid = reader.srid.as_ref().map(|srid| i32::read(srid, row)).transpose()?;
        Ok(Self { srid, bytes: Bytes::read(&reader.bytes, row)? })
    }
}

/// `STRUCT<srid INT, wkb BINARY>`, which is what GEOMETRY is in Spark's Arrow.
fn layout(fields: &Fields) -> Option<Shape> {
    let (srid, _) = fields.find("srid").filter(|(_, field)| *field.data_type() == DataType::Int32)?;
    let (wkb, _) = fields.find("wkb").filter(|(_, field)| Bytes::accepts(field.data_type()).is_ok())?;
    let children = vec![Child::new(srid, "srid", Shape::leaf()), Child::new(wkb, "wkb", Shape::leaf())];
    (fields.len() == 2).then(|| Shape::structure(children))
}
