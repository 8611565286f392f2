//! Decimals in the formats that `serde` reads and writes: as a string, which keeps every digit.

use std::fmt;

use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Decimal;

/// As a string.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// From a string or an integer; from a string alone in a binary format. A number with a fraction is
/// refused: it has gone through an `f64`.
impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.is_human_readable() {
            true => deserializer.deserialize_any(Exact),
            false => deserializer.deserialize_str(Exact),
        }
    }
}

struct Exact;

/// The key under which serde_json hands over the digits of a number where its feature `arbitrary_precision` is on.
const DIGITS: &str = "$serde_json::private::Number";

impl<'de> Visitor<'de> for Exact {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a DECIMAL in a string (\"12.50\") or an integer")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Decimal, E> {
        self.visit_i128(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Decimal, E> {
        self.visit_i128(number.into())
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Decimal, E> {
        match i128::try_from(number) {
            Ok(number) => self.visit_i128(number),
            Err(_) => Err(E::invalid_value(Unexpected::Other("an integer"), &self)),
        }
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Decimal, E> {
        Decimal::new(number, 0).map_err(|_| E::invalid_value(Unexpected::Other("an integer"), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Decimal, A::Error> {
        // The error of a value that is no text would repeat it.
        let digits = match map.next_key::<String>()? {
            Some(key) if key == DIGITS => map.next_value::<String>().ok(),
            _ => None,
        };
        match digits {
            Some(digits) => self.visit_str(&digits),
            None => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        text.parse().map_err(|_| E::invalid_value(Unexpected::Other("a string"), &self))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Decimal, E> {
        Err(E::invalid_type(Unexpected::Other("a number with a fraction"), &self))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Decimal, E> {
        Err(E::invalid_type(Unexpected::Other("a boolean"), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, U128Deserializer};
    use serde::de::{Error as _, IntoDeserializer};
    use serde::forward_to_deserialize_any;

    use super::*;

    /// A format that does not tell of what type a value is.
    struct Binary(&'static str);

    impl<'de> Deserializer<'de> for Binary {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
            Err(Error::custom("the type is not told"))
        }

        fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_str(self.0)
        }

        fn is_human_readable(&self) -> bool {
            false
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
        }
    }

    #[test]
    fn a_format_without_types_is_asked_for_a_string() {
        assert_eq!(Decimal::deserialize(Binary("12.50")).unwrap().to_string(), "12.50");
    }

    #[test]
    fn what_is_refused_is_not_repeated() {
        let expected = r#"expected a DECIMAL in a string ("12.50") or an integer"#;
        for (json, told) in [
            (r#""s3cret""#, "invalid value: a string"),
            ("47.11", "invalid type: a number with a fraction"),
            ("true", "invalid type: a boolean"),
            ("[4711]", "invalid type: sequence"),
            (r#"{"a": 4711}"#, "invalid type: map"),
            (r#"{"$serde_json::private::Number": 4711}"#, "invalid type: map"),
        ] {
            let error = serde_json::from_str::<Decimal>(json).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{told}, {expected}")), "{error}");
        }
    }

    #[test]
    fn a_large_integer_without_a_sign_is_read_or_refused() {
        let read = |number: u128| {
            let deserializer: U128Deserializer<Error> = number.into_deserializer();
            Decimal::deserialize(deserializer)
        };
        let large = 10_u128.pow(30);
        assert_eq!(read(large).unwrap().to_string(), large.to_string());
        assert!(read(u128::MAX).is_err());
    }
}
