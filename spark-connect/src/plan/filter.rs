//! The rows that meet a condition.

use std::collections::HashSet;

use super::convert::Parts;
use super::{Column, IntoCondition, Operator, Relation};
use crate::proto;
use crate::proto::relation::RelType;
use crate::types::Literal;

impl Relation {
    /// The rows for which the condition is true.
    #[track_caller]
    pub(crate) fn filter(&self, condition: impl IntoCondition) -> Self {
        self.over(Operator::Filter, vec![condition.into_condition()])
    }
}

/// Whether the relation may be sent as one filter with its input: both are filters, and it makes no difference in which
/// order, or how often, their conditions are evaluated.
pub(super) fn can_join(operator: &Operator, columns: &[Column], inputs: &[Relation]) -> bool {
    let is_plain = |columns: &[Column]| columns.iter().all(Column::is_plain);
    matches!(operator, Operator::Filter)
        && is_plain(columns)
        && inputs
            .iter()
            .all(|input| matches!(input.0.operator, Operator::Filter) && is_plain(&input.0.columns))
}

/// The conditions of this filter and of those below that are sent as one with it, the lowest first, and the input of
/// the lowest. One that columns name, or whose rows a server keeps, stays a relation of its own.
pub(super) fn chain<'r>(relation: &'r Relation, named: &HashSet<i64>) -> (Column, Option<&'r Relation>) {
    let (mut conditions, mut at) = (Vec::new(), relation);
    loop {
        conditions.extend(at.0.columns.first().cloned());
        let input = at.0.inputs.first();
        match input {
            Some(input) if at.0.joins_input && !input.is_persisted() && !named.contains(&input.id()) => {
                at = input;
            }
            _ => {
                let lowest_first = conditions.into_iter().rev();
                let condition = lowest_first.reduce(|all, next| all.and(next));
                return (condition.unwrap_or_else(|| Column::literal(Literal::boolean(true))), input);
            }
        }
    }
}

pub(super) fn to_proto(mut parts: Parts) -> RelType {
    RelType::Filter(Box::new(proto::Filter { input: parts.input(), condition: parts.column() }))
}
