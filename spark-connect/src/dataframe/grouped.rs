//! Groups of rows.

use super::{DataFrame, all};
use crate::functions;
use crate::plan::{Column, Grouping, IntoColumn};
use crate::types::{Literal, LiteralError, ToLiteral};

/// A frame whose rows are in groups; `agg` makes one row of each.
#[derive(Debug, Clone)]
#[must_use = "groups do nothing without `agg`"]
pub struct GroupedData {
    frame: DataFrame,
    grouping: Grouping,
}

impl DataFrame {
    /// The rows in groups of equal values. The columns come first in the result.
    pub fn group_by(&self, columns: impl IntoIterator<Item = impl IntoColumn>) -> GroupedData {
        self.grouped(Grouping::By(all(columns)))
    }

    /// Groups by the columns, by all but the last, by all but the last two, and so on down to none.
    pub fn rollup(&self, columns: impl IntoIterator<Item = impl IntoColumn>) -> GroupedData {
        self.grouped(Grouping::Rollup(all(columns)))
    }

    /// Groups by every subset of the columns.
    pub fn cube(&self, columns: impl IntoIterator<Item = impl IntoColumn>) -> GroupedData {
        self.grouped(Grouping::Cube(all(columns)))
    }

    /// Groups by each of these sets of columns. `columns` are those of the result.
    ///
    /// Spark from 4.0 on; not on Sail.
    pub fn grouping_sets(
        &self,
        sets: impl IntoIterator<Item = impl IntoIterator<Item = impl IntoColumn>>,
        columns: impl IntoIterator<Item = impl IntoColumn>,
    ) -> GroupedData {
        let sets = sets.into_iter().map(all).collect();
        self.grouped(Grouping::Sets { sets, columns: all(columns) })
    }

    fn grouped(&self, grouping: Grouping) -> GroupedData {
        GroupedData { frame: self.clone(), grouping }
    }

    /// One row for all rows: these aggregates.
    pub fn agg(&self, aggregates: impl IntoIterator<Item = impl IntoColumn>) -> Self {
        self.grouped(Grouping::By(Vec::new())).agg(aggregates)
    }
}

impl GroupedData {
    /// One row for each group: its columns, then these aggregates.
    pub fn agg(self, aggregates: impl IntoIterator<Item = impl IntoColumn>) -> DataFrame {
        let Self { frame, grouping } = self;
        frame.with(frame.relation.aggregate(grouping, all(aggregates)))
    }

    /// A column in the result for each of these values of a column, instead of a group for each. If no values are
    /// given, the server finds all that there are.
    pub fn pivot<V: ToLiteral>(self, column: impl IntoColumn, values: impl IntoIterator<Item = V>) -> Self {
        let pivot = column.into_column();
        let values: Result<Vec<Literal>, LiteralError> =
            values.into_iter().map(|value| value.to_literal()).collect();
        let columns = match self.grouping {
            Grouping::By(columns) => columns,
            _ => {
                let mistake = Column::refused("`pivot` follows `group_by` and nothing else".to_owned());
                vec![mistake]
            }
        };
        Self { frame: self.frame, grouping: Grouping::Pivot { columns, pivot, values } }
    }

    /// How many rows each group has, in the column `count`.
    pub fn count(self) -> DataFrame {
        self.agg([functions::count("*").alias("count")])
    }

    fn each<C: IntoColumn>(
        self,
        columns: impl IntoIterator<Item = C>,
        aggregate: fn(Column) -> Column,
    ) -> DataFrame {
        let aggregates: Vec<Column> =
            columns.into_iter().map(|column| aggregate(column.into_column())).collect();
        self.agg(aggregates)
    }

    /// The sums of these columns.
    pub fn sum(self, columns: impl IntoIterator<Item = impl IntoColumn>) -> DataFrame {
        self.each(columns, |column| functions::sum(column))
    }

    /// The means of these columns.
    pub fn avg(self, columns: impl IntoIterator<Item = impl IntoColumn>) -> DataFrame {
        self.each(columns, |column| functions::avg(column))
    }

    /// The least values of these columns.
    pub fn min(self, columns: impl IntoIterator<Item = impl IntoColumn>) -> DataFrame {
        self.each(columns, |column| functions::min(column))
    }

    /// The greatest values of these columns.
    pub fn max(self, columns: impl IntoIterator<Item = impl IntoColumn>) -> DataFrame {
        self.each(columns, |column| functions::max(column))
    }
}
