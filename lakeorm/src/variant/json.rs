//! The JSON of a VARIANT. The layout is that of the Parquet format's variant encoding, version 1, which Spark uses.

use std::fmt;

use serde_json::{Map, Value};

use super::Variant;
use crate::Decimal;
use crate::json::scalar;

#[cfg(test)]
mod tests;

/// How deep values may be nested, as in `serde_json`.
const MAX_DEPTH: u8 = 128;

/// The maximum bytes of field names for each byte of the value, as each field has a copy of its name. A field takes
/// three bytes or more, so its name may have some two hundred on average.
const NAMES_PER_BYTE: usize = 64;

/// The bytes of field names that are allowed in any case.
const NAMES: usize = 1 << 20;

/// Why a [`Variant`] cannot be read: its bytes are not in the format, or in a newer version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariantError(&'static str);

impl fmt::Display for VariantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the VARIANT cannot be read: {}", self.0)
    }
}

impl std::error::Error for VariantError {}

type Result<T> = std::result::Result<T, VariantError>;

impl Variant {
    /// The value as JSON.
    ///
    /// Dates, times and UUIDs become text, bytes become base64, and so do not differ from strings. A decimal that
    /// has no exact number in JSON (more than 15 digits with a fraction) and a NaN or infinity become text too.
    ///
    /// # Errors
    /// The bytes are not in the format, are nested deeper than 128 levels, hold a type that this version does not know,
    /// or stand for many times as much JSON as they are.
    pub fn to_json(&self) -> Result<Value> {
        let names = Names::new(&self.metadata)?;
        // As much as the dictionary has in any case, of which each name may be used once.
        let names_left = self.value.len().saturating_mul(NAMES_PER_BYTE).max(self.metadata.len()).max(NAMES);
        let mut reader = Reader { names, bytes_left: self.value.len(), names_left };
        reader.value(&self.value, MAX_DEPTH)
    }
}

/// The dictionary of field names.
struct Names<'a> {
    offsets: &'a [u8],
    width: usize,
    bytes: &'a [u8],
}

impl<'a> Names<'a> {
    fn new(metadata: &'a [u8]) -> Result<Self> {
        let (header, rest) = metadata.split_first().ok_or(VariantError("the metadata is empty"))?;
        if header & 0x0f != 1 {
            return Err(VariantError("the metadata is of another version than 1"));
        }
        let width = usize::from(header >> 6) + 1;
        let count = number(rest, 0, width)?;
        let offsets = piece(rest, width, size(count.saturating_add(1), width)?)?;
        let bytes = rest.get(width + offsets.len()..).unwrap_or_default();
        Ok(Self { offsets, width, bytes })
    }

    fn get(&self, id: usize) -> Result<&'a [u8]> {
        let start = number(self.offsets, size(id, self.width)?, self.width)?;
        let end = number(self.offsets, size(id.saturating_add(1), self.width)?, self.width)?;
        self.bytes.get(start..end).ok_or(VariantError("a field's name is missing"))
    }
}

struct Reader<'a> {
    names: Names<'a>,
    /// The bytes that the values to come may take. Values that share bytes, which the format does not forbid, could stand
    /// for any number of copies of them otherwise.
    bytes_left: usize,
    /// The same for the names of their fields, which objects do share.
    names_left: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, bytes: &[u8], depth: u8) -> Result<Value> {
        let depth = depth.checked_sub(1).ok_or(VariantError("it is nested too deep"))?;
        self.take(1)?;
        let (first, rest) = bytes.split_first().ok_or(VariantError("a value is missing"))?;
        let header = first >> 2;
        match first & 0b11 {
            0 => self.primitive(header, rest),
            1 => Ok(text(self.counted(piece(rest, 0, usize::from(header))?)?)?.into()),
            2 => self.object(header, rest, depth),
            _ => self.array(header, rest, depth),
        }
    }

    /// Counts bytes of the value, before anything is made of them.
    fn take(&mut self, bytes: usize) -> Result<()> {
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(VariantError("its values overlap"))?;
        Ok(())
    }

    /// Bytes that are copied.
    fn counted<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8]> {
        self.take(bytes.len())?;
        Ok(bytes)
    }

    fn primitive(&mut self, kind: u8, bytes: &[u8]) -> Result<Value> {
        match kind {
            15 => Ok(scalar::base64(self.counted(sized(bytes)?)?).into()),
            16 => Ok(text(self.counted(sized(bytes)?)?)?.into()),
            _ => fixed_size(kind, bytes),
        }
    }

    /// The name of a field, which is copied.
    fn name(&mut self, id: usize) -> Result<&'a str> {
        let name = self.names.get(id)?;
        let left = self.names_left.checked_sub(name.len());
        self.names_left = left.ok_or(VariantError(
            "the names of its fields take many times as much as its values; select to_json of it, and read a String",
        ))?;
        text(name)
    }

    fn object(&mut self, header: u8, bytes: &[u8], depth: u8) -> Result<Value> {
        let (offset_width, id_width) = (usize::from(header & 0b11) + 1, usize::from(header >> 2 & 0b11) + 1);
        let (count, at) = count(bytes, header & 0b1_0000 != 0)?;
        let ids = piece(bytes, at, size(count, id_width)?)?;
        let (offsets, values) = elements(bytes, at + ids.len(), count, offset_width)?;
        let mut object = Map::new();
        for i in 0..count {
            let name = self.name(number(ids, i * id_width, id_width)?)?;
            let start = number(offsets, i * offset_width, offset_width)?;
            let value = self.value(values.get(start..).unwrap_or_default(), depth)?;
            if object.insert(name.to_owned(), value).is_some() {
                return Err(VariantError("an object has a name twice"));
            }
        }
        Ok(Value::Object(object))
    }

    fn array(&mut self, header: u8, bytes: &[u8], depth: u8) -> Result<Value> {
        let offset_width = usize::from(header & 0b11) + 1;
        let (count, at) = count(bytes, header & 0b100 != 0)?;
        let (offsets, values) = elements(bytes, at, count, offset_width)?;
        let mut array = Vec::new();
        for i in 0..count {
            let start = number(offsets, i * offset_width, offset_width)?;
            array.push(self.value(values.get(start..).unwrap_or_default(), depth)?);
        }
        Ok(Value::Array(array))
    }
}

/// How many elements there are, and where what follows starts.
fn count(bytes: &[u8], large: bool) -> Result<(usize, usize)> {
    let width = if large { 4 } else { 1 };
    Ok((number(bytes, 0, width)?, width))
}

/// The offsets of elements and the bytes that they point into.
fn elements(bytes: &[u8], at: usize, count: usize, width: usize) -> Result<(&[u8], &[u8])> {
    let offsets = piece(bytes, at, size(count.saturating_add(1), width)?)?;
    Ok((offsets, bytes.get(at + offsets.len()..).unwrap_or_default()))
}

/// A primitive value whose type says how long it is.
fn fixed_size(kind: u8, bytes: &[u8]) -> Result<Value> {
    Ok(match kind {
        0 => Value::Null,
        1 => true.into(),
        2 => false.into(),
        3 => i8::from_le_bytes(fixed(bytes)?).into(),
        4 => i16::from_le_bytes(fixed(bytes)?).into(),
        5 => i32::from_le_bytes(fixed(bytes)?).into(),
        6 => i64::from_le_bytes(fixed(bytes)?).into(),
        7 => scalar::double(f64::from_le_bytes(fixed(bytes)?)),
        8 => decimal(bytes, |digits| Ok(i32::from_le_bytes(fixed(digits)?).into()))?,
        9 => decimal(bytes, |digits| Ok(i64::from_le_bytes(fixed(digits)?).into()))?,
        10 => decimal(bytes, |digits| Ok(i128::from_le_bytes(fixed(digits)?)))?,
        11 => {
            scalar::date(i32::from_le_bytes(fixed(bytes)?)).ok_or(VariantError("a date is out of range"))?
        }
        12 => timestamp(i64::from_le_bytes(fixed(bytes)?), 1_000, true)?,
        13 => timestamp(i64::from_le_bytes(fixed(bytes)?), 1_000, false)?,
        14 => scalar::float(f32::from_le_bytes(fixed(bytes)?)),
        17 => time(i64::from_le_bytes(fixed(bytes)?))?,
        18 => timestamp(i64::from_le_bytes(fixed(bytes)?), 1, true)?,
        19 => timestamp(i64::from_le_bytes(fixed(bytes)?), 1, false)?,
        20 => uuid::Uuid::from_bytes(fixed(bytes)?).to_string().into(),
        _ => return Err(VariantError("a value is of a type that this version does not know")),
    })
}

fn decimal(bytes: &[u8], unscaled: impl FnOnce(&[u8]) -> Result<i128>) -> Result<Value> {
    let (scale, digits) = bytes.split_first().ok_or(VariantError("a value is cut off"))?;
    let decimal =
        Decimal::new(unscaled(digits)?, *scale).map_err(|_| VariantError("a decimal has too many digits"))?;
    Ok(scalar::decimal(decimal))
}

fn timestamp(count: i64, nanos_each: i64, zoned: bool) -> Result<Value> {
    let second = 1_000_000_000 / nanos_each;
    let nanos = u32::try_from(count.rem_euclid(second) * nanos_each).unwrap_or_default();
    scalar::timestamp(count.div_euclid(second), nanos, zoned)
        .ok_or(VariantError("a timestamp is out of range"))
}

fn time(micros: i64) -> Result<Value> {
    micros.checked_mul(1_000).and_then(scalar::time).ok_or(VariantError("a time is out of range"))
}

/// The bytes that follow their length.
fn sized(bytes: &[u8]) -> Result<&[u8]> {
    piece(bytes, 4, number(bytes, 0, 4)?)
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| VariantError("a text is not UTF-8"))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.first_chunk().copied().ok_or(VariantError("a value is cut off"))
}

/// The little-endian number of `width` bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Result<usize> {
    let bytes = piece(bytes, at, width)?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}

fn piece(bytes: &[u8], at: usize, len: usize) -> Result<&[u8]> {
    let end = at.checked_add(len).ok_or(VariantError("a value is cut off"))?;
    bytes.get(at..end).ok_or(VariantError("a value is cut off"))
}

fn size(count: usize, width: usize) -> Result<usize> {
    count.checked_mul(width).ok_or(VariantError("a value is cut off"))
}
