//! Literals as the messages of the protocol.

use super::{Literal, Value};
use crate::proto;
use crate::proto::expression::cast::CastToType;
use crate::proto::expression::literal::{Array, CalendarInterval, Decimal, LiteralType, Map, Struct, Time};
use crate::proto::expression::{Cast, ExprType, UnresolvedFunction};
use crate::types::DataType;

/// The literal as an expression. One that some server misreads or refuses is computed there, from values that every
/// server reads alike.
pub(crate) fn expression(literal: &Literal) -> proto::Expression {
    sent(literal, false)
}

/// The same for a server that shows the instants in literals in UTC: each is cast to its own type, which has the time zone
/// of the session there.
pub(crate) fn in_session_zone(literal: &Literal) -> proto::Expression {
    sent(literal, true)
}

fn sent(literal: &Literal, casts: bool) -> proto::Expression {
    let casts = casts && literal.data_type().holds_instants();
    if casts || literal.needs_computing() { computed(literal, casts) } else { bound(literal) }
}

/// The literal as the value of a marker, for which no server computes anything. What would need that stands in the text.
pub(crate) fn bound(literal: &Literal) -> proto::Expression {
    of(ExprType::Literal(message(literal)))
}

/// Lists and maps are cast, since an empty one shows no type.
fn computed(literal: &Literal, casts: bool) -> proto::Expression {
    let expression = |inner: &Literal| sent(inner, casts);
    match literal.value() {
        Value::Null(_) => cast(bound(&Literal::null(DataType::Null)), literal),
        Value::Date(days) => call("date_from_unix_date", [expression(&Literal::integer(*days))]),
        Value::Timestamp(micros) => {
            let instant = match literal.is_misread() {
                true => call("timestamp_micros", [expression(&Literal::long(*micros))]),
                false => bound(literal),
            };
            if casts { cast(instant, literal) } else { instant }
        }
        Value::Array { elements, .. } => cast(call("array", elements.iter().map(expression)), literal),
        Value::Map { entries, .. } => {
            let flat = entries.iter().flat_map(|(key, value)| [expression(key), expression(value)]);
            cast(call("map", flat), literal)
        }
        Value::Struct(fields) => {
            let name = |name: &str| expression(&Literal::string(name));
            call("named_struct", fields.iter().flat_map(|(field, value)| [name(field), expression(value)]))
        }
        _ => bound(literal),
    }
}

fn of(expr_type: ExprType) -> proto::Expression {
    proto::Expression { expr_type: Some(expr_type), ..Default::default() }
}

fn call(function: &str, arguments: impl IntoIterator<Item = proto::Expression>) -> proto::Expression {
    of(ExprType::UnresolvedFunction(UnresolvedFunction {
        function_name: function.to_owned(),
        arguments: arguments.into_iter().collect(),
        ..Default::default()
    }))
}

/// The expression as one of the type of the literal.
fn cast(expression: proto::Expression, literal: &Literal) -> proto::Expression {
    of(ExprType::Cast(Box::new(Cast {
        expr: Some(Box::new(expression)),
        cast_to_type: Some(CastToType::Type(literal.data_type().nullable().to_proto())),
        ..Default::default()
    })))
}

/// The literal where no other expression may stand.
pub(crate) fn message(literal: &Literal) -> proto::expression::Literal {
    let data_type = is_nested(literal).then(|| literal.data_type().to_proto());
    proto::expression::Literal { data_type, literal_type: Some(literal_type(literal)) }
}

/// Nested values name their type twice: servers before 4.1 read it from the value, later ones beside it.
fn is_nested(literal: &Literal) -> bool {
    matches!(literal.value(), Value::Array { .. } | Value::Map { .. } | Value::Struct(_))
}

fn literal_type(literal: &Literal) -> LiteralType {
    match literal.value() {
        Value::Null(data_type) => LiteralType::Null(data_type.to_proto()),
        Value::Boolean(value) => LiteralType::Boolean(*value),
        Value::Byte(value) => LiteralType::Byte(i32::from(*value)),
        Value::Short(value) => LiteralType::Short(i32::from(*value)),
        Value::Integer(value) => LiteralType::Integer(*value),
        Value::Long(value) => LiteralType::Long(*value),
        Value::Float(value) => LiteralType::Float(*value),
        Value::Double(value) => LiteralType::Double(*value),
        // Sail reads the digits and applies the scale, so the text has exactly that many after the point.
        Value::Decimal { number, precision } => LiteralType::Decimal(Decimal {
            value: number.to_string(),
            precision: Some(i32::from(*precision)),
            scale: Some(i32::from(number.scale())),
        }),
        Value::String(value) => LiteralType::String(value.clone()),
        Value::Binary(value) => LiteralType::Binary(value.clone()),
        Value::Date(days) => LiteralType::Date(*days),
        Value::Timestamp(micros) => LiteralType::Timestamp(*micros),
        Value::TimestampNtz(micros) => LiteralType::TimestampNtz(*micros),
        Value::Time(micros) => LiteralType::Time(Time { nano: nanos(*micros), precision: Some(6) }),
        Value::CalendarInterval(interval) => LiteralType::CalendarInterval(CalendarInterval {
            months: interval.months,
            days: interval.days,
            microseconds: interval.micros,
        }),
        Value::YearMonthInterval(months) => LiteralType::YearMonthInterval(*months),
        Value::DayTimeInterval(micros) => LiteralType::DayTimeInterval(*micros),
        Value::Array { element, elements } => LiteralType::Array(Array {
            element_type: Some(element.to_proto()),
            elements: elements.iter().map(message).collect(),
        }),
        Value::Map { key, value, entries } => LiteralType::Map(Map {
            key_type: Some(key.to_proto()),
            value_type: Some(value.to_proto()),
            keys: entries.iter().map(|(key, _)| message(key)).collect(),
            values: entries.iter().map(|(_, value)| message(value)).collect(),
        }),
        Value::Struct(fields) => LiteralType::Struct(Struct {
            struct_type: Some(literal.data_type().to_proto()),
            elements: fields.iter().map(|(_, value)| message(value)).collect(),
        }),
    }
}

/// A time of day is far below the limit.
fn nanos(micros: u64) -> i64 {
    i64::try_from(micros).map_or(i64::MAX, |micros| micros.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::types::ToLiteral;

    fn sent(value: impl ToLiteral) -> LiteralType {
        literal_type(&value.to_literal().unwrap())
    }

    #[test]
    fn a_scalar_is_sent_as_its_own_variant() {
        assert_eq!(sent(-7_i8), LiteralType::Byte(-7));
        assert_eq!(sent(i64::MIN), LiteralType::Long(i64::MIN));
        assert_eq!(sent("é"), LiteralType::String("é".into()));
        assert_eq!(sent([0_u8, 255]), LiteralType::Binary(vec![0, 255].into()));
        assert_eq!(sent(None::<i32>), LiteralType::Null(DataType::Integer.to_proto()));
        assert_eq!(
            sent(Literal::time(1_000).unwrap()),
            LiteralType::Time(Time { nano: 1_000, precision: Some(6) })
        );
    }

    #[test]
    fn a_decimal_has_exactly_its_scale_of_digits_after_the_point() {
        let cases = [
            (12_340_i128, 5, 3, "12.340"),
            (-5, 4, 3, "-0.005"),
            (0, 3, 3, "0.000"),
            (7, 3, 0, "7"),
            (-(10_i128.pow(38) - 1), 38, 38, "-0.99999999999999999999999999999999999999"),
        ];
        for (unscaled, precision, scale, text) in cases {
            let expected = Decimal {
                value: text.into(),
                precision: Some(i32::from(precision)),
                scale: Some(i32::from(scale)),
            };
            let decimal = Literal::decimal(unscaled, precision, scale).unwrap();
            assert_eq!(sent(decimal), LiteralType::Decimal(expected));
        }
    }

    /// The expression as it reads in SQL: of a literal its type, and its value if it is a number of 32 or 64 bits.
    fn shown(expression: &proto::Expression) -> String {
        match expression.expr_type.as_ref().unwrap() {
            ExprType::UnresolvedFunction(call) => {
                let arguments: Vec<String> = call.arguments.iter().map(shown).collect();
                format!("{}({})", call.function_name, arguments.join(", "))
            }
            ExprType::Cast(cast) => {
                let Some(CastToType::Type(to)) = &cast.cast_to_type else { panic!("{cast:?}") };
                format!("cast({} as {})", shown(cast.expr.as_ref().unwrap()), DataType::from_proto(to))
            }
            ExprType::Literal(literal) => match literal.literal_type.as_ref().unwrap() {
                LiteralType::Integer(value) => value.to_string(),
                LiteralType::Long(value) => format!("{value}L"),
                LiteralType::String(value) => format!("'{value}'"),
                LiteralType::Null(data_type) => format!("NULL of {}", DataType::from_proto(data_type)),
                LiteralType::Array(array) => format!("literal of {} elements", array.elements.len()),
                other => format!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_expression_computes_what_a_server_would_misread() {
        let list = vec![Some(1_i32), None].to_literal().unwrap();
        let lists = vec![vec![Some(1_i64)], vec![None]].to_literal().unwrap();
        let map = BTreeMap::from([("a", None::<i64>)]).to_literal().unwrap();
        let fields =
            [("id".to_owned(), Literal::null(DataType::Long)), ("b c".to_owned(), Literal::integer(2))];
        let days = Literal::array(DataType::Date, [Literal::date(-141_432), Literal::date(0)]).unwrap();
        let cases = [
            (list, "cast(array(1, NULL of INT) as ARRAY<INT>)"),
            (
                lists,
                "cast(array(literal of 1 elements, cast(array(NULL of BIGINT) as ARRAY<BIGINT>)) as \
                 ARRAY<ARRAY<BIGINT>>)",
            ),
            (map, "cast(map('a', NULL of BIGINT) as MAP<STRING, BIGINT>)"),
            (Literal::structure(fields).unwrap(), "named_struct('id', NULL of BIGINT, 'b c', 2)"),
            (Literal::date(-141_432), "date_from_unix_date(-141432)"),
            (Literal::timestamp(-12_219_700_000_000_000), "timestamp_micros(-12219700000000000L)"),
            (days, "cast(array(date_from_unix_date(-141432), Date(0)) as ARRAY<DATE>)"),
            (vec![1_i32, 2].to_literal().unwrap(), "literal of 2 elements"),
            (Literal::date(-141_427), "Date(-141427)"),
            (Literal::timestamp_ntz(-12_219_700_000_000_000), "TimestampNtz(-12219700000000000)"),
            (Literal::null(DataType::array(DataType::Integer)), "cast(NULL of VOID as ARRAY<INT>)"),
            (
                Literal::null(DataType::map(DataType::String, DataType::Long)),
                "cast(NULL of VOID as MAP<STRING, BIGINT>)",
            ),
            (Literal::null(DataType::Struct(Vec::new())), "NULL of STRUCT<>"),
            (BTreeMap::<String, i64>::new().to_literal().unwrap(), "cast(map() as MAP<STRING, BIGINT>)"),
            (
                vec![BTreeMap::<String, i64>::new()].to_literal().unwrap(),
                "cast(array(cast(map() as MAP<STRING, BIGINT>)) as ARRAY<MAP<STRING, BIGINT>>)",
            ),
            (Vec::<i32>::new().to_literal().unwrap(), "literal of 0 elements"),
            (Literal::date(i32::MIN), "date_from_unix_date(-2147483648)"),
        ];
        for (literal, expected) in cases {
            assert_eq!(shown(&expression(&literal)), expected);
        }
    }

    #[test]
    fn an_instant_at_any_depth_is_cast_to_have_the_time_zone_of_the_session() {
        let instant = || Literal::timestamp(7);
        let seen =
            Literal::structure([("at".to_owned(), instant()), ("id".to_owned(), Literal::long(1))]).unwrap();
        let cases = [
            (instant(), "cast(Timestamp(7) as TIMESTAMP)"),
            (
                Literal::timestamp(-12_219_700_000_000_000),
                "cast(timestamp_micros(-12219700000000000L) as TIMESTAMP)",
            ),
            (Literal::null(DataType::Timestamp), "cast(NULL of VOID as TIMESTAMP)"),
            (
                Literal::array(DataType::Timestamp, [instant()]).unwrap(),
                "cast(array(cast(Timestamp(7) as TIMESTAMP)) as ARRAY<TIMESTAMP>)",
            ),
            (Literal::array(DataType::Timestamp, []).unwrap(), "cast(array() as ARRAY<TIMESTAMP>)"),
            (seen, "named_struct('at', cast(Timestamp(7) as TIMESTAMP), 'id', 1L)"),
            (
                Literal::map(DataType::String, DataType::Timestamp, [(Literal::string("a"), instant())])
                    .unwrap(),
                "cast(map('a', cast(Timestamp(7) as TIMESTAMP)) as MAP<STRING, TIMESTAMP>)",
            ),
            (Literal::timestamp_ntz(7), "TimestampNtz(7)"),
            (Literal::date(7), "Date(7)"),
        ];
        for (literal, expected) in cases {
            assert_eq!(shown(&in_session_zone(&literal)), expected);
        }
        assert_eq!(shown(&expression(&instant())), "Timestamp(7)");
    }

    #[test]
    fn a_null_list_is_bound_as_it_is_since_spark_binds_no_casts() {
        let nothing = Literal::null(DataType::array(DataType::Integer));
        assert_eq!(shown(&bound(&nothing)), "NULL of ARRAY<INT>");
    }

    #[test]
    fn a_nested_value_names_its_type_in_both_places() {
        let literal = vec![Some(1_i32), None].to_literal().unwrap();
        let message = message(&literal);
        assert_eq!(message.data_type, Some(DataType::array(DataType::Integer).to_proto()));
        let Some(LiteralType::Array(array)) = message.literal_type else { panic!("an array") };
        assert_eq!(array.element_type, Some(DataType::Integer.to_proto()));
        assert_eq!(array.elements.len(), 2);
        assert_eq!(array.elements[0].data_type, None);
    }
}
