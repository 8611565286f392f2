//! Values as SQL literals.

use std::fmt::Write;

use crate::types::{
    CalendarInterval, DataType, Literal, MICROS_PER_DAY, Value, civil_date, quote_identifier,
};

const MICROS_PER_SECOND: u64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60_000_000;

/// The value as SQL text that reads back as exactly this value, of exactly this type, on Spark and on Sail.
///
/// Text becomes hexadecimal digits, so neither quotes nor backslashes nor the session's escape rules matter. Negative
/// numbers are cast from text: `5-?` must not turn into a comment, and Sail reads the digits of the smallest number
/// before its sign. All forms are constants to the optimizer, so filters on them are still pushed into scans.
///
/// ```
/// # use spark_connect::{sql::render, types::Literal};
/// assert_eq!(render(&Literal::long(7)), "7L");
/// assert_eq!(render(&Literal::long(-7)), "CAST('-7' AS BIGINT)");
/// assert_eq!(render(&Literal::string("a'b")), "CAST(X'612762' AS STRING)");
/// ```
#[must_use]
pub fn render(literal: &Literal) -> String {
    match literal.value() {
        Value::Null(DataType::Null) => "NULL".to_owned(),
        Value::Null(data_type) => cast("NULL", data_type),
        Value::Boolean(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Byte(value) => integer(i64::from(*value), "Y", &DataType::Byte),
        Value::Short(value) => integer(i64::from(*value), "S", &DataType::Short),
        Value::Integer(value) => integer(i64::from(*value), "", &DataType::Integer),
        Value::Long(value) => integer(*value, "L", &DataType::Long),
        Value::Float(value) => cast_text(&float(f64::from(*value), &format!("{value:e}")), &DataType::Float),
        Value::Double(value) => cast_text(&float(*value, &format!("{value:e}")), &DataType::Double),
        Value::Decimal { number, .. } => cast_text(&number.to_string(), &literal.data_type()),
        Value::String(value) => cast(&bytes(value.as_bytes()), &DataType::String),
        Value::Binary(value) => bytes(value),
        Value::Date(days) => date(*days),
        Value::Timestamp(micros) => timestamp(*micros),
        Value::TimestampNtz(micros) => timestamp_ntz(*micros),
        Value::Time(micros) => cast_text(&clock(*micros), &literal.data_type()),
        Value::CalendarInterval(interval) => calendar_interval(*interval),
        Value::YearMonthInterval(months) => {
            format!("MAKE_YM_INTERVAL(0, {})", integer(i64::from(*months), "", &DataType::Integer))
        }
        Value::DayTimeInterval(micros) => day_time_interval(*micros),
        Value::Array { elements, .. } => cast(&call("ARRAY", elements.iter()), &literal.data_type()),
        Value::Map { entries, .. } => {
            let flat = entries.iter().flat_map(|(key, value)| [key, value]);
            cast(&call("MAP", flat), &literal.data_type())
        }
        Value::Struct(fields) => structure(fields),
    }
}

/// The value as a constant that the grammar takes where it takes no expression, if it has such a form.
///
/// Here characters of a string do stand as themselves, and only those that mean the same under every rule for escapes.
pub(super) fn constant(literal: &Literal) -> Option<String> {
    match literal.value() {
        Value::Null(_) => Some("NULL".to_owned()),
        Value::Boolean(_) => Some(render(literal)),
        Value::Byte(value) => Some(value.to_string()),
        Value::Short(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Long(value) => Some(value.to_string()),
        Value::Float(value) => digits(f64::from(*value), format!("{value:?}")),
        Value::Double(value) => digits(*value, format!("{value:?}")),
        Value::Decimal { number, .. } => Some(number.to_string()),
        Value::String(value) => value.chars().all(is_plain).then(|| format!("'{value}'")),
        Value::Date(days) => four_digit_date(i64::from(*days)).map(|date| format!("DATE '{date}'")),
        _ => None,
    }
}

/// A number that reads back from its digits, with a point, so that it is no integer.
fn digits(value: f64, text: String) -> Option<String> {
    (value.is_finite() && value.abs() < 1e15 && text.len() < 30).then_some(text)
}

/// Neither a quote nor an escape, nor the start of a variable (`${…}`), wherever it stands.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || " -_./:+@,=!#%&*()<>^|~`".contains(c)
}

/// Everything in the type may be NULL: engines do not agree on which casts to a `NOT NULL` they allow.
fn cast(expression: &str, data_type: &DataType) -> String {
    format!("CAST({expression} AS {})", data_type.clone().nullable().ddl_with_fixed_timestamps())
}

/// `text` is made of digits and signs alone.
fn cast_text(text: &str, data_type: &DataType) -> String {
    cast(&format!("'{text}'"), data_type)
}

fn integer(value: i64, suffix: &str, data_type: &DataType) -> String {
    if value < 0 { cast_text(&value.to_string(), data_type) } else { format!("{value}{suffix}") }
}

/// `shortest` is the shortest text that reads back as the same number, negative zero included.
fn float(value: f64, shortest: &str) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => shortest.to_owned(),
    }
}

fn bytes(value: &[u8]) -> String {
    format!("X'{}'", hexadecimal(value))
}

/// Two digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        digits.extend(
            [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')),
        );
    }
    digits
}

/// A date literal where the year has four digits, which both engines read; any other day by its number.
fn date(days: i32) -> String {
    match four_digit_date(i64::from(days)) {
        Some(date) => format!("DATE '{date}'"),
        None => format!("DATE_FROM_UNIX_DATE({})", integer(i64::from(days), "", &DataType::Integer)),
    }
}

/// Of the function alone Sail shows the instant in UTC, whatever the session's time zone is.
fn timestamp(micros: i64) -> String {
    let instant = format!("TIMESTAMP_MICROS({})", integer(micros, "L", &DataType::Long));
    cast(&instant, &DataType::Timestamp)
}

/// There is no function from a number to a wall clock that the session's time zone leaves alone, so readings outside
/// the four-digit years are counted from 1970.
fn timestamp_ntz(micros: i64) -> String {
    let time = micros.rem_euclid(MICROS_PER_DAY).unsigned_abs();
    match four_digit_date(micros.div_euclid(MICROS_PER_DAY)) {
        Some(date) => format!("TIMESTAMP_NTZ '{date} {}'", clock(time)),
        None => format!("(TIMESTAMP_NTZ '1970-01-01 00:00:00' + {})", day_time_interval(micros)),
    }
}

fn four_digit_date(days: i64) -> Option<String> {
    let (year, month, day) = civil_date(days);
    (1..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Sail reads the digits of an interval before its sign, so the smallest one is one microsecond below its neighbour.
fn day_time_interval(micros: i64) -> String {
    if micros == i64::MIN {
        return format!("({} - {})", day_time_interval(micros + 1), day_time_interval(1));
    }
    let sign = if micros < 0 { "-" } else { "" };
    let absolute = micros.unsigned_abs();
    let per_day = MICROS_PER_DAY.unsigned_abs();
    format!("INTERVAL '{sign}{} {}' DAY TO SECOND", absolute / per_day, clock(absolute % per_day))
}

/// Neither engine has a literal of this type that takes all its values, and Sail's function makes `NULL` of more than
/// 32 bits of any part, so the microseconds go in three.
fn calendar_interval(interval: CalendarInterval) -> String {
    let part = |value: i64| integer(value, "", &DataType::Integer);
    let CalendarInterval { months, days, micros } = interval;
    let sign = if micros < 0 { "-" } else { "" };
    let (minutes, rest) = (micros / MICROS_PER_MINUTE, (micros % MICROS_PER_MINUTE).unsigned_abs());
    format!(
        "MAKE_INTERVAL(0, {}, 0, {}, {}, {}, CAST('{sign}{}.{:06}' AS DECIMAL(18,6)))",
        part(i64::from(months)),
        part(i64::from(days)),
        part(minutes / 60),
        part(minutes % 60),
        rest / MICROS_PER_SECOND,
        rest % MICROS_PER_SECOND,
    )
}

/// A time of day, in microseconds, as `hh:mm:ss.ffffff`.
fn clock(micros: u64) -> String {
    let seconds = micros / MICROS_PER_SECOND;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:06}", seconds % 60, micros % MICROS_PER_SECOND)
}

fn call<'a>(function: &str, arguments: impl Iterator<Item = &'a Literal>) -> String {
    let arguments: Vec<String> = arguments.map(render).collect();
    format!("{function}({})", arguments.join(", "))
}

/// Sail's `NAMED_STRUCT` takes names as string literals only, and an alias in back-ticks has one way to be read.
fn structure(fields: &[(String, Literal)]) -> String {
    let mut text = String::from("STRUCT(");
    for (position, (name, value)) in fields.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        // Writing into a `String` does not fail.
        let _ = write!(text, "{comma}{} AS {}", render(value), quote_identifier(name));
    }
    text.push(')');
    text
}
