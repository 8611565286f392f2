//! Data types as the messages of the protocol, one arm for each type with parameters.

use super::data_type::{MOST_LEVELS, too_deep};
use super::{DataType, StructField, quote_identifier};
use crate::proto;
use crate::proto::data_type::{self as message, Kind};

/// The collation that a `STRING` has by default.
const BY_BYTES: &str = "UTF8_BINARY";

/// The units of the intervals, by the numbers of their fields.
const YEAR_MONTH: [&str; 2] = ["YEAR", "MONTH"];
const DAY_TIME: [&str; 4] = ["DAY", "HOUR", "MINUTE", "SECOND"];

impl DataType {
    pub(crate) fn to_proto(&self) -> proto::DataType {
        let kind = self.kind_with_parameters().or_else(|| self.kind());
        // A name that nobody knows is the server's to refuse.
        let unparsed = || Kind::Unparsed(message::Unparsed { data_type_string: self.to_string() });
        proto::DataType { kind: Some(kind.unwrap_or_else(unparsed)) }
    }

    fn kind_with_parameters(&self) -> Option<Kind> {
        Some(match self {
            Self::Decimal { precision, scale } => Kind::Decimal(message::Decimal {
                precision: Some(i32::from(*precision)),
                scale: Some(i32::from(*scale)),
                ..Default::default()
            }),
            Self::Char { length } => {
                Kind::Char(message::Char { length: saturated(*length), ..Default::default() })
            }
            Self::VarChar { length } => {
                Kind::VarChar(message::VarChar { length: saturated(*length), ..Default::default() })
            }
            Self::Time { precision } => {
                Kind::Time(message::Time { precision: Some(i32::from(*precision)), ..Default::default() })
            }
            Self::YearMonthInterval => Kind::YearMonthInterval(message::YearMonthInterval {
                start_field: Some(0),
                end_field: Some(1),
                ..Default::default()
            }),
            Self::DayTimeInterval => Kind::DayTimeInterval(message::DayTimeInterval {
                start_field: Some(0),
                end_field: Some(3),
                ..Default::default()
            }),
            Self::Array { element, contains_null } => Kind::Array(Box::new(message::Array {
                element_type: Some(Box::new(element.to_proto())),
                contains_null: *contains_null,
                ..Default::default()
            })),
            Self::Map { key, value, value_contains_null } => Kind::Map(Box::new(message::Map {
                key_type: Some(Box::new(key.to_proto())),
                value_type: Some(Box::new(value.to_proto())),
                value_contains_null: *value_contains_null,
                ..Default::default()
            })),
            Self::Struct(fields) => Kind::Struct(message::Struct {
                fields: fields.iter().map(StructField::to_proto).collect(),
                ..Default::default()
            }),
            _ => return None,
        })
    }

    /// The type that a server means. What this client does not know is [`DataType::Unknown`].
    pub(crate) fn from_proto(sent: &proto::DataType) -> Self {
        Self::read(Some(sent), MOST_LEVELS)
    }

    fn read(sent: Option<&proto::DataType>, levels: usize) -> Self {
        let Some(levels) = levels.checked_sub(1) else { return too_deep() };
        sent.and_then(|sent| sent.kind.as_ref())
            .and_then(|kind| Self::of_kind_with_parameters(kind, levels).or_else(|| Self::of_kind(kind)))
            .unwrap_or_else(|| Self::Unknown("a type that this client does not know".to_owned()))
    }

    fn of_kind_with_parameters(kind: &Kind, levels: usize) -> Option<Self> {
        Some(match kind {
            Kind::Decimal(sent) => decimal(sent.precision.unwrap_or(10), sent.scale.unwrap_or(0)),
            Kind::String(sent) if !matches!(sent.collation.as_str(), "" | BY_BYTES) => {
                Self::Other(format!("STRING COLLATE {}", quote_identifier(&sent.collation)))
            }
            Kind::Char(sent) => match u32::try_from(sent.length) {
                Ok(length) => Self::Char { length },
                Err(_) => Self::Unknown(format!("CHAR({})", sent.length)),
            },
            Kind::VarChar(sent) => match u32::try_from(sent.length) {
                Ok(length) => Self::VarChar { length },
                Err(_) => Self::Unknown(format!("VARCHAR({})", sent.length)),
            },
            Kind::Time(sent) => match u8::try_from(sent.precision.unwrap_or(6)) {
                Ok(precision @ 0..=9) => Self::Time { precision },
                _ => Self::Unknown(format!("TIME({})", sent.precision.unwrap_or_default())),
            },
            Kind::YearMonthInterval(sent) => {
                interval(Self::YearMonthInterval, &YEAR_MONTH, sent.start_field, sent.end_field)
            }
            Kind::DayTimeInterval(sent) => {
                interval(Self::DayTimeInterval, &DAY_TIME, sent.start_field, sent.end_field)
            }
            Kind::Array(sent) => Self::Array {
                element: Box::new(Self::read(sent.element_type.as_deref(), levels)),
                contains_null: sent.contains_null,
            },
            Kind::Map(sent) => Self::Map {
                key: Box::new(Self::read(sent.key_type.as_deref(), levels)),
                value: Box::new(Self::read(sent.value_type.as_deref(), levels)),
                value_contains_null: sent.value_contains_null,
            },
            Kind::Struct(sent) => {
                Self::Struct(sent.fields.iter().map(|field| StructField::read(field, levels)).collect())
            }
            Kind::TimestampNtzNanos(sent) => {
                Self::Other(format!("TIMESTAMP_NTZ({})", sent.precision.unwrap_or(9)))
            }
            Kind::TimestampLtzNanos(sent) => {
                Self::Other(format!("TIMESTAMP_LTZ({})", sent.precision.unwrap_or(9)))
            }
            Kind::Geometry(sent) => Self::Other(format!("GEOMETRY({})", reference_system(sent.srid))),
            Kind::Geography(sent) => Self::Other(format!("GEOGRAPHY({})", reference_system(sent.srid))),
            // Its values travel as those of the type below it.
            Kind::Udt(sent) if sent.sql_type.is_some() => Self::read(sent.sql_type.as_deref(), levels),
            Kind::Udt(_) => Self::Unknown("a user-defined type".to_owned()),
            Kind::Unparsed(sent) => {
                sent.data_type_string.parse().unwrap_or_else(|_| Self::Other(sent.data_type_string.clone()))
            }
            _ => return None,
        })
    }
}

impl StructField {
    fn to_proto(&self) -> message::StructField {
        message::StructField {
            name: self.name.clone(),
            data_type: Some(self.data_type.to_proto()),
            nullable: self.nullable,
            metadata: None,
        }
    }

    fn read(sent: &message::StructField, levels: usize) -> Self {
        Self {
            name: sent.name.clone(),
            data_type: DataType::read(sent.data_type.as_ref(), levels),
            nullable: sent.nullable,
        }
    }
}

/// No string is that long.
fn saturated(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn decimal(precision: i32, scale: i32) -> DataType {
    let checked = u8::try_from(precision).ok().zip(u8::try_from(scale).ok());
    checked
        .and_then(|(precision, scale)| DataType::decimal(precision, scale))
        .unwrap_or_else(|| DataType::Unknown(format!("DECIMAL({precision},{scale})")))
}

/// An interval between two of its units. Absent ones are the first and the last.
fn interval(whole: DataType, units: &[&str], start: Option<i32>, end: Option<i32>) -> DataType {
    let at = |field: Option<i32>| units.get(usize::try_from(field?).ok()?).copied();
    match (start, end) {
        (None, None) => whole,
        _ => match (at(start), at(end)) {
            (Some(start), Some(end)) if units.first() == Some(&start) && units.last() == Some(&end) => whole,
            (Some(start), Some(end)) if start == end => DataType::Other(format!("INTERVAL {start}")),
            (Some(start), Some(end)) => DataType::Other(format!("INTERVAL {start} TO {end}")),
            _ => DataType::Unknown("an interval of fields that this client does not know".to_owned()),
        },
    }
}

/// A negative number stands for shapes of any system.
fn reference_system(srid: i32) -> String {
    if srid < 0 { "ANY".to_owned() } else { srid.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::table::EVERY;
    use super::*;

    fn read(kind: Kind) -> DataType {
        DataType::from_proto(&proto::DataType { kind: Some(kind) })
    }

    #[test]
    fn every_type_comes_back_as_it_was_sent() {
        let nested = [
            DataType::Decimal { precision: 10, scale: 2 },
            DataType::Char { length: 3 },
            DataType::VarChar { length: 70_000 },
            DataType::Time { precision: 9 },
            DataType::Array { element: Box::new(DataType::Long), contains_null: false },
            DataType::map(DataType::String, DataType::array(DataType::Variant)),
            DataType::Struct(vec![
                StructField::new("a", DataType::Date).required(),
                StructField::new("b", DataType::Struct(vec![])),
            ]),
            DataType::Other("INTERVAL DAY".into()),
            DataType::Other("GEOMETRY(4326)".into()),
        ];
        for data_type in EVERY.iter().chain(&nested) {
            assert_eq!(DataType::from_proto(&data_type.to_proto()), *data_type);
        }
    }

    #[test]
    fn precision_and_scale_are_not_swapped() {
        let sent = message::Decimal { precision: Some(10), scale: Some(2), ..Default::default() };
        let decimal = DataType::Decimal { precision: 10, scale: 2 };
        assert_eq!(decimal.to_proto().kind, Some(Kind::Decimal(sent)));
        assert_eq!(read(Kind::Decimal(message::Decimal::default())).to_string(), "DECIMAL(10,0)");
    }

    #[test]
    fn a_type_with_a_name_in_ddl_only_is_sent_and_read_as_that() {
        let expected = Kind::Unparsed(message::Unparsed { data_type_string: "INTERVAL DAY".into() });
        assert_eq!(DataType::Other("INTERVAL DAY".into()).to_proto().kind, Some(expected));
        let text = |text: &str| read(Kind::Unparsed(message::Unparsed { data_type_string: text.into() }));
        assert_eq!(text("array<bigint>"), DataType::array(DataType::Long));
        assert_eq!(text("?"), DataType::Other("?".into()));
        for (kind, ddl) in [
            (
                Kind::String(message::String { collation: "UNICODE_CI".into(), ..Default::default() }),
                "STRING COLLATE UNICODE_CI",
            ),
            (
                Kind::DayTimeInterval(message::DayTimeInterval {
                    start_field: Some(1),
                    end_field: Some(2),
                    ..Default::default()
                }),
                "INTERVAL HOUR TO MINUTE",
            ),
            (Kind::TimestampNtzNanos(message::TimestampNtzNanos::default()), "TIMESTAMP_NTZ(9)"),
            (Kind::Geometry(message::Geometry { srid: -1, ..Default::default() }), "GEOMETRY(ANY)"),
            (Kind::Geography(message::Geography { srid: 4326, ..Default::default() }), "GEOGRAPHY(4326)"),
        ] {
            assert_eq!(read(kind), DataType::Other(ddl.into()));
        }
        let bytewise = message::String { collation: "UTF8_BINARY".into(), ..Default::default() };
        assert_eq!(read(Kind::String(bytewise)), DataType::String);
    }

    #[test]
    fn what_a_newer_server_adds_is_an_unknown_type_and_no_failure() {
        let unknown = |data_type: DataType| assert!(matches!(data_type, DataType::Unknown(_)), "{data_type}");
        unknown(DataType::from_proto(&proto::DataType { kind: None }));
        unknown(read(Kind::Udt(Box::default())));
        unknown(read(Kind::Char(message::Char { length: -1, ..Default::default() })));
        unknown(read(Kind::Time(message::Time { precision: Some(-3), ..Default::default() })));
        unknown(read(Kind::Decimal(message::Decimal { precision: Some(76), ..Default::default() })));
        unknown(read(Kind::Decimal(message::Decimal { scale: Some(-2), ..Default::default() })));
        let years = message::YearMonthInterval { start_field: Some(7), ..Default::default() };
        unknown(read(Kind::YearMonthInterval(years)));
        let element = read(Kind::Array(Box::default()));
        assert!(
            matches!(element, DataType::Array { element, .. } if matches!(*element, DataType::Unknown(_)))
        );
    }

    #[test]
    fn a_type_is_read_to_a_depth_that_the_stack_holds() {
        let mut deep = DataType::Long;
        for _ in 0..1_000 {
            deep = DataType::array(deep);
        }
        let mut read = DataType::from_proto(&deep.to_proto());
        let mut levels = 0;
        while let DataType::Array { element, .. } = read {
            (read, levels) = (*element, levels + 1);
        }
        assert_eq!((levels, read), (MOST_LEVELS, DataType::Unknown("a type nested too deep".into())));
    }
}
