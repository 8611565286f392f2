//! Spark's data types and their values: what both are, and how each is written in the protocol, in Arrow and in DDL.

mod arrow;
mod data_type;
mod ddl;
mod decimal;
mod identifier;
mod interval;
mod keyword;
mod literal;
mod proto;
mod schema;
mod table;

#[doc(hidden)]
pub use self::arrow::is_instant;
pub use self::data_type::{DataType, StructField};
pub use self::ddl::DdlError;
pub use self::decimal::{Decimal, DecimalError};
pub use self::identifier::{in_back_ticks, quote_identifier};
pub use self::interval::{CalendarInterval, DayTimeInterval, YearMonthInterval};
pub(crate) use self::keyword::{expects_expression, may_expect_value, words};
pub use self::literal::{Literal, LiteralError, ToLiteral};
pub(crate) use self::literal::{
    Value, bound as bound_literal, expression, in_session_zone, message as literal_message,
};
pub use self::schema::Schema;
pub(crate) use crate::calendar::{MICROS_PER_DAY, civil_date};
