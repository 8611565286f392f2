//! Statistics of columns, which the server computes in ways of its own.

use super::convert::Parts;
use super::missing::is_fillable;
use super::{Column, Operator, PlanError, Relation, note};
use crate::proto;
use crate::proto::relation::RelType;
use crate::proto::stat_sample_by::Fraction;
use crate::types::literal_message as literal;
use crate::types::{Literal, LiteralError};

#[derive(Debug, Clone)]
pub(crate) enum Statistics {
    Describe {
        columns: Vec<String>,
    },
    Summary {
        statistics: Vec<String>,
    },
    Crosstab {
        first: String,
        second: String,
    },
    Cov {
        first: String,
        second: String,
    },
    Corr {
        first: String,
        second: String,
    },
    ApproxQuantile {
        columns: Vec<String>,
        probabilities: Vec<f64>,
        relative_error: f64,
    },
    FreqItems {
        columns: Vec<String>,
        support: Option<f64>,
    },
    /// Of each value of an expression a part of its rows.
    SampleBy {
        fractions: Vec<(Literal, f64)>,
        seed: i64,
    },
}

impl Relation {
    pub(crate) fn statistics(&self, statistics: Statistics) -> Self {
        let mistake = match &statistics {
            Statistics::ApproxQuantile { probabilities, .. } if probabilities.is_empty() => {
                Some(PlanError::new("`approx_quantile` needs at least one probability"))
            }
            _ => None,
        };
        Self::checked(Operator::Statistics(statistics), vec![self.clone()], Vec::new(), mistake)
    }

    pub(crate) fn sample_by(
        &self,
        column: Column,
        fractions: Result<Vec<(Literal, f64)>, LiteralError>,
        seed: i64,
    ) -> Self {
        let (fractions, mistake) = match fractions {
            Ok(fractions) if fractions.iter().all(|(_, fraction)| (0.0..=1.0).contains(fraction)) => {
                let is_lost = fractions.iter().any(|(value, _)| !is_found(value));
                (fractions, is_lost.then(|| PlanError::new(NOT_FOUND)))
            }
            Ok(_) => (Vec::new(), Some(PlanError::new("a fraction of `sample_by` must be between 0 and 1"))),
            Err(error) => {
                let mistake = format!("a value of `sample_by` cannot be sent: {error}");
                (Vec::new(), Some(PlanError::new(mistake)))
            }
        };
        let statistics = Statistics::SampleBy { fractions, seed };
        Self::checked(Operator::Statistics(statistics), vec![self.clone()], vec![column], mistake)
    }
}

/// The refusal of a value of which a server finds no row.
const NOT_FOUND: &str = "`sample_by` takes a STRING, a BOOLEAN, an integer, a float other than NaN, or NULL, since \
    servers find no row of another value: cast the column with `cast(\"string\")`, and give the value as a string";

fn is_found(value: &Literal) -> bool {
    value.is_null() || is_fillable(value) && !value.is_nan()
}

impl Statistics {
    pub(super) fn literals(&self) -> Vec<&Literal> {
        match self {
            Self::SampleBy { fractions, .. } => fractions.iter().map(|(value, _)| value).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn names(&self, names: &mut String) {
        match self {
            Self::Describe { columns }
            | Self::Summary { statistics: columns }
            | Self::ApproxQuantile { columns, .. }
            | Self::FreqItems { columns, .. } => note(names, columns),
            Self::Crosstab { first, second } | Self::Cov { first, second } | Self::Corr { first, second } => {
                note(names, [first, second]);
            }
            Self::SampleBy { .. } => {}
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        match self {
            Self::Describe { columns } => {
                RelType::Describe(Box::new(proto::StatDescribe { input, cols: columns.clone() }))
            }
            Self::Summary { statistics } => {
                RelType::Summary(Box::new(proto::StatSummary { input, statistics: statistics.clone() }))
            }
            Self::Crosstab { first, second } => RelType::Crosstab(Box::new(proto::StatCrosstab {
                input,
                col1: first.clone(),
                col2: second.clone(),
            })),
            Self::Cov { first, second } => {
                RelType::Cov(Box::new(proto::StatCov { input, col1: first.clone(), col2: second.clone() }))
            }
            Self::Corr { first, second } => RelType::Corr(Box::new(proto::StatCorr {
                input,
                col1: first.clone(),
                col2: second.clone(),
                method: Some("pearson".to_owned()),
            })),
            Self::ApproxQuantile { columns, probabilities, relative_error } => {
                RelType::ApproxQuantile(Box::new(proto::StatApproxQuantile {
                    input,
                    cols: columns.clone(),
                    probabilities: probabilities.clone(),
                    relative_error: *relative_error,
                }))
            }
            Self::FreqItems { columns, support } => RelType::FreqItems(Box::new(proto::StatFreqItems {
                input,
                cols: columns.clone(),
                support: *support,
            })),
            Self::SampleBy { fractions, seed } => {
                let fraction = |(value, fraction): &(Literal, f64)| Fraction {
                    stratum: Some(literal(value)),
                    fraction: *fraction,
                };
                RelType::SampleBy(Box::new(proto::StatSampleBy {
                    input,
                    col: parts.column(),
                    fractions: fractions.iter().map(fraction).collect(),
                    seed: Some(*seed),
                }))
            }
        }
    }
}
