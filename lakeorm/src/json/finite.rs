//! Whether a value holds a number that JSON has no form of. `serde_json` writes `null` for it without an
//! error, and nothing tells that from an absent value afterwards.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// Whether no number in the value is a NaN or an infinity.
pub(super) fn is_finite<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(Finite).is_ok()
}

/// Looks at the numbers of a value and writes nothing.
struct Finite;

/// A number is a NaN or an infinity.
#[derive(Debug)]
struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number is not finite")
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Checked = Result<(), NotFinite>;

/// Values in which no number can be found.
macro_rules! others {
    ($($method:ident: $rust:ty;)*) => {$(
        fn $method(self, _: $rust) -> Checked {
            Ok(())
        }
    )*};
}

impl Serializer for Finite {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    others! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_i128: i128;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_u128: u128;
        serialize_char: char;
        serialize_str: &str;
        serialize_bytes: &[u8];
        serialize_unit_struct: &'static str;
    }

    fn serialize_f32(self, number: f32) -> Checked {
        if number.is_finite() { Ok(()) } else { Err(NotFinite) }
    }

    fn serialize_f64(self, number: f64) -> Checked {
        if number.is_finite() { Ok(()) } else { Err(NotFinite) }
    }

    fn serialize_none(self) -> Checked {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Checked {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Checked {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Checked {
        Ok(())
    }
}

/// Values that hold others, one after another.
macro_rules! holders {
    ($($holder:ident: $method:ident;)*) => {$(
        impl ser::$holder for Finite {
            type Ok = ();
            type Error = NotFinite;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
                value.serialize(Self)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        }
    )*};
}

holders! {
    SerializeSeq: serialize_element;
    SerializeTuple: serialize_element;
    SerializeTupleStruct: serialize_field;
    SerializeTupleVariant: serialize_field;
}

/// The same with a name for each.
macro_rules! named_holders {
    ($($holder:ident)*) => {$(
        impl ser::$holder for Finite {
            type Ok = ();
            type Error = NotFinite;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Checked {
                value.serialize(Self)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        }
    )*};
}

named_holders!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for Finite {
    type Ok = ();
    type Error = NotFinite;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked {
        key.serialize(Self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(Self)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(serde::Serialize)]
    struct Weights {
        name: &'static str,
        by_name: BTreeMap<&'static str, Vec<Option<f64>>>,
        pair: (u8, f32),
        shape: Shape,
    }

    #[derive(serde::Serialize)]
    enum Shape {
        Point,
        Circle(f64),
        Line(f64, f64),
        Box { width: f32 },
    }

    fn weights(number: f64, single: f32, shape: Shape) -> Weights {
        let by_name = BTreeMap::from([("a", vec![None, Some(0.5)]), ("b", vec![Some(number)])]);
        Weights { name: "NaN", by_name, pair: (1, single), shape }
    }

    #[test]
    fn a_number_that_is_not_finite_is_found_at_every_depth() {
        for value in [
            weights(f64::NAN, 0.5, Shape::Point),
            weights(f64::INFINITY, 0.5, Shape::Point),
            weights(0.5, f32::NEG_INFINITY, Shape::Point),
            weights(0.5, 0.5, Shape::Circle(f64::NAN)),
            weights(0.5, 0.5, Shape::Line(0.5, f64::NAN)),
            weights(0.5, 0.5, Shape::Box { width: f32::NAN }),
        ] {
            assert!(!is_finite(&value));
        }
    }

    #[test]
    fn every_other_value_is_finite() {
        let line = Shape::Line(f64::MIN, 5e-324);
        for shape in [Shape::Point, Shape::Circle(-0.0), line, Shape::Box { width: 1.0 }] {
            assert!(is_finite(&weights(f64::MAX, f32::MIN_POSITIVE, shape)));
        }
        assert!(is_finite(&serde_json::json!({"a": [null, 1.5, "NaN", true, {}]})));
        assert!(is_finite(&(u128::MAX, i128::MIN, 'x', ())));
    }
}
