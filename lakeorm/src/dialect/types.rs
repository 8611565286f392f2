//! What a format has no type for: told before anything is sent, with what to take instead.

use spark_connect::DataType;

use crate::error::{Error, ErrorKind, Result};
use crate::table::TableColumn;

/// Refuses columns of a type that the format does not hold, also inside of lists, maps and structs. `instead` gives what to
/// take for such a type.
pub(super) fn check<'c>(
    format: &str,
    columns: impl IntoIterator<Item = &'c TableColumn>,
    instead: &dyn Fn(&DataType) -> Option<String>,
) -> Result<()> {
    let mut columns = columns.into_iter();
    match columns.find_map(|column| inside(column.field.name.clone(), &column.field.data_type, instead)) {
        Some((path, data_type, instead)) => {
            let message = format!(
                "{format} cannot store \"{path}\", which is {data_type} in the struct: use {instead}"
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        None => Ok(()),
    }
}

fn inside<'t>(
    path: String,
    data_type: &'t DataType,
    instead: &dyn Fn(&DataType) -> Option<String>,
) -> Option<(String, &'t DataType, String)> {
    match data_type {
        DataType::Array { element, .. } => inside(path + "[]", element, instead),
        DataType::Map { key, value, .. } => inside(format!("{path}{{key}}"), key, instead)
            .or_else(|| inside(path + "{value}", value, instead)),
        DataType::Struct(fields) => fields
            .iter()
            .find_map(|field| inside(format!("{path}.{}", field.name), &field.data_type, instead)),
        other => instead(other).map(|instead| (path, other, instead)),
    }
}

/// For types that neither format has, what to take.
pub(super) fn of_no_format(data_type: &DataType) -> Option<String> {
    let instead = match data_type {
        DataType::CalendarInterval | DataType::DayTimeInterval => "an i64 of microseconds",
        DataType::YearMonthInterval => "an i32 of months",
        // Both make it a STRING, which it is compared with then.
        DataType::Char { .. } | DataType::VarChar { .. } => "a STRING",
        DataType::Other(text) if text.to_ascii_uppercase().starts_with("INTERVAL") => {
            "an i64 of its smallest unit"
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
