//! Columns that staged files cannot hold, as far as the type of a row tells it.

use spark_connect::types::StructField;

use crate::DataType;
use crate::error::{Error, ErrorKind};
use crate::table::first_inside;

/// A column, or a part of one, whose values would not come back from a Parquet file: for intervals engines do not agree
/// on a form, and a VARIANT would be a STRUCT of bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unstageable {
    path: String,
    data_type: DataType,
}

impl Unstageable {
    /// The first of these columns.
    pub(super) fn among<'c>(columns: impl IntoIterator<Item = &'c StructField>) -> Option<Self> {
        let unstageable = |part: &DataType| match part {
            DataType::YearMonthInterval
            | DataType::DayTimeInterval
            | DataType::CalendarInterval
            | DataType::Variant => Some(part.clone()),
            _ => None,
        };
        let found = columns
            .into_iter()
            .find_map(|column| first_inside(column.name.clone(), &column.data_type, &unstageable));
        found.map(|(path, data_type)| Self { path, data_type })
    }

    /// The error of rows that should go through files, for the reason that `why` gives.
    pub(super) fn error(&self, why: &str) -> Error {
        self.refused(why, "Call direct(), which holds all rows in memory")
    }

    /// The same where rows go through files alone.
    pub(super) fn error_of_files_alone(&self, why: &str) -> Error {
        self.refused(why, "Give the field another type, such as a `String`")
    }

    fn refused(&self, why: &str, remedy: &str) -> Error {
        let Self { path, data_type } = self;
        let message = format!(
            "{why}, but Parquet cannot store the column \"{path}\" of type {data_type}; nothing was written. {remedy}"
        );
        Error::new(ErrorKind::Unsupported, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(data_type: DataType) -> Option<String> {
        let columns = [StructField::new("id", DataType::Long), StructField::new("c", data_type)];
        Unstageable::among(&columns).map(|found| format!("{}: {}", found.path, found.data_type))
    }

    #[test]
    fn intervals_and_variants_are_found_at_any_depth() {
        let list = |element| DataType::Array { element: Box::new(element), contains_null: true };
        let map = |key, value| DataType::Map {
            key: Box::new(key),
            value: Box::new(value),
            value_contains_null: true,
        };
        let structure = |data_type| DataType::Struct(vec![StructField::new("f", data_type)]);
        assert_eq!(told(DataType::Variant).unwrap(), "c: VARIANT");
        assert_eq!(told(list(structure(DataType::Variant))).unwrap(), "c[].f: VARIANT");
        let months = told(map(DataType::YearMonthInterval, DataType::Variant)).unwrap();
        assert!(months.starts_with("c{key}: INTERVAL YEAR"), "{months}");
        let days = told(structure(map(DataType::String, DataType::DayTimeInterval))).unwrap();
        assert!(days.starts_with("c.f{value}: INTERVAL DAY"), "{days}");
        assert!(told(DataType::CalendarInterval).is_some());
        assert_eq!(told(list(map(DataType::String, structure(DataType::Binary)))), None);
    }
}
