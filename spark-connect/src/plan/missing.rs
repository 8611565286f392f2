//! Values that are not there, and values in place of others.

use super::convert::Parts;
use super::{Operator, PlanError, Relation};
use crate::proto;
use crate::proto::na_replace::Replacement;
use crate::proto::relation::RelType;
use crate::types::literal_message as literal;
use crate::types::{Literal, LiteralError, Value};

#[derive(Debug, Clone)]
pub(super) enum Missing {
    /// One value for all columns of its type, or one for each column.
    Fill {
        columns: Vec<String>,
        values: Vec<Literal>,
    },
    /// Rows with fewer values than that, or with any that is missing.
    Drop {
        columns: Vec<String>,
        least: Option<i32>,
    },
    Replace {
        columns: Vec<String>,
        pairs: Vec<(Literal, Literal)>,
    },
}

type Literals<T> = Result<Vec<T>, LiteralError>;

impl Relation {
    pub(crate) fn fill_missing(&self, columns: Vec<String>, values: Literals<Literal>) -> Self {
        let (values, mistake) = sendable(values, "na.fill");
        let missing = Missing::Fill { columns, values };
        Self::checked(Operator::Missing(missing), vec![self.clone()], Vec::new(), mistake)
    }

    pub(crate) fn drop_missing(&self, columns: Vec<String>, least: Option<u32>) -> Self {
        let least = least.map(|least| i32::try_from(least).unwrap_or(i32::MAX));
        self.over(Operator::Missing(Missing::Drop { columns, least }), Vec::new())
    }

    pub(crate) fn replace_values(&self, columns: Vec<String>, pairs: Literals<(Literal, Literal)>) -> Self {
        let (pairs, mistake) = sendable(pairs, "na.replace");
        let mistake = mistake.or_else(|| rounded(&pairs));
        let missing = Missing::Replace { columns, pairs };
        Self::checked(Operator::Missing(missing), vec![self.clone()], Vec::new(), mistake)
    }
}

/// The largest integer up to which a `DOUBLE` holds each one.
const MAX_EXACT: u64 = 1 << 53;

/// Servers replace numbers by way of `DOUBLE`.
fn rounded(pairs: &[(Literal, Literal)]) -> Option<PlanError> {
    let is_rounded =
        |literal: &Literal| matches!(literal.value(), Value::Long(value) if value.unsigned_abs() > MAX_EXACT);
    pairs.iter().any(|(old, new)| is_rounded(old) || is_rounded(new)).then(|| {
        PlanError::new(
            "an integer of `na.replace` is beyond ±9007199254740992 (2 to the power of 53), where servers would round it: \
             replace it with `when(column.eq(old), new).otherwise(column)`",
        )
    })
}

fn sendable<T>(values: Literals<T>, method: &str) -> (Vec<T>, Option<PlanError>) {
    match values {
        Ok(values) => (values, None),
        Err(error) => {
            let mistake = PlanError::new(format!("a value of `{method}` cannot be sent: {error}"));
            (Vec::new(), Some(mistake))
        }
    }
}

impl Missing {
    pub(super) fn literals(&self) -> Vec<&Literal> {
        match self {
            Self::Fill { values, .. } => values.iter().collect(),
            Self::Drop { .. } => Vec::new(),
            Self::Replace { pairs, .. } => pairs.iter().flat_map(|(old, new)| [old, new]).collect(),
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        match self {
            Self::Fill { columns, values } => RelType::FillNa(Box::new(proto::NaFill {
                input,
                cols: columns.clone(),
                values: values.iter().map(literal).collect(),
            })),
            Self::Drop { columns, least } => RelType::DropNa(Box::new(proto::NaDrop {
                input,
                cols: columns.clone(),
                min_non_nulls: *least,
            })),
            Self::Replace { columns, pairs } => {
                let replacement = |(old, new): &(Literal, Literal)| Replacement {
                    old_value: Some(literal(old)),
                    new_value: Some(literal(new)),
                };
                RelType::Replace(Box::new(proto::NaReplace {
                    input,
                    cols: columns.clone(),
                    replacements: pairs.iter().map(replacement).collect(),
                }))
            }
        }
    }
}
