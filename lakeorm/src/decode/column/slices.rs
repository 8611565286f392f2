//! STRING and BINARY, owned and borrowed: slices of one batch, in each of Arrow's three layouts.

use std::fmt;
use std::sync::LazyLock;

use arrow_array::types::{
    BinaryType, BinaryViewType, ByteArrayType, ByteViewType, LargeBinaryType, LargeUtf8Type, StringViewType,
    Utf8Type,
};
use arrow_array::{Array, GenericByteArray, GenericByteViewArray};
use arrow_schema::DataType;

use super::{FromColumn, ReadError, Refusal, Shape};

/// Strings or byte strings of one batch. The array with offsets of 32 bits, which servers send, is empty where the
/// column has another layout: the check of the index then also tells the two apart.
pub struct Slices<'b, K: SliceKind> {
    small: &'b GenericByteArray<K::Small>,
    other: Other<'b, K>,
}

enum Other<'b, K: SliceKind> {
    None,
    /// Offsets of 64 bits (`spark.sql.execution.arrow.useLargeVarTypes`).
    Large(&'b GenericByteArray<K::Large>),
    /// Views into several buffers.
    View(&'b GenericByteViewArray<K::View>),
}

/// STRING or BINARY.
pub trait SliceKind: Sized + 'static {
    /// `str` or `[u8]`.
    type Slice: ?Sized + 'static;
    /// Arrow's type with offsets of 32 bits.
    type Small: ByteArrayType<Native = Self::Slice>;
    /// Arrow's type with offsets of 64 bits.
    type Large: ByteArrayType<Native = Self::Slice>;
    /// Arrow's type of views.
    type View: ByteViewType<Native = Self::Slice>;

    /// An array without a value.
    fn none() -> &'static GenericByteArray<Self::Small>;

    /// The slice without an element.
    fn empty<'b>() -> &'b Self::Slice;
}

/// STRING.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Text;

/// BINARY.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Binary;

impl SliceKind for Text {
    type Slice = str;
    type Small = Utf8Type;
    type Large = LargeUtf8Type;
    type View = StringViewType;

    fn none() -> &'static GenericByteArray<Utf8Type> {
        static NONE: LazyLock<GenericByteArray<Utf8Type>> = LazyLock::new(|| GenericByteArray::new_null(0));
        &NONE
    }

    #[inline(always)]
    fn empty<'b>() -> &'b str {
        ""
    }
}

impl SliceKind for Binary {
    type Slice = [u8];
    type Small = BinaryType;
    type Large = LargeBinaryType;
    type View = BinaryViewType;

    fn none() -> &'static GenericByteArray<BinaryType> {
        static NONE: LazyLock<GenericByteArray<BinaryType>> = LazyLock::new(|| GenericByteArray::new_null(0));
        &NONE
    }

    #[inline(always)]
    fn empty<'b>() -> &'b [u8] {
        &[]
    }
}

impl<'b, K: SliceKind> Slices<'b, K> {
    fn bind(array: &'b dyn Array) -> Result<Self, ReadError> {
        let values = array.as_any();
        if let Some(small) = values.downcast_ref() {
            return Ok(Self { small, other: Other::None });
        }
        let other = match (values.downcast_ref(), values.downcast_ref()) {
            (Some(large), _) => Other::Large(large),
            (_, Some(view)) => Other::View(view),
            _ => return Err(ReadError::unexpected(array)),
        };
        Ok(Self { small: K::none(), other })
    }

    #[inline]
    fn fast_rows(&self, rows: usize) -> usize {
        rows.min(self.small.len())
    }

    #[inline(always)]
    fn get(&self, row: usize) -> Result<&'b K::Slice, ReadError> {
        if row < self.small.len() { Ok(self.small.value(row)) } else { self.other.get(row) }
    }

    /// [`get`](Self::get) of one of the first [`fast_rows`](Self::fast_rows).
    #[inline(always)]
    fn get_fast(&self, row: usize) -> &'b K::Slice {
        if row < self.small.len() { self.small.value(row) } else { K::empty() }
    }
}

impl<K: SliceKind> Clone for Other<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: SliceKind> Copy for Other<'_, K> {}

impl<'b, K: SliceKind> Other<'b, K> {
    // By value: a reader whose address is taken cannot live in registers.
    #[inline(always)]
    fn get(self, row: usize) -> Result<&'b K::Slice, ReadError> {
        match self {
            Self::Large(array) if row < array.len() => Ok(array.value(row)),
            Self::View(array) if row < array.len() => Ok(array.value(row)),
            _ => Err(ReadError::outside(row)),
        }
    }
}

impl<K: SliceKind> fmt::Debug for Slices<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slices").finish_non_exhaustive()
    }
}

/// Implements the trait for slices of one kind, borrowed and owned.
macro_rules! slices {
    ($slice:ty, $owned:ty, $kind:ty, $spark:literal, $arrow:pat) => {
        impl<'b: 'a, 'a> FromColumn<'b> for &'a $slice {
            type Reader = Slices<'b, $kind>;

            const INFALLIBLE: bool = true;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                match data_type {
                    $arrow => Ok(Shape::leaf()),
                    _ => Err(Refusal::cast_to($spark)),
                }
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                Slices::bind(array)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                reader.fast_rows(rows)
            }

            #[inline(always)]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                reader.get(row)
            }

            #[inline(always)]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                Ok(reader.get_fast(row))
            }
        }

        impl<'b> FromColumn<'b> for $owned {
            type Reader = Slices<'b, $kind>;

            const INFALLIBLE: bool = true;

            fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
                <&$slice>::accepts(data_type)
            }

            fn bind(array: &'b dyn Array, _: &Shape) -> Result<Self::Reader, ReadError> {
                Slices::bind(array)
            }

            #[inline]
            fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
                reader.fast_rows(rows)
            }

            #[inline(always)]
            fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                reader.get(row).map(<$slice>::to_owned)
            }

            #[inline(always)]
            fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
                Ok(reader.get_fast(row).to_owned())
            }
        }
    };
}

slices!(str, String, Text, "STRING", DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
slices!([u8], Vec<u8>, Binary, "BINARY", DataType::Binary | DataType::LargeBinary | DataType::BinaryView);
