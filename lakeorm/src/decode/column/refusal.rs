//! A value type's answer to a column that it does not decode.

use std::borrow::Cow;

use arrow_schema::{DataType, IntervalUnit};
use spark_connect::types::is_instant;

use super::error::joined;
use super::{FromColumn, Wkb, short_type_name, spark_name};
use crate::Variant;

/// Why a value type does not take a column, as far as the type can say: what the query could cast the column to,
/// and which Rust type would take it. Names and both types are added to the message by the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    cast: Option<&'static str>,
    instead: Option<&'static str>,
    /// The Rust type that the field could be converted from.
    convert: Option<&'static str>,
    /// The values inside a nested one that do not fit; then nothing is wrong with the value itself.
    inside: Vec<Inside>,
}

/// A value inside a nested one that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inside {
    /// The path from the column: `[].lines.sku`.
    pub(crate) path: String,
    /// The mismatch, and the change that mends it.
    pub(crate) reason: String,
}

impl Refusal {
    /// A refusal with no advice but the column's own Rust type.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A refusal of a type that does take a column of this Spark type, `BIGINT`.
    #[must_use]
    pub fn cast_to(spark_type: &'static str) -> Self {
        Self { cast: Some(spark_type), ..Self::default() }
    }

    /// Names the Rust type to use in place of the column's usual one.
    #[must_use]
    pub fn instead(mut self, rust_type: &'static str) -> Self {
        self.instead = Some(rust_type);
        self
    }

    /// Names the Rust type that the column decodes into, and from which the field's type can be converted with
    /// `#[lake(try_from = "…")]`.
    #[must_use]
    pub fn converted_from(mut self, rust_type: &'static str) -> Self {
        self.convert = Some(rust_type);
        self
    }

    /// The refusal of a container because of this one, of the child `C` at `step` (`[]`, `{key}`, `{value}`, or
    /// a field's name), which was offered a column of the type `found`.
    #[must_use]
    pub fn of_child<C>(self, step: &str, found: &DataType) -> Self {
        let inside = if self.inside.is_empty() {
            let rust_type = short_type_name(std::any::type_name::<C>());
            let mut reason = format!("the value is {}, the Rust type is {rust_type}", spark_name(found));
            if let Some(advice) = self.rust_advice(found, &rust_type, false) {
                reason.push_str("; ");
                reason.push_str(&advice);
            }
            vec![Inside { path: step.to_owned(), reason }]
        } else {
            let under = |inside: Inside| Inside { path: joined(step, &inside.path), ..inside };
            self.inside.into_iter().map(under).collect()
        };
        Self::of_nested(inside)
    }

    /// Both halves' refusals in one.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.inside.extend(other.inside);
        self
    }

    pub(crate) fn of_nested(inside: Vec<Inside>) -> Self {
        Self { inside, ..Self::default() }
    }

    pub(crate) fn inside(&self) -> &[Inside] {
        &self.inside
    }

    /// The change that mends it: of the field's type, or of the query. A field with a name may have attributes; a value
    /// of a tuple has none.
    pub(crate) fn advice(
        &self,
        found: &DataType,
        column: &str,
        rust_type: &str,
        has_name: bool,
    ) -> Option<String> {
        let rust_type = self.rust_advice(found, rust_type, has_name);
        let cast = match self.cast {
            Some("STRING") if found.is_nested() => Some(format!("to_json({column}) in the query")),
            Some(spark_type) if !found.is_nested() => {
                Some(format!("CAST({column} AS {spark_type}) in the query"))
            }
            _ => None,
        };
        match (rust_type, cast) {
            (Some(rust_type), Some(cast)) => Some(format!("{rust_type}, or {cast}")),
            (Some(rust_type), None) => Some(rust_type),
            (None, Some(cast)) => Some(format!("use {cast}")),
            (None, None) => None,
        }
    }

    fn rust_advice(&self, found: &DataType, rust_type: &str, has_name: bool) -> Option<String> {
        if *found == DataType::Null {
            return Some(format!("use Option<{rust_type}>"));
        }
        let optional = rust_type.starts_with("Option<");
        let name = self.instead.map(Cow::Borrowed).or_else(|| self::rust_type(found))?;
        let mut advice = match optional {
            true if is_phrase(&name) => format!("use an Option of {name}"),
            true => format!("use Option<{name}>"),
            false => format!("use {name}"),
        };
        match self.convert {
            Some(from) if has_name => {
                advice.push_str(&format!(", or #[lake(try_from = \"{from}\")] on the field"));
            }
            Some(_) => advice.push_str(" and convert the value"),
            None => {}
        }
        Some(advice)
    }
}

/// The Rust type that a column of this type decodes into.
fn rust_type(data_type: &DataType) -> Option<Cow<'static, str>> {
    use DataType as D;
    Some(Cow::Borrowed(match data_type {
        D::Boolean => "bool",
        D::Int8 => "i8",
        D::Int16 => "i16",
        D::Int32 => "i32",
        D::Int64 => "i64",
        D::UInt8 => "i16",
        D::UInt16 => "u16",
        D::UInt32 => "u32",
        D::UInt64 => "u64",
        D::Float32 => "f32",
        D::Float64 => "f64",
        D::Decimal32(_, 0..) | D::Decimal64(_, 0..) | D::Decimal128(_, 0..) | D::Decimal256(_, 0..) => {
            "lakeorm::Decimal"
        }
        D::Utf8 | D::LargeUtf8 | D::Utf8View => "String",
        D::Binary | D::LargeBinary | D::BinaryView => "Vec<u8>",
        D::Date32 => of_time("chrono::NaiveDate", "jiff::civil::Date", "time::Date"),
        D::Timestamp(..) if is_instant(data_type) => {
            of_time("chrono::DateTime<chrono::Utc>", "jiff::Timestamp", "time::UtcDateTime")
        }
        D::Timestamp(..) => {
            of_time("chrono::NaiveDateTime", "jiff::civil::DateTime", "time::PrimitiveDateTime")
        }
        D::Time32(_) | D::Time64(_) => of_time("chrono::NaiveTime", "jiff::civil::Time", "time::Time"),
        D::Duration(_) => "lakeorm::DayTimeInterval",
        D::Interval(IntervalUnit::YearMonth) => "lakeorm::YearMonthInterval",
        D::Interval(IntervalUnit::MonthDayNano) => "lakeorm::CalendarInterval",
        D::Struct(_) if Variant::accepts(data_type).is_ok() => "lakeorm::Variant",
        D::Struct(_) if Wkb::accepts(data_type).is_ok() => "lakeorm::Wkb",
        D::Struct(_) => "a struct that derives LakeRow",
        D::List(child) | D::LargeList(child) | D::FixedSizeList(child, _) => {
            return Some(match (rust_type(child.data_type())?, child.data_type()) {
                (name, D::Struct(_)) if is_phrase(&name) => "a Vec of a struct that derives LakeRow".into(),
                (name, _) if is_phrase(&name) => return None,
                (name, _) => format!("Vec<{name}>").into(),
            });
        }
        D::Map(entries, _) => return rust_map(entries.data_type()),
        D::Dictionary(_, values) => return rust_type(values),
        D::RunEndEncoded(_, values) => return rust_type(values.data_type()),
        _ => return None,
    }))
}

/// The one of these types that lakeorm is built with; there may be none.
fn of_time(chrono: &'static str, jiff: &'static str, time: &'static str) -> &'static str {
    match (cfg!(feature = "chrono"), cfg!(feature = "jiff"), cfg!(feature = "time")) {
        (true, _, _) => chrono,
        (_, true, _) => jiff,
        (_, _, true) => time,
        _ => "a type of chrono, jiff or time, once that feature of lakeorm is on",
    }
}

fn rust_map(entries: &DataType) -> Option<Cow<'static, str>> {
    let DataType::Struct(fields) = entries else { return None };
    let mut types = fields.iter().map(|field| rust_type(field.data_type()).filter(|name| !is_phrase(name)));
    let (key, value) = (types.next()??, types.next()??);
    Some(format!("HashMap<{key}, {value}>").into())
}

/// Whether this describes a type that has another name in each program, and can be no parameter of another.
fn is_phrase(rust_type: &str) -> bool {
    rust_type.starts_with("a ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_type_that_lakeorm_is_built_with_is_advised() {
        let date = rust_type(&DataType::Date32).unwrap();
        let crates = [
            ("chrono::NaiveDate", cfg!(feature = "chrono")),
            ("jiff::civil::Date", cfg!(feature = "jiff")),
            ("time::Date", cfg!(feature = "time")),
        ];
        match crates.iter().find(|(_, is_on)| *is_on) {
            Some((advised, _)) => assert_eq!(date, *advised),
            None => assert!(is_phrase(&date) && date.contains("feature of lakeorm"), "{date}"),
        }
    }
}
