//! BINARY as `bytes::Bytes`: a slice of the batch's buffer, which it keeps alive, and no copy.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryViewArray};
use arrow_buffer::{Buffer, OffsetBuffer};
use arrow_schema::DataType;
use bytes::Bytes;

use super::opaque::opaque;
use super::{FromColumn, ReadError, Refusal, Shape, Spans};

/// Byte strings of one batch, with the buffers that they share.
pub enum SharedBytes<'b> {
    /// One buffer, and where each value is in it.
    Offsets {
        /// The buffer.
        buffer: Bytes,
        /// Where the values are.
        spans: Spans<'b>,
    },
    /// Views into several buffers. Values of up to 12 bytes stand in the view itself and are copied.
    Views {
        /// The views.
        array: &'b BinaryViewArray,
        /// The array's buffers.
        buffers: Vec<Bytes>,
    },
}

opaque!(SharedBytes<'b>);

impl<'b> FromColumn<'b> for Bytes {
    type Reader = SharedBytes<'b>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&[u8]>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
        if let Some(small) = array.as_binary_opt::<i32>() {
            let offsets: &'b OffsetBuffer<i32> = small.offsets();
            return Ok(SharedBytes::Offsets { buffer: shared(small.values()), spans: Spans::Small(offsets) });
        }
        if let Some(large) = array.as_binary_opt::<i64>() {
            let offsets: &'b OffsetBuffer<i64> = large.offsets();
            return Ok(SharedBytes::Offsets { buffer: shared(large.values()), spans: Spans::Large(offsets) });
        }
        let array = array.as_binary_view_opt().ok_or_else(|| ReadError::unexpected(array))?;
        Ok(SharedBytes::Views { array, buffers: array.data_buffers().iter().map(shared).collect() })
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        match reader {
            SharedBytes::Offsets { buffer, spans } => {
                let span = spans.get(row)?;
                if span.start > span.end || span.end > buffer.len() {
                    return Err(ReadError::outside(row));
                }
                Ok(buffer.slice(span))
            }
            SharedBytes::Views { array, buffers } => {
                if row >= array.len() {
                    return Err(ReadError::outside(row));
                }
                let value = array.value(row);
                // A view is its length, four bytes of the value, the number of a buffer and an offset, 32 bits each.
                let number = array.views().get(row).map_or(0, |view| view >> 64 & 0xffff_ffff);
                let buffer = usize::try_from(number).ok().and_then(|number| buffers.get(number));
                Ok(match buffer {
                    Some(buffer) if value.len() > 12 => buffer.slice_ref(value),
                    _ => Self::copy_from_slice(value),
                })
            }
        }
    }
}

/// The buffer as bytes that keep it alive.
fn shared(buffer: &Buffer) -> Bytes {
    struct Owner(Buffer);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            self.0.as_slice()
        }
    }
    Bytes::from_owner(Owner(buffer.clone()))
}
