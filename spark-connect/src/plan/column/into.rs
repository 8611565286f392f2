//! Arguments that stand for a column, for a value, and for several values.

use super::{Column, Subquery, for_lists, for_texts};
use crate::plan::Relation;
use crate::types::ToLiteral;

/// A column as an argument: a [`Column`], or the name of one as SQL writes it.
///
/// A dot in a name separates its parts; back-ticks quote: `"address.city"`, ``"`a.b`"``.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column",
    label = "a column is wanted",
    note = "give the name of a column, or an expression: `col(\"a\")`, `lit(1)`, `avg(\"a\")`"
)]
pub trait IntoColumn {
    /// The column.
    #[track_caller]
    fn into_column(self) -> Column;
}

impl IntoColumn for Column {
    fn into_column(self) -> Column {
        self
    }
}

impl IntoColumn for &Column {
    fn into_column(self) -> Column {
        self.clone()
    }
}

for_texts!(#[track_caller] IntoColumn, into_column -> Column, Column::named);

/// A condition as an argument: a [`Column`] that is true or not, or SQL.
///
/// A text is SQL here, as in PySpark. Values do not belong in it: `col("a").eq(value)` sends one beside it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a condition",
    label = "a condition is wanted",
    note = "give an expression or SQL: `col(\"a\").gt(1)`, `\"a > 1\"`"
)]
pub trait IntoCondition {
    /// The condition as an expression.
    #[track_caller]
    fn into_condition(self) -> Column;
}

impl IntoCondition for Column {
    fn into_condition(self) -> Column {
        self
    }
}

impl IntoCondition for &Column {
    fn into_condition(self) -> Column {
        self.clone()
    }
}

for_texts!(#[track_caller] IntoCondition, into_condition -> Column, Column::text);

/// A value as an argument: a Rust value ([`ToLiteral`]), or a [`Column`] that gives one for each row.
///
/// A text is a value here and not the name of a column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value",
    label = "a value or a column is wanted",
    note = "give a Rust value that can be bound, or an expression: `col(\"a\")`"
)]
pub trait IntoValue {
    /// The value as an expression.
    #[track_caller]
    fn into_value(self) -> Column;
}

impl IntoValue for Column {
    fn into_value(self) -> Column {
        self
    }
}

impl IntoValue for &Column {
    fn into_value(self) -> Column {
        self.clone()
    }
}

impl<T: ToLiteral> IntoValue for T {
    #[track_caller]
    fn into_value(self) -> Column {
        Column::value(self.to_literal())
    }
}

/// The argument of [`Column::is_in`]: a list of values, or a frame of one column.
///
/// Your own type can implement it with that of another: `self.0.into_members()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a list of values nor a frame",
    label = "a list of values or a frame is wanted",
    note = "give a list, or a frame of one column: `[1, 2]`, `&ids`, `frame.select(\"id\")`",
    note = "an iterator becomes a list with `.collect::<Vec<_>>()`"
)]
pub trait IntoMembers {
    /// The values.
    fn into_members(self) -> Members;
}

/// The values that [`Column::is_in`] looks for.
#[derive(Debug, Clone)]
pub struct Members(pub(super) In);

#[derive(Debug, Clone)]
pub(super) enum In {
    Values(Vec<Column>),
    Rows(Relation),
}

impl Members {
    pub(crate) fn rows(relation: Relation) -> Self {
        Self(In::Rows(relation))
    }

    #[track_caller]
    pub(super) fn looked_for(self, column: &Column) -> Column {
        match self.0 {
            In::Values(values) => {
                super::function("in", std::iter::once(column.clone()).chain(values).collect())
            }
            In::Rows(relation) => {
                // A struct is compared by its fields with as many columns.
                let fields = column.fields_of_struct();
                let values = fields.map_or_else(|| vec![column.clone()], <[Column]>::to_vec);
                Column::subquery(Subquery::In, values, relation)
            }
        }
    }
}

for_lists!((IntoMembers, into_members -> Members, members), IntoValue);

fn members(list: impl IntoIterator<Item = impl IntoValue>) -> Members {
    Members(In::Values(list.into_iter().map(IntoValue::into_value).collect()))
}
