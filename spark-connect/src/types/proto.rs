//! Data types as the messages of the protocol.

use super::{DataType, StructField};
use crate::proto;
use crate::proto::data_type::{self as message, Kind};

/// The fields of an interval from years to months, and of one from days to seconds.
const YEAR_TO_MONTH: (Option<i32>, Option<i32>) = (Some(0), Some(1));
const DAY_TO_SECOND: (Option<i32>, Option<i32>) = (Some(0), Some(3));

impl DataType {
    pub(crate) fn to_proto(&self) -> proto::DataType {
        proto::DataType { kind: Some(self.kind()) }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null(message::Null::default()),
            Self::Boolean => Kind::Boolean(message::Boolean::default()),
            Self::Byte => Kind::Byte(message::Byte::default()),
            Self::Short => Kind::Short(message::Short::default()),
            Self::Integer => Kind::Integer(message::Integer::default()),
            Self::Long => Kind::Long(message::Long::default()),
            Self::Float => Kind::Float(message::Float::default()),
            Self::Double => Kind::Double(message::Double::default()),
            Self::Decimal { precision, scale } => Kind::Decimal(message::Decimal {
                precision: Some(i32::from(*precision)),
                scale: Some(i32::from(*scale)),
                ..Default::default()
            }),
            Self::String => Kind::String(message::String::default()),
            Self::Char { length } => {
                Kind::Char(message::Char { length: saturated(*length), ..Default::default() })
            }
            Self::VarChar { length } => {
                Kind::VarChar(message::VarChar { length: saturated(*length), ..Default::default() })
            }
            Self::Binary => Kind::Binary(message::Binary::default()),
            Self::Date => Kind::Date(message::Date::default()),
            Self::Timestamp => Kind::Timestamp(message::Timestamp::default()),
            Self::TimestampNtz => Kind::TimestampNtz(message::TimestampNtz::default()),
            Self::Time { precision } => {
                Kind::Time(message::Time { precision: Some(i32::from(*precision)), ..Default::default() })
            }
            Self::CalendarInterval => Kind::CalendarInterval(message::CalendarInterval::default()),
            Self::YearMonthInterval => {
                let (start_field, end_field) = YEAR_TO_MONTH;
                let interval = message::YearMonthInterval { start_field, end_field, ..Default::default() };
                Kind::YearMonthInterval(interval)
            }
            Self::DayTimeInterval => {
                let (start_field, end_field) = DAY_TO_SECOND;
                let interval = message::DayTimeInterval { start_field, end_field, ..Default::default() };
                Kind::DayTimeInterval(interval)
            }
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
            Self::Variant => Kind::Variant(message::Variant::default()),
            Self::Other(ddl) => Kind::Unparsed(message::Unparsed { data_type_string: ddl.clone() }),
        }
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
}

/// No string is that long.
fn saturated(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_scale_are_not_swapped() {
        let expected =
            Kind::Decimal(message::Decimal { precision: Some(10), scale: Some(2), ..Default::default() });
        assert_eq!(DataType::Decimal { precision: 10, scale: 2 }.kind(), expected);
    }

    #[test]
    fn nullability_of_nested_types_is_sent() {
        let required = StructField::new("a", DataType::array(DataType::Long)).required();
        let Kind::Struct(sent) = DataType::Struct(vec![required]).kind() else { panic!("a struct") };
        assert!(!sent.fields[0].nullable);
        let Some(Kind::Array(array)) = sent.fields[0].data_type.as_ref().unwrap().kind.as_ref() else {
            panic!("an array")
        };
        assert!(array.contains_null);
    }

    #[test]
    fn a_type_without_a_variant_is_sent_as_text() {
        let expected = Kind::Unparsed(message::Unparsed { data_type_string: "INTERVAL DAY".into() });
        assert_eq!(DataType::Other("INTERVAL DAY".into()).kind(), expected);
    }
}
