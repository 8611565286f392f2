//! Values that outlive their batch.

use crate::column::FromColumn;

/// A value of a tuple that is read by `query`. Every value type that borrows nothing is one.
///
/// For a value that borrows, such as the `&str` of a `(&str,)`, the compiler says that its implementation is not general
/// enough, and says no more than the name of the trait: so the name says what to do.
#[doc(hidden)]
pub trait OwnedElseUseQueryBatches<'b>: FromColumn<'b> {}

impl<'b, T: FromColumn<'b>> OwnedElseUseQueryBatches<'b> for T {}
