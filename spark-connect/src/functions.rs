//! Spark's built-in functions, under the names that PySpark has for them.
//!
//! ```
//! use spark_connect::functions::{avg, col, count, lit, transform, upper, when};
//!
//! let name = upper("name").alias("name");                     // a text names a column
//! let late = when(col("delay").gt(15), "late").otherwise(lit("on time")); // and is a value where one is wanted
//! let rows = count("*");
//! let more = transform(col("xs"), |x| x + 1);                  // functions over the elements of an array
//! ```
//!
//! Where PySpark takes any number of columns, a function here takes one, or a list or tuple of them:
//! `coalesce(["a", "b"])`.
//!
//! Where PySpark has an optional argument, a second function here takes it and is named after it: `split_with_limit`,
//! `from_json_with_options`, `rand_with_seed`. What ends in `_by` takes a format or another rule, in `_or` a value in
//! place of a missing one. Arguments that are seldom given are left out; [`call_function`], which calls any function by
//! its name, takes them all.
//!
//! ```
//! use spark_connect::functions::{from_json_with_options, split_with_limit, to_date_by, trim_with_characters};
//!
//! let day = to_date_by("day", "dd.MM.yyyy");
//! let order = from_json_with_options("text", "id INT, at DATE", [("mode", "FAILFAST"), ("dateFormat", "dd.MM.yyyy")]);
//! let two = split_with_limit("line", ",", 2);
//! let plain = trim_with_characters("name", "*-");
//! ```
//!
//! A random column, such as [`rand()`], gets its seed when it is built, as in PySpark, so one frame gives the same rows
//! however often it is used, unless the rows below it come in another order or in other partitions. [`uuid()`] and
//! [`shuffle()`] draw anew at each use; [`uuid_with_seed`] and [`shuffle_with_seed`] do not. Sail begins the numbers of a
//! seed anew with each batch of some thousand rows.
//!
//! A function that the server does not have is an error of the kind
//! [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported), which names it. Where it has the function and takes fewer
//! arguments, the error is the server's own about their number.

use std::collections::BTreeMap;

use crate::plan::{self, Column, IntoColumn, IntoColumns, IntoValue};
use crate::types::ToLiteral;

/// Functions, one in a line, with their arguments and their documentation. Each argument has a kind: a `column`, a
/// `value`, a `number` (a column by its name, or a number), several `columns` or `values`, `options` of a format, or a
/// closure over one, two or three columns: `lambda1`, `lambda2`, `lambda3`. The name after `=` is the server's, where it
/// has another, with `distinct` before it where the function is called with different values only.
macro_rules! functions {
    ($(
        $(#[$attribute:meta])*
        $name:ident($($argument:ident: $kind:ident),*) $(= $($distinct:ident)? $sql:literal)? $doc:literal;
    )*) => {$(
        #[doc = $doc]
        $(#[$attribute])*
        #[track_caller]
        #[allow(unused_mut, clippy::vec_init_then_push, reason = "one body for any number of arguments")]
        pub fn $name($($argument: wanted!($kind)),*) -> $crate::plan::Column {
            let mut arguments = Vec::new();
            $(given!(arguments, $argument, $kind);)*
            call!(arguments, $name $($($distinct)? $sql)?)
        }
    )*

        /// The names of the functions here and on the server, for tests of all of them.
        #[cfg(any(test, feature = "fuzzing"))]
        pub(super) const NAMES: &[(&str, &str)] = &[$((stringify!($name), named!($name $($sql)?))),*];
    };
}

/// The type of an argument.
macro_rules! wanted {
    (column) => { impl $crate::plan::IntoColumn };
    (value) => { impl $crate::plan::IntoValue };
    (number) => { impl $crate::functions::IntoNumber };
    (columns) => { impl $crate::plan::IntoColumns };
    (values) => { impl IntoIterator<Item = impl $crate::plan::IntoValue> };
    (options) => { impl IntoIterator<Item = (impl Into<String>, impl ToString)> };
    (lambda1) => { impl FnOnce($crate::plan::Column) -> $crate::plan::Column };
    (lambda2) => { impl FnOnce($crate::plan::Column, $crate::plan::Column) -> $crate::plan::Column };
    (lambda3) => {
        impl FnOnce($crate::plan::Column, $crate::plan::Column, $crate::plan::Column) -> $crate::plan::Column
    };
}

/// An argument as an expression.
macro_rules! given {
    ($arguments:ident, $argument:ident, column) => {
        $arguments.push($crate::plan::IntoColumn::into_column($argument))
    };
    ($arguments:ident, $argument:ident, value) => {
        $arguments.push($crate::plan::IntoValue::into_value($argument))
    };
    ($arguments:ident, $argument:ident, number) => {
        $arguments.push($crate::functions::IntoNumber::into_number($argument))
    };
    ($arguments:ident, $argument:ident, columns) => {
        $arguments.extend($crate::plan::IntoColumns::into_columns($argument))
    };
    ($arguments:ident, $argument:ident, values) => {
        $arguments.extend($argument.into_iter().map($crate::plan::IntoValue::into_value))
    };
    ($arguments:ident, $argument:ident, options) => {
        $arguments.extend($crate::functions::options($argument))
    };
    ($arguments:ident, $argument:ident, lambda1) => {
        $arguments.push($crate::plan::IntoLambda::<1>::into_lambda($argument).into_column())
    };
    ($arguments:ident, $argument:ident, lambda2) => {
        $arguments.push($crate::plan::IntoLambda::<2>::into_lambda($argument).into_column())
    };
    ($arguments:ident, $argument:ident, lambda3) => {
        $arguments.push($crate::plan::IntoLambda::<3>::into_lambda($argument).into_column())
    };
}

/// The call of a function of the server.
macro_rules! call {
    ($arguments:ident, $name:ident distinct $sql:literal) => {
        $crate::plan::Column::distinct_call($sql, $arguments)
    };
    ($arguments:ident, $name:ident $($sql:literal)?) => {
        $crate::plan::function(named!($name $($sql)?), $arguments)
    };
}

/// The name that the server knows it by.
macro_rules! named {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $sql:literal) => {
        $sql
    };
}

mod aggregate;
mod bitmap;
mod collection;
mod condition;
mod context;
mod geometry;
mod hash;
mod json;
mod math;
mod random;
mod sketch;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod window;

pub use aggregate::*;
pub use bitmap::*;
pub use collection::*;
pub use condition::*;
pub use context::*;
pub use geometry::*;
pub use hash::*;
pub use json::*;
pub use math::*;
pub use random::*;
pub use sketch::*;
pub use text::*;
pub use time::*;
pub use window::*;

/// The functions that have their bodies beside the tables.
#[cfg(any(test, feature = "fuzzing"))]
const WRITTEN: &[(&str, &str)] = &[
    ("any_value_ignore_nulls", "any_value"),
    ("count", "count"),
    ("first_ignore_nulls", "first"),
    ("first_value_ignore_nulls", "first_value"),
    ("last_ignore_nulls", "last"),
    ("last_value_ignore_nulls", "last_value"),
    ("ltrim_with_characters", "ltrim"),
    ("mode_deterministic", "mode"),
    ("months_between_unrounded", "months_between"),
    ("nth_value_ignore_nulls", "nth_value"),
    ("rand", "rand"),
    ("randn", "randn"),
    ("random", "random"),
    ("randstr", "randstr"),
    ("rtrim_with_characters", "rtrim"),
    ("trim_with_characters", "trim"),
    ("uniform", "uniform"),
    ("when", "when"),
];

/// The functions of the tables, each under its name here and its name on the server.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn names() -> Vec<(&'static str, &'static str)> {
    use self::aggregate::NAMES as AGGREGATES;
    let tables = [
        WRITTEN,
        AGGREGATES,
        bitmap::NAMES,
        collection::NAMES,
        condition::NAMES,
        context::NAMES,
        geometry::NAMES,
        hash::NAMES,
        json::NAMES,
        math::NAMES,
        random::NAMES,
        sketch::NAMES,
        text::NAMES,
        time::NAMES,
        window::NAMES,
    ];
    tables.concat()
}

/// A column by its name, as SQL writes it: a dot separates the parts of a name, back-ticks quote. `*` is every column.
#[track_caller]
pub fn col(name: impl Into<String>) -> Column {
    Column::named(name)
}

/// A value. A text is a value here, not the name of a column; a column stays what it is.
#[track_caller]
pub fn lit(value: impl IntoValue) -> Column {
    value.into_value()
}

/// An expression that is written in SQL. Values do not belong in its text: put them beside it with [`lit`].
#[track_caller]
pub fn expr(sql: impl Into<String>) -> Column {
    Column::text(sql)
}

/// The value where a condition is true; see [`Column::when`] for more branches and [`Column::otherwise`] for the rest.
#[track_caller]
pub fn when(condition: impl IntoColumn, value: impl IntoValue) -> Column {
    plan::function("when", vec![condition.into_column(), value.into_value()])
}

/// A call of a function by its name, with dots between the parts of the name; it may be one that a user registered.
#[doc(alias = "call_udf")]
#[track_caller]
pub fn call_function(name: impl Into<String>, arguments: impl IntoColumns) -> Column {
    plan::call(name.into(), arguments.into_columns())
}

/// An argument by its name, for [`call_function`]. Sail (0.7.2) passes over the name and takes the argument by its
/// position.
#[track_caller]
pub fn named_argument(name: impl Into<String>, value: impl IntoValue) -> Column {
    Column::argument(name, value.into_value())
}

/// Options as a server takes them among arguments: a map of texts. Of options of one name the last counts. Without any
/// there is no argument, since servers refuse an empty map, whose keys are of no type.
#[track_caller]
fn options<N: Into<String>, V: ToString>(options: impl IntoIterator<Item = (N, V)>) -> Option<Column> {
    let options = options.into_iter().map(|(name, value)| (name.into(), value.to_string()));
    let options: BTreeMap<String, String> = options.collect();
    let entries: Vec<Column> =
        options.into_iter().flat_map(|(name, value)| [lit(name), lit(value)]).collect();
    (!entries.is_empty()).then(|| plan::function("map", entries))
}

/// A number as an argument: a number, an expression, or the name of a column.
///
/// Your own type can implement it with that of another: `self.0.into_number()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a number nor a column",
    note = "give an `i32`, an `i64`, an `f64`, an expression, or the name of a column"
)]
pub trait IntoNumber {
    /// The number as an expression.
    #[track_caller]
    fn into_number(self) -> Column;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl IntoNumber for $number {
            #[track_caller]
            fn into_number(self) -> Column {
                Column::value(self.to_literal())
            }
        }
    )*};
}

numbers! { i32 i64 f64 }

macro_rules! columns {
    ($($column:ty)*) => {$(
        impl IntoNumber for $column {
            #[track_caller]
            fn into_number(self) -> Column {
                self.into_column()
            }
        }
    )*};
}

columns! { Column &Column &str &&str String &String }

/// A column in ascending order, `NULL`s first.
#[track_caller]
pub fn asc(column: impl IntoColumn) -> Column {
    column.into_column().asc()
}

/// A column in ascending order, `NULL`s first.
#[track_caller]
pub fn asc_nulls_first(column: impl IntoColumn) -> Column {
    column.into_column().asc_nulls_first()
}

/// A column in ascending order, `NULL`s last.
#[track_caller]
pub fn asc_nulls_last(column: impl IntoColumn) -> Column {
    column.into_column().asc_nulls_last()
}

/// A column in descending order, `NULL`s last.
#[track_caller]
pub fn desc(column: impl IntoColumn) -> Column {
    column.into_column().desc()
}

/// A column in descending order, `NULL`s first.
#[track_caller]
pub fn desc_nulls_first(column: impl IntoColumn) -> Column {
    column.into_column().desc_nulls_first()
}

/// A column in descending order, `NULL`s last.
#[track_caller]
pub fn desc_nulls_last(column: impl IntoColumn) -> Column {
    column.into_column().desc_nulls_last()
}
