//! Groups of rows.

use super::DataFrame;
use crate::functions;
use crate::plan::{Column, Grouping, IntoColumn, IntoColumns};
use crate::types::{Literal, LiteralError, ToLiteral};

/// A frame whose rows are in groups; `agg` makes one row of each.
#[derive(Debug, Clone)]
#[must_use = "groups do nothing without `agg`"]
pub struct GroupedData {
    frame: DataFrame,
    grouping: Grouping,
}

impl DataFrame {
    /// The rows in groups of equal values. The columns come first in the result; `group_by(())` makes one group of all
    /// rows.
    #[doc(alias = "groupBy")]
    pub fn group_by(&self, columns: impl IntoColumns) -> GroupedData {
        self.grouped(Grouping::By(columns.into_columns()))
    }

    /// Groups by the columns, by all but the last, by all but the last two, and so on down to none.
    pub fn rollup(&self, columns: impl IntoColumns) -> GroupedData {
        self.grouped(Grouping::Rollup(columns.into_columns()))
    }

    /// Groups by every subset of the columns.
    pub fn cube(&self, columns: impl IntoColumns) -> GroupedData {
        self.grouped(Grouping::Cube(columns.into_columns()))
    }

    /// Groups by each of these sets of columns. `columns` are those of the result.
    ///
    /// Spark from 4.0 on; not on Sail.
    #[doc(alias = "groupingSets")]
    pub fn grouping_sets(
        &self,
        sets: impl IntoIterator<Item = impl IntoColumns>,
        columns: impl IntoColumns,
    ) -> GroupedData {
        let sets = sets.into_iter().map(IntoColumns::into_columns).collect();
        self.grouped(Grouping::Sets { sets, columns: columns.into_columns() })
    }

    fn grouped(&self, grouping: Grouping) -> GroupedData {
        GroupedData { frame: self.clone(), grouping }
    }

    /// One row for all rows: these aggregates.
    pub fn agg(&self, aggregates: impl IntoColumns) -> Self {
        self.grouped(Grouping::By(Vec::new())).agg(aggregates)
    }
}

impl GroupedData {
    /// One row for each group: its columns, then these aggregates, at least one.
    pub fn agg(self, aggregates: impl IntoColumns) -> DataFrame {
        let Self { frame, grouping } = self;
        frame.with(frame.relation.aggregate(grouping, aggregates.into_columns()))
    }

    /// A column in the result for each of these values of a column, instead of a group for each. For an empty list, as
    /// `[""; 0]`, the server finds all values that there are. A value that servers misread is refused, as a `BINARY`, a
    /// list or NaN: cast the column with `cast("string")`, and give strings.
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
        self.agg(functions::count("*").alias("count"))
    }

    fn each(self, columns: impl IntoColumns, aggregate: fn(Column) -> Column) -> DataFrame {
        self.agg(columns.into_columns().into_iter().map(aggregate))
    }

    /// The sums of these columns.
    pub fn sum(self, columns: impl IntoColumns) -> DataFrame {
        self.each(columns, |column| functions::sum(column))
    }

    /// The means of these columns.
    #[doc(alias = "mean")]
    pub fn avg(self, columns: impl IntoColumns) -> DataFrame {
        self.each(columns, |column| functions::avg(column))
    }

    /// The least values of these columns.
    pub fn min(self, columns: impl IntoColumns) -> DataFrame {
        self.each(columns, |column| functions::min(column))
    }

    /// The greatest values of these columns.
    pub fn max(self, columns: impl IntoColumns) -> DataFrame {
        self.each(columns, |column| functions::max(column))
    }
}
