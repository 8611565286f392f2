//! DECIMAL as the types of other crates. What they cannot hold is an error and never rounded.

use super::ReadError;
use super::converted::converted;
use crate::Decimal;

#[cfg(feature = "rust_decimal")]
converted!(rust_decimal::Decimal, Decimal, |decimal| {
    Self::try_from(decimal).map_err(|_| {
        ReadError::new("the number has more digits than rust_decimal::Decimal holds; use lakeorm::Decimal")
    })
});

#[cfg(feature = "bigdecimal")]
converted!(bigdecimal::BigDecimal, Decimal, |decimal| Ok::<_, ReadError>(Self::from(decimal)));
