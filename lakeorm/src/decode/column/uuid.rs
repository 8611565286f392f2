//! STRING as `uuid::Uuid`: Spark has no type for it, and writes the hyphenated text.

use uuid::Uuid;

use super::ReadError;
use super::converted::converted;

converted!(Uuid, &'b str, |text| {
    Self::try_parse(text).map_err(|_| ReadError::new("the text is not a UUID"))
});
