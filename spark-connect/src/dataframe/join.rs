//! Two frames beside each other.

use super::DataFrame;
use crate::plan::{AsOf, IntoJoinOn, JoinOn, JoinType};

impl DataFrame {
    /// The rows of both that match: by the names of columns that both have, which appear once in the result, or by a
    /// condition. An empty list of names is refused; see [`JoinOn::nothing`].
    ///
    /// ```no_run
    /// # use spark_connect::{DataFrame, JoinType, functions::col};
    /// # fn run(flights: DataFrame, airlines: DataFrame) {
    /// let named = flights.join(&airlines, ["carrier"], JoinType::Left);
    /// let same = flights.join(&airlines, flights.col("carrier").eq(airlines.col("carrier")), JoinType::Inner);
    /// # }
    /// ```
    pub fn join(&self, other: &Self, on: impl IntoJoinOn, how: JoinType) -> Self {
        self.beside(other, self.relation.join(&other.relation, on.into_join_on(), how))
    }

    /// Every row of this frame with every row of the other.
    #[doc(alias = "crossJoin")]
    pub fn cross_join(&self, other: &Self) -> Self {
        self.join(other, JoinOn::nothing(), JoinType::Cross)
    }

    /// The rows of this frame, each with the rows of another frame, which may use the columns of this one as
    /// [`Column::outer`].
    ///
    /// Spark from 4.0 on, and Sail.
    ///
    /// [`Column::outer`]: crate::Column::outer
    #[doc(alias = "lateralJoin")]
    pub fn lateral_join(&self, other: &Self, on: impl IntoJoinOn, how: JoinType) -> Self {
        self.beside(other, self.relation.lateral_join(&other.relation, on.into_join_on(), how))
    }

    /// The rows of this frame, each with the row of the other that is nearest in a column, among those that match.
    ///
    /// Spark from 4.0 on; not on Sail.
    #[doc(alias = "joinAsOf")]
    pub fn as_of_join(&self, other: &Self, by: AsOf, on: impl IntoJoinOn, how: JoinType) -> Self {
        self.beside(other, self.relation.as_of_join(&other.relation, by, on.into_join_on(), how))
    }

    /// The first row of this frame beside the first of the other, and so on. Both must be made from the same frame.
    ///
    /// Spark from 4.3 on.
    pub fn zip(&self, other: &Self) -> Self {
        self.beside(other, self.relation.zip(&other.relation))
    }
}
