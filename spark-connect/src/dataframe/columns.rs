//! Other columns of the same rows.

use super::DataFrame;
use crate::plan::{Column, IntoColumns, IntoDataType, IntoNames, IntoValue, PlanError};

impl DataFrame {
    /// Only these columns and expressions.
    pub fn select(&self, columns: impl IntoColumns) -> Self {
        self.with(self.relation.select(columns.into_columns()))
    }

    /// These expressions, written in SQL.
    #[doc(alias = "selectExpr")]
    pub fn select_expr(&self, expressions: impl IntoNames) -> Self {
        self.with(self.relation.select(expressions.into_names().into_iter().map(Column::text).collect()))
    }

    /// All columns and one more, which replaces a column of the same name.
    #[doc(alias = "withColumn")]
    #[track_caller]
    pub fn with_column(&self, name: impl Into<String>, column: impl IntoValue) -> Self {
        self.with(self.relation.with_columns(vec![column.into_value().alias(name)]))
    }

    /// All columns and several more, which cannot refer to each other.
    #[doc(alias = "withColumns")]
    pub fn with_columns<N: Into<String>, C: IntoValue>(
        &self,
        columns: impl IntoIterator<Item = (N, C)>,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, column)| column.into_value().alias(name));
        self.with(self.relation.with_columns(columns.collect()))
    }

    /// All columns, one of them under another name. A name that no column has is ignored.
    #[doc(alias = "withColumnRenamed")]
    pub fn with_column_renamed(&self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.with(self.relation.with_columns_renamed(vec![(from.into(), to.into())]))
    }

    /// All columns, several of them under other names.
    #[doc(alias = "withColumnsRenamed")]
    pub fn with_columns_renamed<F: Into<String>, T: Into<String>>(
        &self,
        renamed: impl IntoIterator<Item = (F, T)>,
    ) -> Self {
        let renamed = renamed.into_iter().map(|(from, to)| (from.into(), to.into()));
        self.with(self.relation.with_columns_renamed(renamed.collect()))
    }

    /// All columns, one of them with metadata: a JSON object as text.
    #[doc(alias = "withMetadata")]
    #[track_caller]
    pub fn with_metadata(&self, column: impl Into<String>, metadata: impl Into<String>) -> Self {
        let name = column.into();
        let column = self.col(name.clone()).alias_with_metadata(name, metadata);
        self.with(self.relation.with_columns(vec![column]))
    }

    /// All columns under these names, by position.
    #[doc(alias = "toDF")]
    pub fn to_df(&self, columns: impl IntoNames) -> Self {
        self.with(self.relation.to_df(columns.into_names()))
    }

    /// The columns of a schema, found by name, in its order and cast to its types where nothing is lost. The schema is
    /// a struct type or DDL: `"id BIGINT, name STRING"`.
    #[doc(alias = "to")]
    pub fn to_schema(&self, schema: impl IntoDataType) -> Self {
        self.with(self.relation.to_schema(schema.into_data_type()))
    }

    /// The same frame under a name that tells its columns from those of another frame: `col("a.id")`.
    pub fn alias(&self, name: impl Into<String>) -> Self {
        self.with(self.relation.alias(name.into()))
    }

    /// Several rows for each row, one for each of the `values` columns, or of all but the `ids` if that is `None`: the
    /// `ids` columns, the name of the column, and its value.
    #[doc(alias = "melt")]
    pub fn unpivot(
        &self,
        ids: impl IntoColumns,
        values: Option<Vec<Column>>,
        variable: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        let relation = self.relation.unpivot(ids.into_columns(), values, variable.into(), value.into());
        self.with(relation)
    }

    /// Rows become columns: the values of the index column, or of the first one, are the names of the new columns.
    ///
    /// Spark from 4.0 on; not on Sail.
    pub fn transpose(&self, index: Option<Column>) -> Self {
        self.with(self.relation.transpose(index))
    }

    /// A hint to the server's optimizer: `broadcast`, `merge`, `repartition`, …
    pub fn hint(
        &self,
        name: impl Into<String>,
        parameters: impl IntoIterator<Item = impl IntoValue>,
    ) -> Self {
        let parameters = parameters.into_iter().map(IntoValue::into_value).collect();
        self.with(self.relation.hint(name.into(), parameters))
    }

    /// A hint to send the whole frame to every task of a join.
    pub fn broadcast(&self) -> Self {
        self.with(self.relation.hint("broadcast".to_owned(), Vec::new()))
    }

    /// The same rows in this many partitions; every row is moved.
    pub fn repartition(&self, partitions: u32) -> Self {
        self.with(self.relation.repartition(partitions, true))
    }

    /// The same rows in at most this many partitions, some of which are put together from several.
    pub fn coalesce(&self, partitions: u32) -> Self {
        self.with(self.relation.repartition(partitions, false))
    }

    /// The same rows, with those of equal values in one partition. Without a number of partitions, the server chooses
    /// one; with a number and `()` for the columns it is [`repartition`](Self::repartition).
    pub fn repartition_by(&self, partitions: Option<u32>, columns: impl IntoColumns) -> Self {
        self.with(self.relation.repartition_by(partitions, columns.into_columns()))
    }

    /// The same rows, with a range of values in each partition.
    #[doc(alias = "repartitionByRange")]
    pub fn repartition_by_range(&self, partitions: Option<u32>, columns: impl IntoColumns) -> Self {
        let columns = columns.into_columns();
        let mistake =
            columns.is_empty().then(|| PlanError::new("`repartition_by_range` needs at least one column"));
        let ordered = columns.into_iter().map(|column| if column.is_order() { column } else { column.asc() });
        let relation = self.relation.repartition_by(partitions, ordered.collect());
        self.with(match mistake {
            Some(mistake) => relation.refused(mistake),
            None => relation,
        })
    }
}
