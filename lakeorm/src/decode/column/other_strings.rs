//! STRING and BINARY in the other types that own or borrow them.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::Array;
use arrow_schema::DataType;

use super::converted::converted;
use super::{FromColumn, ReadError, Refusal, Shape};

converted!(Box<str>, &'b str, |text| Ok(Self::from(text)));
converted!(Rc<str>, &'b str, |text| Ok(Self::from(text)));
converted!(Arc<str>, &'b str, |text| Ok(Self::from(text)));
converted!(Box<[u8]>, &'b [u8], |bytes| Ok(Self::from(bytes)));
converted!(Rc<[u8]>, &'b [u8], |bytes| Ok(Self::from(bytes)));
converted!(Arc<[u8]>, &'b [u8], |bytes| Ok(Self::from(bytes)));

/// Bytes of a fixed number: the value must have exactly as many.
impl<'b, const N: usize> FromColumn<'b> for [u8; N] {
    type Reader = <&'b [u8] as FromColumn<'b>>::Reader;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&[u8]>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        <&[u8]>::bind(array, shape)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let bytes = <&[u8]>::read(reader, row)?;
        Self::try_from(bytes).map_err(|_| {
            ReadError::new(format!(
                "the value has {} bytes, the Rust array has {N}; use a Vec<u8>",
                bytes.len()
            ))
        })
    }
}

/// Borrows from the batch, always.
impl<'b: 'a, 'a, T> FromColumn<'b> for Cow<'a, T>
where
    T: ToOwned + ?Sized,
    &'a T: FromColumn<'b>,
{
    type Reader = <&'a T as FromColumn<'b>>::Reader;

    const INFALLIBLE: bool = <&'a T as FromColumn<'b>>::INFALLIBLE;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        <&'a T>::accepts(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        <&'a T>::bind(array, shape)
    }

    #[inline]
    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        <&'a T>::fast_rows(reader, rows)
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        <&'a T>::read(reader, row).map(Cow::Borrowed)
    }

    #[inline(always)]
    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        <&'a T>::read_fast(reader, row).map(Cow::Borrowed)
    }
}
