//! Some of the rows of another relation.

use super::convert::Parts;
use super::{Operator, PlanError, Relation, note};
use crate::proto;
use crate::proto::relation::RelType;

#[derive(Debug, Clone)]
pub(super) enum Rows {
    First(u32),
    After(u32),
    Last(u32),
    /// No two that are equal in these columns, or in all.
    Distinct(Option<Vec<String>>),
    Sample(Sample),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) with_replacement: bool,
    pub(crate) seed: i64,
    pub(crate) in_order: bool,
}

impl Relation {
    /// The first `rows` rows of this relation.
    #[must_use]
    pub fn limit(&self, rows: u32) -> Self {
        self.counted(Rows::First(rows), rows)
    }

    pub(crate) fn offset(&self, rows: u32) -> Self {
        self.counted(Rows::After(rows), rows)
    }

    pub(crate) fn tail(&self, rows: u32) -> Self {
        self.counted(Rows::Last(rows), rows)
    }

    fn counted(&self, taken: Rows, rows: u32) -> Self {
        let mistake = i32::try_from(rows)
            .is_err()
            .then(|| PlanError::new("a count of rows is above 2147483647, the largest that a plan can hold"));
        Self::checked(Operator::Rows(taken), vec![self.clone()], Vec::new(), mistake)
    }

    pub(crate) fn distinct(&self, columns: Option<Vec<String>>) -> Self {
        self.over(Operator::Rows(Rows::Distinct(columns)), Vec::new())
    }

    pub(crate) fn sample(&self, sample: Sample) -> Self {
        let most = if sample.with_replacement { f64::INFINITY } else { 1.0 };
        let fits = 0.0 <= sample.lower && sample.lower <= sample.upper && sample.upper <= most;
        let mistake = (!fits).then(|| {
            PlanError::new("the fraction of a sample must be between 0 and 1, or above 0 with replacement")
        });
        Self::checked(Operator::Rows(Rows::Sample(sample)), vec![self.clone()], Vec::new(), mistake)
    }
}

impl Rows {
    pub(super) fn names(&self, names: &mut String) {
        if let Self::Distinct(Some(columns)) = self {
            note(names, columns);
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        let count = |rows: u32| i32::try_from(rows).unwrap_or(i32::MAX);
        match self {
            Self::First(rows) => RelType::Limit(Box::new(proto::Limit { input, limit: count(*rows) })),
            Self::After(rows) => RelType::Offset(Box::new(proto::Offset { input, offset: count(*rows) })),
            Self::Last(rows) => RelType::Tail(Box::new(proto::Tail { input, limit: count(*rows) })),
            Self::Distinct(columns) => RelType::Deduplicate(Box::new(proto::Deduplicate {
                input,
                column_names: columns.clone().unwrap_or_default(),
                all_columns_as_keys: Some(columns.is_none()),
                within_watermark: Some(false),
            })),
            Self::Sample(sample) => RelType::Sample(Box::new(proto::Sample {
                input,
                lower_bound: sample.lower,
                upper_bound: sample.upper,
                with_replacement: Some(sample.with_replacement),
                seed: Some(sample.seed),
                deterministic_order: sample.in_order,
            })),
        }
    }
}
