//! The expressions that everything else is made of.

use super::{Column, Kind};
use crate::types::in_back_ticks;

impl Column {
    /// A column by its name in SQL; `*`, and `t.*`, are all columns.
    #[track_caller]
    pub(crate) fn named(name: impl Into<String>) -> Self {
        Self::of_relation(name.into(), None)
    }

    /// The column of that name of the relation with that id.
    #[track_caller]
    pub(in crate::plan) fn of_relation(name: String, relation: Option<i64>) -> Self {
        let kind = if name == "*" {
            Kind::Star { target: None, relation }
        } else if name.ends_with(".*") {
            if relation.is_some() {
                // Servers look for the columns in every frame.
                return Self::refused(format!(
                    "`{name}` cannot be asked of one frame: name the columns, as `frame.col(\"a.b\")`, or use an alias \
                     of the frame and `col(\"alias.{name}\")`, or `col(\"{name}\")` if the name in it is the frame's alias"
                ));
            }
            Kind::Star { target: Some(name), relation: None }
        } else {
            Kind::Attribute { name, relation }
        };
        Self::new(kind, Vec::new())
    }

    /// The columns whose names match a pattern.
    #[track_caller]
    pub(in crate::plan) fn matching(pattern: String, relation: Option<i64>) -> Self {
        Self::new(Kind::Regex { pattern, relation }, Vec::new())
    }

    #[track_caller]
    pub(crate) fn text(sql: impl Into<String>) -> Self {
        Self::new(Kind::Text(sql.into()), Vec::new())
    }

    #[track_caller]
    pub(crate) fn distinct_call(name: &'static str, arguments: Vec<Self>) -> Self {
        Self::new(Kind::Function { name, is_distinct: true }, arguments)
    }

    #[track_caller]
    pub(crate) fn argument(name: impl Into<String>, value: Self) -> Self {
        Self::new(Kind::Named(name.into()), vec![value])
    }
}

/// A column by its name, taken as it stands: the server parses it like SQL, so it goes quoted, with back-ticks doubled.
#[track_caller]
pub(crate) fn quoted(name: &str) -> Column {
    Column::new(Kind::Attribute { name: in_back_ticks(name), relation: None }, Vec::new())
}

/// One of Spark's functions or operators.
#[track_caller]
pub(crate) fn function(name: &'static str, arguments: Vec<Column>) -> Column {
    Column::new(Kind::Function { name, is_distinct: false }, arguments)
}

/// A function that the server knows by that name, which may have parts between dots.
#[track_caller]
pub(crate) fn call(name: String, arguments: Vec<Column>) -> Column {
    Column::new(Kind::Call(name), arguments)
}
