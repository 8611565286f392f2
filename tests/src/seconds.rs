//! A length of time as a column of whole seconds, for `#[lake(with = seconds)]`.

use std::time::Duration;

use lakeorm::column::ReadError;
use lakeorm::encode::WriteError;

/// What the column holds.
pub type Column = i64;

/// The length of so many seconds.
///
/// # Errors
/// They are negative.
pub fn decode(seconds: Column) -> Result<Duration, ReadError> {
    let seconds = u64::try_from(seconds).map_err(|_| ReadError::new("the duration is negative"))?;
    Ok(Duration::from_secs(seconds))
}

/// The whole seconds of a length.
///
/// # Errors
/// They are more than the column holds.
pub fn encode(duration: &Duration) -> Result<Column, WriteError> {
    i64::try_from(duration.as_secs()).map_err(|_| WriteError::new("the duration is too long"))
}
