//! Data types as those of Arrow, one arm for each type with parameters.
//!
//! Arrow keeps less than Spark: how many digits of a second a `TIME` shows is in the metadata of its field.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType as Arrow, Field, TimeUnit};

use super::data_type::{MOST_LEVELS, too_deep};
use super::table::is_variant;
use super::{DataType, StructField};

/// Where Spark keeps the digits of a `TIME`, and those of a timestamp that is finer than a microsecond.
const TIME_PRECISION: &str = "SPARK::time::precision";
const TIMESTAMP_PRECISION: &str = "SPARK::timestampNanos::precision";

impl StructField {
    /// The field that an Arrow field is, with what its metadata says of the type.
    #[must_use]
    pub fn from_arrow(field: &Field) -> Self {
        Self::read_arrow(field, MOST_LEVELS)
    }

    fn read_arrow(field: &Field, levels: usize) -> Self {
        let digits = |key: &str| field.metadata().get(key).and_then(|digits| digits.parse::<u8>().ok());
        let data_type = match field.data_type() {
            Arrow::Time64(TimeUnit::Nanosecond) => {
                DataType::Time { precision: digits(TIME_PRECISION).unwrap_or(6).min(9) }
            }
            timestamp @ Arrow::Timestamp(TimeUnit::Nanosecond, _) => {
                nanoseconds(is_instant(timestamp), digits(TIMESTAMP_PRECISION).unwrap_or(9))
            }
            other => DataType::read_arrow(other, levels),
        };
        Self { name: field.name().clone(), data_type, nullable: field.is_nullable() }
    }

    /// The Arrow field; `None` for a type that has no known form in Arrow.
    #[must_use]
    pub fn to_arrow(&self) -> Option<Field> {
        let field = Field::new(&self.name, self.data_type.to_arrow()?, self.nullable);
        Some(match &self.data_type {
            DataType::Time { precision } => {
                field.with_metadata(HashMap::from([(TIME_PRECISION.to_owned(), precision.to_string())]))
            }
            _ => field,
        })
    }
}

impl DataType {
    /// The type of the values of this Arrow type, however they are encoded. [`DataType::Unknown`] if Spark has no such
    /// type, and for the parts that are nested too deep.
    #[must_use]
    pub fn from_arrow(arrow: &Arrow) -> Self {
        Self::read_arrow(arrow, MOST_LEVELS)
    }

    fn read_arrow(arrow: &Arrow, levels: usize) -> Self {
        let Some(levels) = levels.checked_sub(1) else { return too_deep() };
        match arrow {
            Arrow::LargeUtf8 | Arrow::Utf8View => Self::String,
            Arrow::LargeBinary | Arrow::BinaryView => Self::Binary,
            Arrow::Decimal32(precision, scale)
            | Arrow::Decimal64(precision, scale)
            | Arrow::Decimal128(precision, scale)
            | Arrow::Decimal256(precision, scale) => u8::try_from(*scale)
                .ok()
                .and_then(|scale| Self::decimal(*precision, scale))
                .unwrap_or_else(|| Self::Unknown(format!("DECIMAL({precision},{scale})"))),
            Arrow::Timestamp(TimeUnit::Nanosecond, _) => nanoseconds(is_instant(arrow), 9),
            Arrow::Timestamp(..) if is_instant(arrow) => Self::Timestamp,
            Arrow::Timestamp(..) => Self::TimestampNtz,
            Arrow::Time32(TimeUnit::Second) => Self::Time { precision: 0 },
            Arrow::Time32(_) => Self::Time { precision: 3 },
            Arrow::Time64(_) => Self::Time { precision: 6 },
            Arrow::Duration(_) => Self::DayTimeInterval,
            Arrow::Dictionary(_, values) => Self::read_arrow(values, levels),
            Arrow::RunEndEncoded(_, values) => Self::read_arrow(values.data_type(), levels),
            Arrow::List(element)
            | Arrow::LargeList(element)
            | Arrow::ListView(element)
            | Arrow::LargeListView(element)
            | Arrow::FixedSizeList(element, _) => Self::Array {
                element: Box::new(StructField::read_arrow(element, levels).data_type),
                contains_null: element.is_nullable(),
            },
            Arrow::Map(entries, _) => map(entries, levels),
            Arrow::Struct(fields) if !is_variant(fields) => {
                Self::Struct(fields.iter().map(|field| StructField::read_arrow(field, levels)).collect())
            }
            Arrow::Struct(_) => Self::Variant,
            Arrow::Union(..) => Self::Unknown("Arrow's Union".to_owned()),
            other => Self::of_arrow(other).unwrap_or_else(|| Self::Unknown(format!("Arrow's {other}"))),
        }
    }

    /// The Arrow type that Spark sends for this one; `None` for a type that has no known form in Arrow.
    #[must_use]
    pub fn to_arrow(&self) -> Option<Arrow> {
        Some(match self {
            Self::Decimal { precision, scale } => Arrow::Decimal128(*precision, i8::try_from(*scale).ok()?),
            Self::Char { .. } | Self::VarChar { .. } => Arrow::Utf8,
            Self::Time { .. } => Arrow::Time64(TimeUnit::Nanosecond),
            Self::Array { element, contains_null } => {
                Arrow::List(Arc::new(child("element", element, *contains_null)?))
            }
            Self::Map { key, value, value_contains_null } => {
                let fields = [child("key", key, false)?, child("value", value, *value_contains_null)?];
                Arrow::Map(Arc::new(Field::new_struct("entries", fields.to_vec(), false)), false)
            }
            Self::Struct(fields) => {
                Arrow::Struct(fields.iter().map(StructField::to_arrow).collect::<Option<_>>()?)
            }
            other => return other.arrow(),
        })
    }
}

/// Whether the type is that of instants, and not of what a wall clock shows: whether it has a time zone. Arrow's format
/// takes an empty one for none.
#[doc(hidden)]
#[must_use]
pub fn is_instant(arrow: &Arrow) -> bool {
    matches!(arrow, Arrow::Timestamp(_, Some(zone)) if !zone.is_empty())
}

fn child(name: &str, data_type: &DataType, nullable: bool) -> Option<Field> {
    StructField { name: name.to_owned(), data_type: data_type.clone(), nullable }.to_arrow()
}

fn map(entries: &Field, levels: usize) -> DataType {
    let pair = match entries.data_type() {
        Arrow::Struct(fields) => fields.as_ref(),
        _ => &[],
    };
    let [key, value] = pair else { return DataType::Unknown("Arrow's Map".to_owned()) };
    DataType::Map {
        key: Box::new(StructField::read_arrow(key, levels).data_type),
        value: Box::new(StructField::read_arrow(value, levels).data_type),
        value_contains_null: value.is_nullable(),
    }
}

/// Spark writes such a type with its digits, 7 to 9.
fn nanoseconds(zoned: bool, digits: u8) -> DataType {
    DataType::Other(if zoned {
        format!("TIMESTAMP_LTZ({digits})")
    } else {
        format!("TIMESTAMP_NTZ({digits})")
    })
}

#[cfg(test)]
mod tests {
    use arrow_schema::{Fields, IntervalUnit, UnionFields, UnionMode};

    use super::super::table::EVERY;
    use super::*;

    fn ddl(arrow: &Arrow) -> String {
        DataType::from_arrow(arrow).to_string()
    }

    fn item(arrow: Arrow) -> Arc<Field> {
        Arc::new(Field::new("item", arrow, true))
    }

    #[test]
    fn every_type_that_arrow_has_comes_back_as_it_was() {
        let nested = [
            DataType::Decimal { precision: 38, scale: 10 },
            DataType::Time { precision: 9 },
            DataType::Array { element: Box::new(DataType::Time { precision: 0 }), contains_null: false },
            DataType::map(DataType::Date, DataType::array(DataType::Variant)),
            DataType::Struct(vec![
                StructField::new("a", DataType::Date).required(),
                StructField::new("b", DataType::Struct(vec![])),
            ]),
        ];
        for data_type in EVERY.iter().chain(&nested) {
            let field = StructField::new("x", data_type.clone());
            assert_eq!(StructField::from_arrow(&field.to_arrow().unwrap()), field);
        }
    }

    #[test]
    fn what_arrow_cannot_say_has_no_arrow_type() {
        let unknown = DataType::Unknown("new".into());
        assert_eq!(DataType::array(unknown).to_arrow(), None);
        assert_eq!(DataType::Other("GEOMETRY(4326)".into()).to_arrow(), None);
        assert_eq!(DataType::VarChar { length: 3 }.to_arrow(), Some(Arrow::Utf8));
    }

    #[test]
    fn encodings_and_widths_are_no_other_types() {
        let runs = |values| {
            let ends = Arc::new(Field::new("run_ends", Arrow::Int32, false));
            Arrow::RunEndEncoded(ends, item(values))
        };
        for (arrow, expected) in [
            (Arrow::Dictionary(Box::new(Arrow::Int32), Box::new(Arrow::LargeUtf8)), "STRING"),
            (runs(Arrow::Dictionary(Box::new(Arrow::Int8), Box::new(Arrow::BinaryView))), "BINARY"),
            (Arrow::LargeListView(item(Arrow::Int8)), "ARRAY<TINYINT>"),
            (Arrow::FixedSizeList(item(Arrow::Utf8View), 3), "ARRAY<STRING>"),
            (Arrow::Decimal256(38, 2), "DECIMAL(38,2)"),
            (Arrow::Timestamp(TimeUnit::Second, Some("PST".into())), "TIMESTAMP"),
            (Arrow::Timestamp(TimeUnit::Nanosecond, None), "TIMESTAMP_NTZ(9)"),
            (Arrow::Timestamp(TimeUnit::Microsecond, Some("".into())), "TIMESTAMP_NTZ"),
            (Arrow::Timestamp(TimeUnit::Nanosecond, Some("".into())), "TIMESTAMP_NTZ(9)"),
            (Arrow::Timestamp(TimeUnit::Nanosecond, Some("+00:00".into())), "TIMESTAMP_LTZ(9)"),
            (Arrow::Time32(TimeUnit::Second), "TIME(0)"),
            (Arrow::Duration(TimeUnit::Second), "INTERVAL DAY TO SECOND"),
            (Arrow::Interval(IntervalUnit::YearMonth), "INTERVAL YEAR TO MONTH"),
        ] {
            assert_eq!(ddl(&arrow), expected);
        }
    }

    #[test]
    fn a_type_that_spark_has_not_is_unknown_by_its_name() {
        let union = Arrow::Union(UnionFields::empty(), UnionMode::Dense);
        let entries = Field::new("entries", Arrow::Struct(Fields::empty()), false);
        for (arrow, name) in [
            (Arrow::UInt64, "Arrow's UInt64"),
            (Arrow::FixedSizeBinary(16), "Arrow's FixedSizeBinary(16)"),
            (Arrow::Decimal256(76, 10), "DECIMAL(76,10)"),
            (Arrow::Decimal128(10, -2), "DECIMAL(10,-2)"),
            (union, "Arrow's Union"),
            (Arrow::Map(Arc::new(entries), false), "Arrow's Map"),
        ] {
            assert_eq!(DataType::from_arrow(&arrow), DataType::Unknown(name.into()));
        }
        assert_eq!(ddl(&Arrow::List(item(Arrow::UInt8))), "ARRAY<Arrow's UInt8>");
    }

    #[test]
    fn a_type_is_read_to_a_depth_that_the_stack_holds() {
        let deep = (0..1_000).fold(Arrow::Int64, |inner, _| Arrow::List(item(inner)));
        let levels = ddl(&deep).matches("ARRAY<").count();
        assert_eq!(levels, MOST_LEVELS);
    }
}
