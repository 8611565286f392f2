//! JSON with an object that has a duplicate key: readers keep one of the values and drop the others silently.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use super::keys::any_twice;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// The reason of such an error.
pub(crate) const KEY_TWICE: &str = "the object has the same key twice";

/// Where an object has a key a second time.
#[derive(Debug)]
pub(crate) struct KeyTwice {
    /// The path of the object.
    pub(crate) path: serde_path_to_error::Path,
    /// The line of the key, counted from 1.
    pub(crate) line: usize,
}

/// Refuses a key that stands twice in one object, at any depth. What else may be wrong with the text is told by whoever
/// reads it.
pub(crate) fn keys_are_told_once(text: &str) -> Result<(), KeyTwice> {
    if !any_twice(text) {
        return Ok(());
    }
    // Once more for its place.
    let mut json = serde_json::Deserializer::from_str(text);
    let Err(error) = serde_path_to_error::deserialize::<_, KeysOnce>(&mut json) else { return Ok(()) };
    let (path, error) = (error.path().clone(), error.into_inner());
    Err(KeyTwice { path, line: error.line() })
}

/// Any JSON in which no object has a key twice.
struct KeysOnce;

impl<'de> Deserialize<'de> for KeysOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for KeysOnce {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(Key(key)) = entries.next_key()? {
            if !keys.insert(key) {
                return Err(A::Error::custom(KEY_TWICE));
            }
            entries.next_value::<Self>()?;
        }
        Ok(self)
    }
}

/// A key, which is copied only if it is written with escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsText;

        impl<'de> Visitor<'de> for AsText {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(AsText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_in_one_object_is_found_with_its_place_at_every_depth() {
        for once in [r#"{"a": 1, "b": {"a": [1.5, true, null, "x", -1, {}]}}"#, "[]", "3"] {
            assert!(keys_are_told_once(once).is_ok());
        }
        for (json, path, line) in [
            ("{\"a\": 1,\n\"a\": 2}", ".", 2),
            (r#"[{"x": [{"s3": 1, "\u0073\u0033": "s3cret"}]}]"#, "[0].x[0]", 1),
        ] {
            let twice = keys_are_told_once(json).unwrap_err();
            assert_eq!((twice.path.to_string().as_str(), twice.line), (path, line));
        }
    }

    #[test]
    fn what_is_no_json_is_told_by_whoever_reads_it() {
        for text in ["", "{\"a\": 1, ", "{\"a\": 1} and more"] {
            assert!(keys_are_told_once(text).is_ok());
        }
    }
}
