//! How rows are spread over the server's tasks, and hints to its optimizer. None changes which rows there are.

use super::convert::Parts;
use super::{Column, Operator, PlanError, Relation, note};
use crate::proto;
use crate::proto::relation::RelType;

#[derive(Debug, Clone)]
pub(super) enum Partition {
    /// Into this many partitions, with or without moving every row.
    Into {
        partitions: u32,
        shuffle: bool,
    },
    /// By the values of expressions.
    By {
        partitions: Option<u32>,
    },
    Hint {
        name: String,
    },
}

impl Relation {
    pub(crate) fn repartition(&self, partitions: u32, shuffle: bool) -> Self {
        let mistake = mistake(Some(partitions));
        let partition = Partition::Into { partitions, shuffle };
        Self::checked(Operator::Partition(partition), vec![self.clone()], Vec::new(), mistake)
    }

    /// Without columns there is a number of partitions to spread the rows over, or nothing to do it by.
    pub(crate) fn repartition_by(&self, partitions: Option<u32>, columns: Vec<Column>) -> Self {
        let mistake = match (partitions, columns.is_empty()) {
            (Some(partitions), true) => return self.repartition(partitions, true),
            (None, true) => {
                Some(PlanError::new("`repartition_by` needs a number of partitions or at least one column"))
            }
            (_, false) => mistake(partitions),
        };
        let partition = Partition::By { partitions };
        Self::checked(Operator::Partition(partition), vec![self.clone()], columns, mistake)
    }

    pub(crate) fn hint(&self, name: String, parameters: Vec<Column>) -> Self {
        self.over(Operator::Partition(Partition::Hint { name }), parameters)
    }
}

fn mistake(partitions: Option<u32>) -> Option<PlanError> {
    let fits = partitions.is_none_or(|count| count > 0 && i32::try_from(count).is_ok());
    (!fits).then(|| PlanError::new("a count of partitions must be between 1 and 2147483647"))
}

impl Partition {
    pub(super) fn names(&self, names: &mut String) {
        if let Self::Hint { name } = self {
            note(names, [name]);
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        let count = |partitions: u32| i32::try_from(partitions).unwrap_or(i32::MAX);
        match self {
            Self::Into { partitions, shuffle } => RelType::Repartition(Box::new(proto::Repartition {
                input,
                num_partitions: count(*partitions),
                shuffle: Some(*shuffle),
            })),
            Self::By { partitions } => {
                RelType::RepartitionByExpression(Box::new(proto::RepartitionByExpression {
                    input,
                    partition_exprs: parts.rest(),
                    num_partitions: partitions.map(count),
                }))
            }
            Self::Hint { name } => {
                RelType::Hint(Box::new(proto::Hint { input, name: name.clone(), parameters: parts.rest() }))
            }
        }
    }
}
