//! The lengths and the buffers that a record batch claims, checked against its schema and its body.
//!
//! Arrow's reader verifies the metadata of a message but takes much of what it says on trust: it panics where a buffer
//! lies outside the body or is too short for some types, and asks for as much memory as a compressed buffer says.

use arrow_ipc::{Buffer, FieldNode, MetadataVersion, RecordBatch};
use arrow_schema::{DataType, Fields, UnionMode};

use super::budget::BatchBudget;
use super::envelope::broken;
use crate::error::Result;

/// The length before a buffer that is not compressed, in a batch that is.
const NOT_COMPRESSED: i64 = -1;

/// Checks that every buffer of the batch lies inside its body and is as long as the columns need, and counts what they
/// take when they are decompressed.
pub(super) fn check<'t>(
    batch: &RecordBatch<'_>,
    columns: impl Iterator<Item = &'t DataType>,
    body: &[u8],
    version: MetadataVersion,
    budget: &mut BatchBudget,
) -> Result<()> {
    let (Some(nodes), Some(buffers)) = (batch.nodes(), batch.buffers()) else { return Err(broken()) };
    let mut walk = Walk {
        nodes: nodes.iter(),
        buffers: buffers.iter(),
        variadic: batch.variadicBufferCounts().into_iter().flatten(),
        body,
        compressed: batch.compression().is_some(),
        version,
        budget,
    };
    columns.map(|column| walk.column(column)).try_for_each(|length| length.map(drop))
}

/// One buffer: its place in the body, and its length when it is decompressed.
struct Span<'b> {
    bytes: &'b [u8],
    length: usize,
}

struct Walk<'b, N, B, V> {
    nodes: N,
    buffers: B,
    variadic: V,
    body: &'b [u8],
    compressed: bool,
    version: MetadataVersion,
    budget: &'b mut BatchBudget,
}

impl<'f, 'b, N, B, V> Walk<'b, N, B, V>
where
    N: Iterator<Item = &'f FieldNode>,
    B: Iterator<Item = &'f Buffer>,
    V: Iterator<Item = i64>,
{
    /// Goes through the nodes and buffers of a column in the order in which Arrow reads them; gives its length.
    fn column(&mut self, data_type: &DataType) -> Result<usize> {
        let node = self.nodes.next().ok_or_else(broken)?;
        let length = usize::try_from(node.length()).map_err(|_| broken())?;
        let nulls = usize::try_from(node.null_count()).map_err(|_| broken())?;
        if nulls > length {
            return Err(broken());
        }
        match data_type {
            DataType::Null | DataType::RunEndEncoded(..) | DataType::Union(..) => {}
            _ => {
                let validity = self.buffer()?;
                needed(nulls == 0 || validity.length >= length.div_ceil(8))?;
            }
        }
        self.values(data_type, length)?;
        self.budget.values(length)?;
        Ok(length)
    }

    /// The buffers of a column after its validity, and its children.
    fn values(&mut self, data_type: &DataType, length: usize) -> Result<()> {
        match data_type {
            DataType::Null => Ok(()),
            DataType::Boolean => self.at_least(length.div_ceil(8)),
            DataType::Utf8 | DataType::Binary => self.offsets(length, 4).and_then(|()| self.at_least(0)),
            DataType::LargeUtf8 | DataType::LargeBinary => {
                self.offsets(length, 8).and_then(|()| self.at_least(0))
            }
            DataType::Utf8View | DataType::BinaryView => self.views(length),
            DataType::FixedSizeBinary(width) => self.fixed(length, usize::try_from(*width).ok()),
            DataType::List(child) | DataType::Map(child, _) => {
                self.offsets(length, 4)?;
                self.child(child.data_type(), 0)
            }
            DataType::LargeList(child) => {
                self.offsets(length, 8)?;
                self.child(child.data_type(), 0)
            }
            DataType::ListView(child) => self.list_view(child.data_type(), length, 4),
            DataType::LargeListView(child) => self.list_view(child.data_type(), length, 8),
            DataType::FixedSizeList(child, size) => {
                let size = usize::try_from(*size).map_err(|_| broken())?;
                self.child(child.data_type(), length.checked_mul(size).ok_or_else(broken)?)
            }
            DataType::Struct(fields) => self.children(fields, length),
            DataType::Dictionary(keys, _) => self.whole(length, keys.primitive_width()),
            DataType::RunEndEncoded(ends, values) => {
                self.run_ends(ends.data_type())?;
                self.child(values.data_type(), 0)
            }
            DataType::Union(fields, mode) => {
                let children = fields.iter().map(|(_, field)| field.data_type());
                self.union(children, *mode, length)
            }
            other => self.fixed(length, other.primitive_width()),
        }
    }

    fn child(&mut self, data_type: &DataType, at_least: usize) -> Result<()> {
        needed(self.column(data_type)? >= at_least)
    }

    fn children(&mut self, fields: &Fields, length: usize) -> Result<()> {
        fields.iter().try_for_each(|field| self.child(field.data_type(), length))
    }

    fn list_view(&mut self, child: &DataType, length: usize, width: usize) -> Result<()> {
        self.whole(length, Some(width))?;
        self.whole(length, Some(width))?;
        self.child(child, 0)
    }

    fn views(&mut self, length: usize) -> Result<()> {
        self.whole(length, Some(16))?;
        let texts = self.variadic.next().and_then(|count| usize::try_from(count).ok()).ok_or_else(broken)?;
        (0..texts).try_for_each(|_| self.at_least(0))
    }

    fn run_ends(&mut self, data_type: &DataType) -> Result<()> {
        let node = self.nodes.next().ok_or_else(broken)?;
        let length = usize::try_from(node.length()).map_err(|_| broken())?;
        needed(node.null_count() == 0)?;
        self.at_least(0)?;
        self.whole(length, data_type.primitive_width())?;
        self.budget.values(length)
    }

    fn union<'t>(
        &mut self,
        mut children: impl Iterator<Item = &'t DataType>,
        mode: UnionMode,
        length: usize,
    ) -> Result<()> {
        if self.version < MetadataVersion::V5 {
            self.at_least(0)?;
        }
        self.at_least(length)?;
        let sparse = mode == UnionMode::Sparse;
        if !sparse {
            let offsets = self.buffer()?;
            // Arrow's reader reads them where they stand.
            let aligned = offsets.bytes.as_ptr().align_offset(align_of::<i32>()) == 0;
            needed(aligned && !self.compressed && fits(&offsets, length, 4))?;
        }
        children.try_for_each(|child| self.child(child, if sparse { length } else { 0 }))
    }

    /// Values of one width, which may have room after them.
    fn fixed(&mut self, length: usize, width: Option<usize>) -> Result<()> {
        self.at_least(length.checked_mul(width.ok_or_else(broken)?).ok_or_else(broken)?)
    }

    /// The same without a fraction of a value after them, where Arrow's reader looks at the buffer as a list.
    fn whole(&mut self, length: usize, width: Option<usize>) -> Result<()> {
        let buffer = self.buffer()?;
        needed(fits(&buffer, length, width.ok_or_else(broken)?))
    }

    /// One offset more than there are values, or none if there are no values.
    fn offsets(&mut self, length: usize, width: usize) -> Result<()> {
        let buffer = self.buffer()?;
        let empty = length == 0 && buffer.length == 0;
        needed(empty || fits(&buffer, length.checked_add(1).ok_or_else(broken)?, width))
    }

    fn at_least(&mut self, bytes: usize) -> Result<()> {
        needed(self.buffer()?.length >= bytes)
    }

    fn buffer(&mut self) -> Result<Span<'b>> {
        let buffer = self.buffers.next().ok_or_else(broken)?;
        let start = usize::try_from(buffer.offset()).map_err(|_| broken())?;
        let length = usize::try_from(buffer.length()).map_err(|_| broken())?;
        let bytes = self.body.get(start..).and_then(|rest| rest.get(..length)).ok_or_else(broken)?;
        let length = if self.compressed { decompressed(bytes)? } else { length };
        self.budget.take(length)?;
        Ok(Span { bytes, length })
    }
}

/// The length of a buffer when it is decompressed, as it says itself; Arrow's reader refuses it if it lies.
fn decompressed(bytes: &[u8]) -> Result<usize> {
    if bytes.is_empty() {
        return Ok(0);
    }
    let (size, rest) = bytes.split_first_chunk().ok_or_else(broken)?;
    match i64::from_le_bytes(*size) {
        NOT_COMPRESSED => Ok(rest.len()),
        size => usize::try_from(size).map_err(|_| broken()),
    }
}

fn fits(buffer: &Span<'_>, length: usize, width: usize) -> bool {
    buffer.length.is_multiple_of(width) && buffer.length / width >= length
}

fn needed(holds: bool) -> Result<()> {
    if holds { Ok(()) } else { Err(broken()) }
}
