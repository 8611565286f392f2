//! What a type asks of JSON: a struct is an object and no array, whose values would be taken by their position. Where
//! rows are read it has no field that the type does not know. And which keys of JSON are fields of the type: the others
//! are keys of maps, which are data and do not belong into an error.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

/// The keys that a type reads as the names of its fields and variants. Where a map is flattened, serde reads its keys
/// as such names too.
#[derive(Default)]
pub(crate) struct Fields(RefCell<BTreeSet<String>>);

impl Fields {
    /// Reads the text once more, up to its first error.
    pub(crate) fn of<T: DeserializeOwned>(text: &[u8]) -> Self {
        let fields = Self::default();
        let mut json = serde_json::Deserializer::from_slice(text);
        let strict = Strict { fields: Some(&fields), ..Strict::row(&mut json) };
        // The value, or the error, is known already.
        let _ = <T as Deserialize<'_>>::deserialize(strict);
        fields
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.borrow().contains(key)
    }

    fn note(&self, key: &str) {
        if !self.has(key) {
            self.0.borrow_mut().insert(key.to_owned());
        }
    }
}

/// The text of the error about a field that the type does not have.
pub(crate) const NO_SUCH_FIELD: &str = "the type has no such field";

/// A part of serde that hands on to another one, refuses an array where a struct is read and, of rows, a field that the
/// type does not have, and notes the texts that are read as identifiers.
pub(crate) struct Strict<'f, X> {
    inner: X,
    fields: Option<&'f Fields>,
    refuses_unknown: bool,
    reads: Reads<'f>,
}

/// What is read.
#[derive(Clone, Copy)]
enum Reads<'f> {
    Value,
    /// A struct, by the names of its fields.
    Struct(&'static [&'static str]),
    Key(Key<'f>),
    /// A name, which may be a key of a struct.
    Identifier(Option<Key<'f>>),
    /// The value of a field that the type does have: it may be of a type that ignores what is read.
    Field,
}

/// A key of a struct.
#[derive(Clone, Copy)]
struct Key<'f> {
    names: &'static [&'static str],
    is_field: &'f Cell<bool>,
}

impl<'f, X> Strict<'f, X> {
    /// Of a value: fields that its type does not have are passed over, as serde does it.
    pub(crate) fn value(inner: X) -> Self {
        Self { inner, fields: None, refuses_unknown: false, reads: Reads::Value }
    }

    /// Of rows: nothing is passed over.
    pub(crate) fn row(inner: X) -> Self {
        Self { refuses_unknown: true, ..Self::value(inner) }
    }

    fn around<Y>(&self, inner: Y) -> Strict<'f, Y> {
        self.reading(Reads::Value, inner)
    }

    fn reading<Y>(&self, reads: Reads<'f>, inner: Y) -> Strict<'f, Y> {
        Strict { inner, fields: self.fields, refuses_unknown: self.refuses_unknown, reads }
    }

    /// Around what may stand for the value itself: the inside of an `Option` or a newtype.
    fn within<Y>(&self, inner: Y) -> Strict<'f, Y> {
        match self.reads {
            Reads::Field => self.reading(Reads::Field, inner),
            _ => self.around(inner),
        }
    }

    fn note(&self, text: &str) {
        if let Reads::Key(key) | Reads::Identifier(Some(key)) = self.reads {
            key.is_field.set(key.names.contains(&text));
        }
        if let (Reads::Identifier(_), Some(fields)) = (self.reads, self.fields) {
            fields.note(text);
        }
    }
}

/// What is expected in the place of an array.
struct Object<V>(V);

impl<'de, V: Visitor<'de>> Expected for Object<&V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object for ")?;
        self.0.expecting(f)
    }
}

macro_rules! hand_on {
    ($($method:ident)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
                let visitor = self.around(visitor);
                self.inner.$method(visitor)
            }
        )*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_seq deserialize_map
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.within(visitor);
        self.inner.deserialize_option(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        match self.reads {
            Reads::Field => {}
            _ if self.refuses_unknown => return Err(D::Error::custom(NO_SUCH_FIELD)),
            _ => {}
        }
        self.inner.deserialize_ignored_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let key = match self.reads {
            Reads::Key(key) => Some(key),
            _ => None,
        };
        let visitor = self.reading(Reads::Identifier(key), visitor);
        self.inner.deserialize_identifier(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.around(visitor);
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.within(visitor);
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, D::Error> {
        let visitor = self.around(visitor);
        self.inner.deserialize_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.around(visitor);
        self.inner.deserialize_tuple_struct(name, length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = self.reading(Reads::Struct(fields), visitor);
        self.inner.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // An unknown variant is data.
        if let Some(fields) = self.fields {
            variants.iter().for_each(|variant| fields.note(variant));
        }
        let visitor = self.around(visitor);
        self.inner.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! take {
    ($($method:ident($kind:ty))*) => {
        $(
            fn $method<E: Error>(self, value: $kind) -> Result<V::Value, E> {
                self.inner.$method(value)
            }
        )*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    take! {
        visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128) visit_u8(u8)
        visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128) visit_f32(f32) visit_f64(f64) visit_char(char)
        visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.note(text);
        self.inner.visit_str(text)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.note(text);
        self.inner.visit_borrowed_str(text)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<V::Value, E> {
        self.note(&text);
        self.inner.visit_string(text)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.within(value);
        self.inner.visit_some(value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.within(value);
        self.inner.visit_newtype_struct(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        if let Reads::Struct(_) = self.reads {
            return Err(A::Error::invalid_type(Unexpected::Seq, &Object(&self.inner)));
        }
        let items = self.around(items);
        self.inner.visit_seq(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        let entries = self.reading(self.reads, entries);
        self.inner.visit_map(Entries { entries, is_field: false })
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        let variant = self.around(variant);
        self.inner.visit_enum(variant)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        let value = self.reading(self.reads, value);
        self.inner.deserialize(value)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Strict<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let seed = self.around(seed);
        self.inner.next_element_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The entries of a map or struct.
struct Entries<'f, A> {
    entries: Strict<'f, A>,
    /// Whether the last key is a field of the struct.
    is_field: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let is_field = Cell::new(false);
        let reads = match self.entries.reads {
            Reads::Struct(names) => Reads::Key(Key { names, is_field: &is_field }),
            _ => Reads::Value,
        };
        let seed = self.entries.reading(reads, seed);
        let key = self.entries.inner.next_key_seed(seed)?;
        self.is_field = is_field.get();
        Ok(key)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let reads = if self.is_field { Reads::Field } else { Reads::Value };
        let seed = self.entries.reading(reads, seed);
        self.entries.inner.next_value_seed(seed)
    }

    fn size_hint(&self) -> Option<usize> {
        self.entries.inner.size_hint()
    }
}

impl<'de, 'f, A: EnumAccess<'de>> EnumAccess<'de> for Strict<'f, A> {
    type Error = A::Error;
    type Variant = Strict<'f, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let strict = self.around(());
        let (value, variant) = self.inner.variant_seed(seed)?;
        Ok((value, strict.around(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Strict<'_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.around(seed);
        self.inner.newtype_variant_seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        let visitor = self.around(visitor);
        self.inner.tuple_variant(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let visitor = self.reading(Reads::Struct(fields), visitor);
        self.inner.struct_variant(fields, visitor)
    }
}
