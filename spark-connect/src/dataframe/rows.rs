//! Some of the rows, other orders of them, and several frames' rows together.

use super::DataFrame;
use crate::functions;
use crate::plan::{IntoColumns, IntoCondition, IntoNames, PlanError, Sample, SetKind, SetOperation};

impl DataFrame {
    /// The rows for which the condition is true: an expression, or a text in SQL, as in PySpark.
    ///
    /// Values do not belong in the text of a condition: `col("a").eq(value)` sends one beside it.
    #[track_caller]
    pub fn filter(&self, condition: impl IntoCondition) -> Self {
        self.with(self.relation.filter(condition))
    }

    /// Another name for [`filter`](Self::filter).
    #[doc(alias = "where")]
    #[track_caller]
    pub fn where_(&self, condition: impl IntoCondition) -> Self {
        self.filter(condition)
    }

    /// The first rows, at most this many.
    pub fn limit(&self, rows: u32) -> Self {
        self.with(self.relation.limit(rows))
    }

    /// The rows after the first `rows` of them.
    pub fn offset(&self, rows: u32) -> Self {
        self.with(self.relation.offset(rows))
    }

    /// The last rows, at most this many.
    pub fn tail(&self, rows: u32) -> Self {
        self.with(self.relation.tail(rows))
    }

    /// The rows in an order. A column is ascending, `NULL`s first, unless it says otherwise.
    #[doc(alias = "orderBy")]
    #[doc(alias = "sort")]
    pub fn order_by(&self, columns: impl IntoColumns) -> Self {
        self.with(self.relation.sort(columns.into_columns(), true))
    }

    /// The rows of each partition in an order.
    #[doc(alias = "sortWithinPartitions")]
    pub fn sort_within_partitions(&self, columns: impl IntoColumns) -> Self {
        self.with(self.relation.sort(columns.into_columns(), false))
    }

    /// Every different row once.
    pub fn distinct(&self) -> Self {
        self.with(self.relation.distinct(None))
    }

    /// Of the rows that are equal in these columns, or in all columns with `drop_duplicates(())`, any one.
    #[doc(alias = "dropDuplicates")]
    pub fn drop_duplicates(&self, columns: impl IntoNames) -> Self {
        let columns = columns.into_names();
        self.with(self.relation.distinct((!columns.is_empty()).then_some(columns)))
    }

    /// About this fraction of the rows, chosen at random, the same ones for the same seed and the same rows.
    pub fn sample(&self, fraction: f64, seed: i64) -> Self {
        self.sampled(fraction, seed, false)
    }

    /// Rows drawn at random, about this fraction of their number, each of which may come several times.
    #[doc(alias = "withReplacement")]
    pub fn sample_with_replacement(&self, fraction: f64, seed: i64) -> Self {
        self.sampled(fraction, seed, true)
    }

    fn sampled(&self, upper: f64, seed: i64, with_replacement: bool) -> Self {
        let sample = Sample { lower: 0.0, upper, with_replacement, seed, in_order: false };
        self.with(self.relation.sample(sample))
    }

    /// The rows divided at random among frames in about these proportions, each row in one of them.
    #[doc(alias = "randomSplit")]
    pub fn random_split(&self, weights: &[f64], seed: i64) -> Vec<Self> {
        let total: f64 = weights.iter().sum();
        let fits = total > 0.0 && weights.iter().all(|weight| *weight >= 0.0) && total.is_finite();
        if !fits {
            let mistake =
                PlanError::new("the weights of `random_split` must not be negative, and not all zero");
            return weights.iter().map(|_| self.with(self.relation.refused(mistake.clone()))).collect();
        }
        let (mut splits, mut before) = (Vec::with_capacity(weights.len()), 0.0);
        for (position, weight) in weights.iter().enumerate() {
            let is_last = position + 1 == weights.len();
            let upper = if is_last { 1.0 } else { (before + weight / total).min(1.0) };
            let sample = Sample { lower: before, upper, with_replacement: false, seed, in_order: true };
            splits.push(self.with(self.relation.sample(sample)));
            before = upper;
        }
        splits
    }

    /// The rows of both, with columns matched by position; duplicates stay.
    #[doc(alias = "unionAll")]
    pub fn union(&self, other: &Self) -> Self {
        self.set(other, SetOperation::all(SetKind::Union))
    }

    /// The rows of both, with columns matched by name; duplicates stay.
    #[doc(alias = "unionByName")]
    pub fn union_by_name(&self, other: &Self) -> Self {
        self.set(other, SetOperation { by_name: true, ..SetOperation::all(SetKind::Union) })
    }

    /// The rows of both, with columns matched by name and `NULL` in columns that one of them lacks.
    #[doc(alias = "allowMissingColumns")]
    pub fn union_by_name_allow_missing(&self, other: &Self) -> Self {
        let operation =
            SetOperation { by_name: true, allow_missing: true, ..SetOperation::all(SetKind::Union) };
        self.set(other, operation)
    }

    /// The rows that both have, each once.
    pub fn intersect(&self, other: &Self) -> Self {
        self.set(other, SetOperation::distinct(SetKind::Intersect))
    }

    /// The rows that both have, each as many times as both have it.
    #[doc(alias = "intersectAll")]
    pub fn intersect_all(&self, other: &Self) -> Self {
        self.set(other, SetOperation::all(SetKind::Intersect))
    }

    /// The rows that the other does not have, each once.
    #[doc(alias = "subtract")]
    pub fn except(&self, other: &Self) -> Self {
        self.set(other, SetOperation::distinct(SetKind::Except))
    }

    /// The rows that this frame has more often than the other, each as many times as it has it more often.
    #[doc(alias = "exceptAll")]
    pub fn except_all(&self, other: &Self) -> Self {
        self.set(other, SetOperation::all(SetKind::Except))
    }

    fn set(&self, other: &Self, operation: SetOperation) -> Self {
        self.beside(other, self.relation.set(&other.relation, operation))
    }

    /// A seed for [`sample`](Self::sample) that is different each time.
    #[must_use]
    pub fn random_seed() -> i64 {
        functions::drawn_seed()
    }
}
