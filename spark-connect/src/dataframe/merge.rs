//! A table changed by a frame's rows.

use super::DataFrame;
use crate::error::Result;
use crate::plan::{Command, IntoCondition, Merge, MergeAction};

/// A merge into a table: [`DataFrame::merge_into`]. Actions are tried in the order in which they are given.
///
/// ```no_run
/// # use spark_connect::{DataFrame, MergeAction, functions::col};
/// # async fn run(changes: DataFrame) -> spark_connect::Result<()> {
/// changes
///     .alias("s")
///     .merge_into("orders", col("orders.id").eq(col("s.id")))
///     .when_matched(MergeAction::delete().only_if(col("s.gone")))
///     .when_matched(MergeAction::update_all())
///     .when_not_matched(MergeAction::insert_all())
///     .merge()
///     .await?;
/// # Ok(()) }
/// ```
#[doc(alias = "MergeIntoWriter")]
#[derive(Debug, Clone)]
#[must_use = "nothing is changed before `merge`"]
pub struct MergeInto {
    frame: DataFrame,
    merge: Merge,
}

impl DataFrame {
    /// Changes the rows of a table that match rows of this frame, and adds those that do not. `on` is an expression, or
    /// SQL.
    ///
    /// The table is named without an alias, `orders` and not `orders AS t`, which the server cannot parse, so its
    /// columns are `orders.id` in conditions and values. The frame takes an alias by [`alias`](Self::alias).
    ///
    /// Spark from 4.0 on, and Sail.
    #[doc(alias = "mergeInto")]
    #[track_caller]
    pub fn merge_into(&self, table: impl Into<String>, on: impl IntoCondition) -> MergeInto {
        let merge = Merge {
            table: table.into(),
            on: on.into_condition(),
            matched: Vec::new(),
            not_matched: Vec::new(),
            not_matched_by_source: Vec::new(),
            evolve: false,
        };
        MergeInto { frame: self.clone(), merge }
    }
}

impl MergeInto {
    /// The action for a row of the table that matches one of the frame.
    #[doc(alias = "whenMatched")]
    pub fn when_matched(mut self, action: MergeAction) -> Self {
        self.merge.matched.push(action);
        self
    }

    /// The action for a row of the frame that matches none of the table.
    #[doc(alias = "whenNotMatched")]
    pub fn when_not_matched(mut self, action: MergeAction) -> Self {
        self.merge.not_matched.push(action);
        self
    }

    /// The action for a row of the table that matches none of the frame.
    #[doc(alias = "whenNotMatchedBySource")]
    pub fn when_not_matched_by_source(mut self, action: MergeAction) -> Self {
        self.merge.not_matched_by_source.push(action);
        self
    }

    /// Adds to the table the columns that only the frame has.
    #[doc(alias = "withSchemaEvolution")]
    pub fn with_schema_evolution(mut self) -> Self {
        self.merge.evolve = true;
        self
    }

    /// Merges.
    ///
    /// # Errors
    ///
    /// As [`DataFrameWriter::save`](super::DataFrameWriter::save). A table whose format cannot change rows is an error
    /// of the server's.
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrameWriter::save`](super::DataFrameWriter::save).
    pub async fn merge(self) -> Result<()> {
        self.frame.command(Command::merge(self.frame.relation.clone(), self.merge)).await
    }
}
