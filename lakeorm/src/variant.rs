//! [`Variant`]: a value whose type is known only from its bytes.

use std::fmt;

use bytes::Bytes;

#[cfg(feature = "json")]
mod json;

#[cfg(feature = "json")]
pub use json::VariantError;

/// A VARIANT: a value in Spark's binary form, and the dictionary of its field names.
///
/// With the feature `json`, `Variant::to_json` reads it. `Debug` shows the lengths and not the value.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Variant {
    /// The value, a slice of the batch.
    pub value: Bytes,
    /// The version of the format and the names of the fields, a slice of the batch.
    pub metadata: Bytes,
}

impl Variant {
    /// A VARIANT of these bytes, to be written or compared. They are not checked: an engine refuses bytes that are not
    /// in the format, or fails when it reads them.
    ///
    /// ```
    /// use lakeorm::Variant;
    ///
    /// // The number 7 in eight bits, beside a dictionary without names.
    /// let seven = Variant::new(vec![3 << 2, 7], vec![1, 0, 0]);
    /// # #[cfg(feature = "json")]
    /// assert_eq!(seven.to_json().unwrap(), 7);
    /// ```
    #[must_use]
    pub fn new(value: impl Into<Bytes>, metadata: impl Into<Bytes>) -> Self {
        Self { value: value.into(), metadata: metadata.into() }
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variant")
            .field("value_len", &self.value.len())
            .field("metadata_len", &self.metadata.len())
            .finish()
    }
}
