//! MAP, as `HashMap` and `BTreeMap`. `Vec<(K, V)>` keeps the order and takes keys that cannot be looked up.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;

use super::list::too_long;
use super::opaque::opaque;
use super::read_mode::{Fast, Inline, ReadMode};
use super::{FromColumn, ReadError, Refusal, Shape, ShapeKind, Spans};

/// Maps of one batch, and the readers of their keys and values.
pub struct Maps<'b, K, V> {
    spans: Spans<'b>,
    /// `None` where they have the type VOID, as those of `map()` do: there are none.
    entries: Option<(K, V)>,
}

opaque!(Maps<'b, K, V>);

impl<KR, VR> Maps<'_, KR, VR> {
    /// Hands these entries to `insert`, which says whether the key was new.
    #[inline]
    fn read<'b, M: ReadMode, K, V>(
        &self,
        range: Range<usize>,
        mut insert: impl FnMut(K, V) -> bool,
    ) -> Result<(), ReadError>
    where
        K: FromColumn<'b, Reader = KR>,
        V: FromColumn<'b, Reader = VR>,
    {
        let Some((keys, values)) = &self.entries else {
            return if range.is_empty() { Ok(()) } else { Err(void()) };
        };
        for entry in range {
            let key = M::read::<K>(keys, entry).map_err(|error| error.in_field("{key}"))?;
            let value = M::read::<V>(values, entry).map_err(|error| error.in_field("{value}"))?;
            if !insert(key, value) {
                return Err(ReadError::new("the map has the same key twice; use Vec<(K, V)>"));
            }
        }
        Ok(())
    }

    fn fast_rows<'b, K, V>(&self, rows: usize) -> usize
    where
        K: FromColumn<'b, Reader = KR>,
        V: FromColumn<'b, Reader = VR>,
    {
        match &self.entries {
            Some((keys, values)) => {
                self.spans.fast_rows_with(rows, |end| K::fast_rows(keys, V::fast_rows(values, end)))
            }
            None => 0,
        }
    }
}

#[cold]
fn void() -> ReadError {
    ReadError::new("the value is NULL; make it an Option").in_field("{value}")
}

fn accept<'b, K: FromColumn<'b>, V: FromColumn<'b>>(data_type: &DataType) -> Result<Shape, Refusal> {
    let (key, value) = entry_types(data_type).ok_or_else(Refusal::new)?;
    let shape = match (K::accepts(key), V::accepts(value)) {
        (Ok(key), Ok(value)) => Shape::map(key, value),
        _ if is_void(data_type) => Shape::map(Shape::leaf(), Shape::leaf()),
        (Ok(_), Err(refusal)) => return Err(refusal.of_child::<V>("{value}", value)),
        (Err(refusal), Ok(_)) => return Err(refusal.of_child::<K>("{key}", key)),
        (Err(keys), Err(values)) => {
            let keys = keys.of_child::<K>("{key}", key);
            return Err(keys.and(values.of_child::<V>("{value}", value)));
        }
    };
    Ok(shape)
}

fn entry_types(data_type: &DataType) -> Option<(&DataType, &DataType)> {
    let DataType::Map(entries, _) = data_type else { return None };
    let DataType::Struct(fields) = entries.data_type() else { return None };
    // By position: engines do not agree on the names.
    match fields.as_ref() {
        [key, value] => Some((key.data_type(), value.data_type())),
        _ => None,
    }
}

/// Whether the map's type is that of `map()`, which has no entries.
fn is_void(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Map(entries, _) if are_void(entries.data_type()))
}

/// Whether entries have keys and values of the type VOID.
pub(super) fn are_void(entries: &DataType) -> bool {
    let DataType::Struct(fields) = entries else { return false };
    fields.len() == 2 && fields.iter().all(|field| *field.data_type() == DataType::Null)
}

fn bind<'b, K: FromColumn<'b>, V: FromColumn<'b>>(
    array: &'b dyn Array,
    shape: &Shape,
) -> Result<Maps<'b, K::Reader, V::Reader>, ReadError> {
    let (Some(map), ShapeKind::Map(key, value)) = (array.as_map_opt(), shape.kind()) else {
        return Err(ReadError::unexpected(array));
    };
    let keys = K::bind(map.keys(), key).map_err(|error| error.in_field("{key}"));
    let values = V::bind(map.values(), value).map_err(|error| error.in_field("{value}"));
    let entries = match (keys, values) {
        (Ok(keys), Ok(values)) => Some((keys, values)),
        _ if is_void(map.data_type()) => None,
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    Ok(Maps { spans: Spans::Small(map.offsets()), entries })
}

impl<'b, K, V, S> FromColumn<'b> for HashMap<K, V, S>
where
    K: FromColumn<'b> + Eq + Hash,
    V: FromColumn<'b>,
    S: BuildHasher + Default,
{
    type Reader = Maps<'b, K::Reader, V::Reader>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        accept::<K, V>(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        bind::<K, V>(array, shape)
    }

    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        reader.fast_rows::<K, V>(rows)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        hashed::<Inline, K, V, S>(reader, row)
    }

    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        hashed::<Fast, K, V, S>(reader, row)
    }
}

fn hashed<'b, M: ReadMode, K, V, S>(
    reader: &Maps<'b, K::Reader, V::Reader>,
    row: usize,
) -> Result<HashMap<K, V, S>, ReadError>
where
    K: FromColumn<'b> + Eq + Hash,
    V: FromColumn<'b>,
    S: BuildHasher + Default,
{
    let range = reader.spans.get(row)?;
    let mut map = HashMap::with_hasher(S::default());
    map.try_reserve(range.len()).map_err(|_| too_long())?;
    reader.read::<M, K, V>(range, |key, value| map.insert(key, value).is_none())?;
    Ok(map)
}

impl<'b, K: FromColumn<'b> + Ord, V: FromColumn<'b>> FromColumn<'b> for BTreeMap<K, V> {
    type Reader = Maps<'b, K::Reader, V::Reader>;

    fn accepts(data_type: &DataType) -> Result<Shape, Refusal> {
        accept::<K, V>(data_type)
    }

    fn bind(array: &'b dyn Array, shape: &Shape) -> Result<Self::Reader, ReadError> {
        bind::<K, V>(array, shape)
    }

    fn fast_rows(reader: &Self::Reader, rows: usize) -> usize {
        reader.fast_rows::<K, V>(rows)
    }

    fn read(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let mut map = Self::new();
        reader.read::<Inline, K, V>(reader.spans.get(row)?, |key, value| map.insert(key, value).is_none())?;
        Ok(map)
    }

    fn read_fast(reader: &Self::Reader, row: usize) -> Result<Self, ReadError> {
        let mut map = Self::new();
        reader.read::<Fast, K, V>(reader.spans.get(row)?, |key, value| map.insert(key, value).is_none())?;
        Ok(map)
    }
}
