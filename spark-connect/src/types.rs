//! Spark's data types and their values: what both are, and how each is written in the protocol, in Arrow and in DDL.

mod calendar;
mod data_type;
mod identifier;
mod keyword;
mod literal;
mod proto;

pub(crate) use self::calendar::civil_date;
pub use self::data_type::{DataType, StructField};
pub use self::identifier::quote_identifier;
pub(crate) use self::keyword::{expects_expression, may_expect_value};
pub(crate) use self::literal::{CalendarInterval, Value, expression};
pub use self::literal::{Literal, LiteralError, ToLiteral};
