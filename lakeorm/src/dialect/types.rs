//! Types that a format does not have: refused before anything is sent, with the type to take instead.

use spark_connect::DataType;

use crate::error::{Error, ErrorKind, Result};
use crate::table::{TableColumn, first_inside};

/// Refuses columns of a type that the format does not have, also inside of lists, maps and structs. `instead` gives the
/// type to take for such a one.
pub(super) fn check<'c>(
    format: &str,
    columns: impl IntoIterator<Item = &'c TableColumn>,
    instead: &dyn Fn(&DataType) -> Option<String>,
) -> Result<()> {
    let found = columns.into_iter().find_map(|TableColumn { field, .. }| {
        first_inside(field.name.clone(), &field.data_type, &|part| Some((part, instead(part)?)))
    });
    match found {
        Some((path, (data_type, instead))) => {
            let message = format!(
                "{format} cannot store \"{path}\", which is {data_type} in the struct: use {instead}"
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        None => Ok(()),
    }
}

/// The type to take for one that neither format has.
pub(super) fn of_no_format(data_type: &DataType) -> Option<String> {
    let instead = match data_type {
        DataType::CalendarInterval | DataType::DayTimeInterval => "an `i64` of microseconds",
        DataType::YearMonthInterval => "an `i32` of months",
        // Both make it a STRING, so that the table would differ from the struct.
        DataType::Char { .. } | DataType::VarChar { .. } => "a `String`",
        DataType::Other(text) if text.to_ascii_uppercase().starts_with("INTERVAL") => {
            "an `i64` of its smallest unit"
        }
        _ => return None,
    };
    Some(instead.to_owned())
}

/// Whether it is one of the shapes on a map.
pub(super) fn is_geographic(data_type: &DataType) -> bool {
    let DataType::Other(text) = data_type else { return false };
    let text = text.to_ascii_uppercase();
    text.starts_with("GEOMETRY") || text.starts_with("GEOGRAPHY")
}
