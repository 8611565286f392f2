//! The types without parameters, each in one row: its names in DDL, its message and its Arrow type.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType as Arrow, Field, Fields, IntervalUnit, TimeUnit};

use super::DataType;
use crate::proto::data_type::Kind;

macro_rules! types_without_parameters {
    ($($variant:ident: $name:literal $(or $other:literal)*, $kind:ident, $arrow:expr;)+) => {
        impl DataType {
            /// The name in DDL.
            pub(super) fn name(&self) -> Option<&'static str> {
                match self {
                    $(Self::$variant => Some($name),)+
                    _ => None,
                }
            }

            /// The type of this name in DDL. Case does not matter.
            pub(super) fn named(name: &str) -> Option<Self> {
                $(if name.eq_ignore_ascii_case($name) $(|| name.eq_ignore_ascii_case($other))* {
                    return Some(Self::$variant);
                })+
                None
            }

            /// The message.
            pub(super) fn kind(&self) -> Option<Kind> {
                match self {
                    $(Self::$variant => Some(Kind::$kind(Default::default())),)+
                    _ => None,
                }
            }

            /// The type of this message.
            pub(super) fn of_kind(kind: &Kind) -> Option<Self> {
                match kind {
                    $(Kind::$kind(_) => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The Arrow type.
            pub(super) fn arrow(&self) -> Option<Arrow> {
                match self {
                    $(Self::$variant => Some($arrow),)+
                    _ => None,
                }
            }

            /// The type of this Arrow type.
            pub(super) fn of_arrow(arrow: &Arrow) -> Option<Self> {
                $(if *arrow == $arrow {
                    return Some(Self::$variant);
                })+
                None
            }
        }

        /// One of each type in the table.
        #[cfg(test)]
        pub(super) const EVERY: &[DataType] = &[$(DataType::$variant),+];
    };
}

types_without_parameters! {
    Null: "VOID" or "NULL", Null, Arrow::Null;
    Boolean: "BOOLEAN", Boolean, Arrow::Boolean;
    Byte: "TINYINT" or "BYTE", Byte, Arrow::Int8;
    Short: "SMALLINT" or "SHORT", Short, Arrow::Int16;
    Integer: "INT" or "INTEGER", Integer, Arrow::Int32;
    Long: "BIGINT" or "LONG", Long, Arrow::Int64;
    Float: "FLOAT" or "REAL", Float, Arrow::Float32;
    Double: "DOUBLE", Double, Arrow::Float64;
    String: "STRING", String, Arrow::Utf8;
    Binary: "BINARY", Binary, Arrow::Binary;
    Date: "DATE", Date, Arrow::Date32;
    Timestamp: "TIMESTAMP" or "TIMESTAMP_LTZ", Timestamp, Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    TimestampNtz: "TIMESTAMP_NTZ", TimestampNtz, Arrow::Timestamp(TimeUnit::Microsecond, None);
    CalendarInterval: "INTERVAL", CalendarInterval, Arrow::Interval(IntervalUnit::MonthDayNano);
    YearMonthInterval: "INTERVAL YEAR TO MONTH", YearMonthInterval, Arrow::Interval(IntervalUnit::YearMonth);
    DayTimeInterval: "INTERVAL DAY TO SECOND", DayTimeInterval, Arrow::Duration(TimeUnit::Microsecond);
    Variant: "VARIANT", Variant, Arrow::Struct(variant());
}

/// The value in Spark's binary form, and the dictionary of its names, which says that it is one.
fn variant() -> Fields {
    let part = |name: &str| Field::new(name, Arrow::Binary, false);
    let mark = HashMap::from([("variant".to_owned(), "true".to_owned())]);
    Fields::from(vec![part("value"), part("metadata").with_metadata(mark)])
}

/// Whether the fields are those of a variant, whatever else an engine says of them.
pub(super) fn is_variant(fields: &[Arc<Field>]) -> bool {
    fields.iter().map(|field| field.name().as_str()).eq(["value", "metadata"])
        && fields.iter().any(|field| field.metadata().get("variant").is_some_and(|mark| mark == "true"))
}
