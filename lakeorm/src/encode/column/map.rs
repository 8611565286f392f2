//! MAP.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, MapArray, StructArray};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType as ArrowType, FieldRef};

use super::super::WriteError;
use super::{ColumnOptions, Encoder, Lists, ToColumn};
use crate::DataType;

/// Gathers maps: lists of keys and values.
#[derive(Debug)]
pub struct Maps<K, V>(Lists<Entries<K, V>>);

/// The keys and the values of all maps.
#[derive(Debug)]
struct Entries<K, V> {
    keys: K,
    values: V,
}

impl<K: Encoder, V: Encoder> Encoder for Entries<K, V> {
    fn push_null(&mut self) {
        self.keys.push_null();
        self.values.push_null();
    }

    fn finish(self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let no_entries = || WriteError::new(format!("the entries of a map are no {data_type}"));
        let ArrowType::Struct(fields) = data_type else { return Err(no_entries()) };
        let [key, value] = fields.as_ref() else { return Err(no_entries()) };
        let keys = self.keys.finish(key.data_type()).map_err(|error| error.in_field("{key}"))?;
        let values = self.values.finish(value.data_type()).map_err(|error| error.in_field("{value}"))?;
        let entries = StructArray::try_new(fields.clone(), vec![keys, values], None);
        Ok(Arc::new(entries.map_err(|error| WriteError::column(&error))?))
    }
}

impl<K: Encoder, V: Encoder> Encoder for Maps<K, V> {
    fn push_null(&mut self) {
        Encoder::push_null(&mut self.0);
    }

    fn finish(self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let ArrowType::Map(entries, _) = data_type else {
            return Err(WriteError::new(format!("a map is no {data_type}")));
        };
        finish(self.0, entries)
    }
}

/// The lists as maps, whose entries are structs of a key and a value.
pub(super) fn finish<E: Encoder>(lists: Lists<E>, entries: &FieldRef) -> Result<ArrayRef, WriteError> {
    let (both, offsets, nulls) = lists.into_parts();
    let both = both.finish(entries.data_type())?;
    let both = both.as_any().downcast_ref::<StructArray>().cloned();
    let both = both.ok_or_else(|| WriteError::new("the entries of a map are no struct"))?;
    let map = MapArray::try_new(Arc::clone(entries), offsets, both, nulls, false);
    Ok(Arc::new(map.map_err(|error| WriteError::column(&error))?))
}

/// Lists of pairs as maps. A list may have a key twice, and a map may not: engines do not agree on which value it has then.
pub(super) fn of_pairs<E: Encoder>(lists: Lists<E>, entries: &FieldRef) -> Result<ArrayRef, WriteError> {
    let maps = finish(lists, entries)?;
    match maps.as_map_opt().is_some_and(has_key_twice) {
        true => Err(WriteError::new("a map has the same key twice: give each of its keys once")),
        false => Ok(maps),
    }
}

fn has_key_twice(maps: &MapArray) -> bool {
    if maps.offsets().lengths().all(|entries| entries < 2) {
        return false;
    }
    let converter = RowConverter::new(vec![SortField::new(maps.keys().data_type().clone())]);
    // What cannot be compared is no key that an engine takes.
    let keys = converter.and_then(|converter| converter.convert_columns(&[Arc::clone(maps.keys())]));
    let Ok(keys) = keys else { return false };
    let (mut keys, mut seen) = (keys.iter(), HashSet::new());
    maps.offsets().lengths().any(|entries| {
        seen.clear();
        keys.by_ref().take(entries).any(|key| !seen.insert(key))
    })
}

macro_rules! maps {
    ($([$($generic:tt)*] $map:ty;)*) => {$(
        impl<K: ToColumn, V: ToColumn $($generic)*> ToColumn for $map {
            type Encoder = Maps<K::Encoder, V::Encoder>;

            fn data_type(options: ColumnOptions) -> DataType {
                DataType::Map {
                    key: Box::new(K::data_type(options)),
                    value: Box::new(V::data_type(options)),
                    value_contains_null: V::NULLABLE,
                }
            }

            fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
                let (keys, values) = (K::encoder(options, rows), V::encoder(options, rows));
                Maps(Lists::new(Entries { keys, values }, rows))
            }

            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
                encoder.0.push(self.iter(), |(key, value), entries| {
                    K::encode(key, &mut entries.keys).map_err(|error| error.in_field("{key}"))?;
                    V::encode(value, &mut entries.values).map_err(|error| error.in_field("{value}"))
                })
            }
        }
    )*};
}

maps! {
    [] BTreeMap<K, V>;
    [, S: BuildHasher] HashMap<K, V, S>;
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = Vec<(String, Option<i32>)>;

    fn encoded(maps: &[Pairs]) -> Result<ArrayRef, WriteError> {
        let options = ColumnOptions::default();
        let mut encoder = Pairs::encoder(options, maps.len());
        maps.iter().try_for_each(|pairs| pairs.encode(&mut encoder))?;
        encoder.finish(&Pairs::data_type(options).to_arrow().unwrap())
    }

    fn pairs(keys: &[&str]) -> Pairs {
        keys.iter().map(|key| ((*key).to_owned(), None)).collect()
    }

    #[test]
    fn a_list_of_pairs_with_a_key_twice_is_no_map_and_two_maps_may_have_one_key() {
        let twice = encoded(&[pairs(&["a"]), pairs(&["b", "a", "b"])]).unwrap_err();
        assert_eq!(twice.to_string(), "a map has the same key twice: give each of its keys once");
        let maps = encoded(&[pairs(&["a", "b"]), pairs(&[]), pairs(&["b", "a"])]).unwrap();
        assert_eq!(maps.as_map().offsets().iter().copied().collect::<Vec<_>>(), [0, 2, 2, 4]);
    }
}
