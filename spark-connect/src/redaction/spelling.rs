//! The ways in which servers write a value.

use std::fmt::Write;

use crate::sql::hexadecimal;
use crate::types::{Literal, MICROS_PER_DAY, Value, civil_date};

/// Names that a date may be written with.
const NAMES: [&str; 2] = [
    "january february march april may june july august september october november december jan feb mar apr jun jul aug \
     sep oct nov dec",
    "monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun am pm utc",
];

/// Every spelling of the value, and of those in it. A `NULL` has none.
pub(super) fn spellings(literal: &Literal) -> Vec<String> {
    match literal.value() {
        Value::Null(_) => Vec::new(),
        Value::Boolean(value) => vec![value.to_string()],
        Value::Byte(value) => vec![value.to_string()],
        Value::Short(value) => vec![value.to_string()],
        Value::Integer(value) => vec![value.to_string()],
        Value::Long(value) => vec![value.to_string()],
        Value::Float(value) => float(f64::from(*value), [value.to_string(), format!("{value:e}")]),
        Value::Double(value) => float(*value, [value.to_string(), format!("{value:e}")]),
        Value::Decimal { number, .. } => vec![number.to_string()],
        Value::String(text) => string(text),
        Value::Binary(bytes) => binary(bytes),
        Value::Date(days) => date(i64::from(*days)),
        Value::Timestamp(micros) | Value::TimestampNtz(micros) => {
            let mut found = date(micros.div_euclid(MICROS_PER_DAY));
            found.push(micros.to_string());
            found
        }
        Value::Time(micros) => vec![micros.to_string()],
        Value::CalendarInterval(interval) => {
            vec![format!("{} {} {}", interval.months, interval.days, interval.micros)]
        }
        Value::YearMonthInterval(months) => vec![months.to_string()],
        Value::DayTimeInterval(micros) => vec![micros.to_string()],
        Value::Array { elements, .. } => elements.iter().flat_map(spellings).collect(),
        Value::Map { entries, .. } => {
            entries.iter().flat_map(|(key, value)| [key, value]).flat_map(spellings).collect()
        }
        Value::Struct(fields) => fields.iter().flat_map(|(_, value)| spellings(value)).collect(),
    }
}

fn float(value: f64, mut found: [String; 2]) -> Vec<String> {
    if !value.is_finite() {
        found = ["nan inf infinity".to_owned(), "positive negative".to_owned()];
    }
    found.to_vec()
}

/// As it is, with its escapes, and as the digits of a literal.
fn string(text: &str) -> Vec<String> {
    let mut found = vec![text.to_owned(), text.escape_debug().to_string(), hexadecimal(text.as_bytes())];
    if !text.is_ascii() {
        found.push(units(text));
        // As an address has it: the bytes one by one.
        found.push(text.as_bytes().iter().map(|byte| format!("{byte:02x} ")).collect());
    }
    found
}

/// Each letter as Java and JSON escape it, `u00e9`: the digits may be letters alone, which would be a word.
fn units(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut found, unit| {
        // Writing into a `String` does not fail.
        let _ = write!(found, "u{unit:04x} {unit:04x} ");
        found
    })
}

fn binary(bytes: &[u8]) -> Vec<String> {
    let apart: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![hexadecimal(bytes), apart.join(" "), String::from_utf8_lossy(bytes).into_owned()]
}

fn date(days: i64) -> Vec<String> {
    let (year, month, day) = civil_date(days);
    let mut found: Vec<String> = NAMES.map(str::to_owned).to_vec();
    found.push(format!("{year:04}-{month:02}-{day:02} {year} {month} {day} {days}"));
    found
}
