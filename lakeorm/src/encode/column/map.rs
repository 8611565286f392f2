//! MAP.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ListArray, MapArray, StructArray};
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType as ArrowType, FieldRef};

use super::super::WriteError;
use super::{ColumnOptions, Encoder, Lists, ToColumn};
use crate::DataType;

/// Gathers maps: lists of keys and values.
#[derive(Debug)]
pub struct Maps<K, V> {
    entries: Lists<Entries<K, V>>,
    /// Whether two keys of one map may be the same in the column.
    keys_may_repeat: bool,
}

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
        let no_entries = || WriteError::new(format!("map entries cannot be encoded as {data_type}"));
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
        Encoder::push_null(&mut self.entries);
    }

    fn finish(self, data_type: &ArrowType) -> Result<ArrayRef, WriteError> {
        let ArrowType::Map(entries, _) = data_type else {
            return Err(WriteError::new(format!("a map cannot be encoded as {data_type}")));
        };
        match self.keys_may_repeat {
            true => finish_distinct(self.entries, entries),
            false => finish(self.entries, entries),
        }
    }
}

/// The lists as maps, whose entries are structs of a key and a value.
fn finish<E: Encoder>(lists: Lists<E>, entries: &FieldRef) -> Result<ArrayRef, WriteError> {
    let (both, offsets, nulls) = lists.into_parts();
    let both = both.finish(&with_nullable_keys(entries.data_type()));
    let both = both.and_then(|both| without_null_keys(&both, entries.data_type()));
    let both = both.map_err(|error| error.in_list(&offsets))?;
    let map = MapArray::try_new(Arc::clone(entries), offsets, both, nulls, false);
    Ok(Arc::new(map.map_err(|error| WriteError::column(&error))?))
}

/// The type of entries in which a NULL key has a place, so that its error can say which map has it.
fn with_nullable_keys(entries: &ArrowType) -> ArrowType {
    let ArrowType::Struct(fields) = entries else { return entries.clone() };
    let key = |field: &FieldRef| Arc::new(field.as_ref().clone().with_nullable(true));
    let rest = fields.iter().skip(1).map(Arc::clone);
    ArrowType::Struct(fields.iter().take(1).map(key).chain(rest).collect())
}

/// The entries as they are in a map, no key of which is NULL.
fn without_null_keys(both: &ArrayRef, entries: &ArrowType) -> Result<StructArray, WriteError> {
    let (Some(both), ArrowType::Struct(fields)) = (both.as_struct_opt(), entries) else {
        return Err(WriteError::new("map entries were not encoded as structs"));
    };
    let nulls = both.columns().first().and_then(Array::logical_nulls);
    if let Some(entry) = nulls.and_then(|nulls| (0..nulls.len()).find(|entry| nulls.is_null(*entry))) {
        let error = WriteError::new("a key of a map is NULL: leave the entry out");
        return Err(error.in_field("{key}").at(entry));
    }
    let entries = StructArray::try_new(fields.clone(), both.columns().to_vec(), both.nulls().cloned());
    entries.map_err(|error| WriteError::column(&error))
}

/// The same for lists that may have a key twice, which maps may not: engines do not agree on which value they have
/// then.
pub(super) fn finish_distinct<E: Encoder>(
    lists: Lists<E>,
    entries: &FieldRef,
) -> Result<ArrayRef, WriteError> {
    let maps = finish(lists, entries)?;
    match maps.as_map_opt().and_then(with_key_twice) {
        Some(map) => Err(WriteError::new("a map has the same key twice: give each of its keys once").at(map)),
        None => Ok(maps),
    }
}

/// The first map that has a key twice.
fn with_key_twice(maps: &MapArray) -> Option<usize> {
    if maps.offsets().lengths().all(|entries| entries < 2) {
        return None;
    }
    let converter = RowConverter::new(vec![SortField::new(maps.keys().data_type().clone())]);
    // No engine takes keys that cannot be compared.
    let keys = converter.and_then(|converter| converter.convert_columns(&[as_compared(maps.keys())]));
    let keys = keys.ok()?;
    let (mut keys, mut seen) = (keys.iter(), HashSet::new());
    maps.offsets().lengths().position(|entries| {
        seen.clear();
        keys.by_ref().take(entries).any(|key| !seen.insert(key))
    })
}

/// The keys as SQL compares them: with one zero and one NaN.
fn as_compared(keys: &ArrayRef) -> ArrayRef {
    match keys.data_type() {
        ArrowType::Float32 => {
            let one = |number: f32| if number.is_nan() { f32::NAN } else { number + 0.0 };
            Arc::new(keys.as_primitive::<Float32Type>().unary::<_, Float32Type>(one))
        }
        ArrowType::Float64 => {
            let one = |number: f64| if number.is_nan() { f64::NAN } else { number + 0.0 };
            Arc::new(keys.as_primitive::<Float64Type>().unary::<_, Float64Type>(one))
        }
        ArrowType::List(element) => {
            let lists = keys.as_list::<i32>();
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            match ListArray::try_new(Arc::clone(element), offsets, as_compared(lists.values()), nulls) {
                Ok(lists) => Arc::new(lists),
                Err(_) => Arc::clone(keys),
            }
        }
        ArrowType::Struct(fields) => {
            let structs = keys.as_struct();
            let columns = structs.columns().iter().map(as_compared).collect();
            match StructArray::try_new(fields.clone(), columns, structs.nulls().cloned()) {
                Ok(structs) => Arc::new(structs),
                Err(_) => Arc::clone(keys),
            }
        }
        _ => Arc::clone(keys),
    }
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
                let entries = Lists::new(Entries { keys, values }, rows);
                Maps { entries, keys_may_repeat: !K::DISTINCT }
            }

            fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
                encoder.entries.push(self.iter(), |(key, value), entries| {
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

    /// A number whose zeros are two, as they are two keys of a Rust map.
    #[derive(Clone, Copy)]
    struct Total(f64);

    impl PartialEq for Total {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Total {}

    impl PartialOrd for Total {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Total {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            self.0.total_cmp(&other.0)
        }
    }

    impl ToColumn for Total {
        type Encoder = <f64 as ToColumn>::Encoder;

        fn data_type(options: ColumnOptions) -> DataType {
            f64::data_type(options)
        }

        fn encoder(options: ColumnOptions, rows: usize) -> Self::Encoder {
            f64::encoder(options, rows)
        }

        fn encode(&self, encoder: &mut Self::Encoder) -> Result<(), WriteError> {
            self.0.encode(encoder)
        }
    }

    /// One map of these keys.
    fn map_of<K: ToColumn + Ord + Clone>(keys: &[K]) -> Result<ArrayRef, WriteError> {
        let map: BTreeMap<K, bool> = keys.iter().map(|key| (key.clone(), true)).collect();
        assert_eq!(map.len(), keys.len());
        let options = ColumnOptions::default();
        let mut encoder = BTreeMap::<K, bool>::encoder(options, 1);
        map.encode(&mut encoder)?;
        encoder.finish(&BTreeMap::<K, bool>::data_type(options).to_arrow().unwrap())
    }

    #[test]
    fn two_keys_of_a_rust_map_that_are_one_in_sql_are_an_error() {
        let twice = "a map has the same key twice: give each of its keys once";
        let nan = f64::from_bits(f64::NAN.to_bits() | 1);
        for keys in [[Total(0.0), Total(-0.0)], [Total(f64::NAN), Total(nan)]] {
            assert_eq!(map_of(&keys).unwrap_err().to_string(), twice);
            assert_eq!(map_of(&keys.map(|key| (key, 1))).unwrap_err().to_string(), twice);
            assert_eq!(map_of(&keys.map(|key| vec![Some(key)])).unwrap_err().to_string(), twice);
        }
        assert!(map_of(&[Total(0.0), Total(1.0), Total(f64::NAN)]).is_ok());
        assert!(map_of(&["a", "A"]).is_ok());
    }

    #[test]
    fn a_null_key_is_an_error_at_its_map() {
        type Keyed = Vec<(Option<i64>, i64)>;
        let maps: [Keyed; 3] = [vec![(Some(1), 1), (Some(2), 2)], vec![], vec![(Some(1), 1), (None, 2)]];
        let options = ColumnOptions::default();
        let mut encoder = Keyed::encoder(options, maps.len());
        maps.iter().try_for_each(|map| map.encode(&mut encoder)).unwrap();
        let error = encoder.finish(&Keyed::data_type(options).to_arrow().unwrap()).unwrap_err();
        assert_eq!(error.position(), Some(2));
        assert_eq!(error.to_string(), "{key}: a key of a map is NULL: leave the entry out");

        let error = map_of(&[Some(1_i64), None]).unwrap_err();
        assert_eq!(error.to_string(), "{key}: a key of a map is NULL: leave the entry out");
        assert!(map_of(&[Some(1_i64), Some(2)]).is_ok());
    }

    #[test]
    fn a_list_of_pairs_with_a_key_twice_is_no_map_and_two_maps_may_have_one_key() {
        let twice = encoded(&[pairs(&["a"]), pairs(&["b", "a", "b"])]).unwrap_err();
        assert_eq!(twice.to_string(), "a map has the same key twice: give each of its keys once");
        let maps = encoded(&[pairs(&["a", "b"]), pairs(&[]), pairs(&["b", "a"])]).unwrap();
        assert_eq!(maps.as_map().offsets().iter().copied().collect::<Vec<_>>(), [0, 2, 2, 4]);
    }
}
