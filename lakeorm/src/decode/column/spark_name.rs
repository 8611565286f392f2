//! Arrow types as Spark writes them, for messages.

use std::fmt;

use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use spark_connect::types::quote_identifier;

/// The Spark SQL name of an Arrow type: `BIGINT`, `ARRAY<STRING>`, `TIMESTAMP_NTZ`.
pub(crate) fn spark_name(data_type: &DataType) -> SparkName<'_> {
    SparkName(data_type)
}

pub(crate) struct SparkName<'a>(&'a DataType);

impl fmt::Display for SparkName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DataType as D;
        f.write_str(match self.0 {
            D::Null => "VOID",
            D::Boolean => "BOOLEAN",
            D::Int8 => "TINYINT",
            D::Int16 => "SMALLINT",
            D::Int32 => "INT",
            D::Int64 => "BIGINT",
            D::Float32 => "FLOAT",
            D::Float64 => "DOUBLE",
            D::Utf8 | D::LargeUtf8 | D::Utf8View => "STRING",
            D::Binary | D::LargeBinary | D::BinaryView => "BINARY",
            D::Date32 => "DATE",
            // Spark writes a nanosecond timestamp with its precision, 7 to 9, which Arrow does not keep.
            D::Timestamp(TimeUnit::Nanosecond, Some(_)) => "TIMESTAMP(9)",
            D::Timestamp(TimeUnit::Nanosecond, None) => "TIMESTAMP_NTZ(9)",
            D::Timestamp(_, Some(_)) => "TIMESTAMP",
            D::Timestamp(_, None) => "TIMESTAMP_NTZ",
            D::Time32(_) | D::Time64(_) => "TIME",
            D::Duration(_) => "INTERVAL DAY TO SECOND",
            D::Interval(IntervalUnit::YearMonth) => "INTERVAL YEAR TO MONTH",
            D::Interval(IntervalUnit::MonthDayNano) => "INTERVAL",
            D::Decimal32(p, s) | D::Decimal64(p, s) | D::Decimal128(p, s) | D::Decimal256(p, s) => {
                return write!(f, "DECIMAL({p},{s})");
            }
            D::List(child)
            | D::LargeList(child)
            | D::ListView(child)
            | D::LargeListView(child)
            | D::FixedSizeList(child, _) => return write!(f, "ARRAY<{}>", spark_name(child.data_type())),
            D::Map(entries, _) => return write_map(f, entries.data_type()),
            D::Struct(fields) => {
                f.write_str("STRUCT<")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(
                        f,
                        "{comma}{}: {}",
                        quote_identifier(field.name()),
                        spark_name(field.data_type())
                    )?;
                }
                return f.write_str(">");
            }
            D::Dictionary(_, values) => return write!(f, "{}", spark_name(values)),
            D::RunEndEncoded(_, values) => return write!(f, "{}", spark_name(values.data_type())),
            other => return write!(f, "Arrow's {other}"),
        })
    }
}

fn write_map(f: &mut fmt::Formatter<'_>, entries: &DataType) -> fmt::Result {
    match entries {
        DataType::Struct(fields) if fields.len() == 2 => {
            let mut types = fields.iter().map(|field| spark_name(field.data_type()));
            match (types.next(), types.next()) {
                (Some(key), Some(value)) => write!(f, "MAP<{key}, {value}>"),
                _ => f.write_str("MAP"),
            }
        }
        _ => f.write_str("MAP"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_schema::{Field, Fields};

    use super::*;

    #[test]
    fn types_have_the_names_that_spark_writes() {
        let list = |child| DataType::List(Arc::new(Field::new("element", child, true)));
        let pair =
            |key, value| Fields::from(vec![Field::new("key", key, false), Field::new("value", value, true)]);
        let map = DataType::Map(
            Arc::new(Field::new("entries", DataType::Struct(pair(DataType::Utf8, DataType::Int64)), false)),
            false,
        );
        let encoded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        for (data_type, expected) in [
            (DataType::Int64, "BIGINT"),
            (DataType::Decimal128(38, 10), "DECIMAL(38,10)"),
            (DataType::Timestamp(TimeUnit::Microsecond, None), "TIMESTAMP_NTZ"),
            (DataType::Timestamp(TimeUnit::Microsecond, Some("Etc/UTC".into())), "TIMESTAMP"),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), "TIMESTAMP_NTZ(9)"),
            (list(DataType::Utf8), "ARRAY<STRING>"),
            (list(list(DataType::Date32)), "ARRAY<ARRAY<DATE>>"),
            (map, "MAP<STRING, BIGINT>"),
            (DataType::Struct(pair(DataType::Int8, DataType::Null)), "STRUCT<key: TINYINT, value: VOID>"),
            (encoded, "STRING"),
            (DataType::UInt8, "Arrow's UInt8"),
        ] {
            assert_eq!(spark_name(&data_type).to_string(), expected);
        }
    }
}
