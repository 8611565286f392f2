//! The rows that meet a condition.

use std::collections::{HashMap, HashSet};

use super::convert::Parts;
use super::{Column, IntoCondition, NEVER, Operator, Relation};
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

/// The maximum relations that nest in one another while filters are sent as they were built. Of its 100 rounds Spark's
/// analyser may need one for each of them, and that of Spark 3.5 two: it gave up at 52, of which 32 were such filters.
const MAX_NESTED: u32 = 40;

/// Which filters of a plan are sent as one.
pub(super) struct Joining {
    /// The relations that columns name, which must be there under their ids.
    named: HashSet<i64>,
    /// Whether all are that may be, as the plan nests too deep otherwise. A server does not find kept rows again then.
    all: bool,
}

impl Joining {
    pub(super) fn of(root: &Relation, named: HashSet<i64>) -> Self {
        let mut joining = Self { named, all: false };
        joining.all = joining.nests_deep(root);
        joining
    }

    /// The conditions of this filter and of those below that are sent as one with it, the lowest first, and the input of
    /// the lowest. One that columns name, or whose rows were kept `before`, stays a relation of its own.
    pub(super) fn chain<'r>(&self, filter: &'r Relation, before: u64) -> (Column, Option<&'r Relation>) {
        let (mut conditions, mut at) = (Vec::new(), filter);
        loop {
            conditions.extend(at.0.columns.first().cloned());
            match self.joined(at, before) {
                Some(input) => at = input,
                None => break,
            }
        }
        let condition = conditions.into_iter().rev().reduce(|all, next| all.and(next));
        (condition.unwrap_or_else(|| Column::literal(Literal::boolean(true))), at.0.inputs.first())
    }

    /// The input of a filter that is sent as one with it.
    fn joined<'r>(&self, filter: &'r Relation, before: u64) -> Option<&'r Relation> {
        let node = &filter.0;
        let input = node.inputs.first()?;
        let joins = match self.all {
            true => can_join(&node.operator, &node.columns, &node.inputs),
            false => node.joins_input && input.persisted() >= before,
        };
        (joins && !self.named.contains(&input.id())).then_some(input)
    }

    /// Whether more relations nest in one another than a server resolves, where filters are sent as they were built.
    fn nests_deep(&self, root: &Relation) -> bool {
        let (mut reached, mut pending) = (HashMap::new(), vec![(root, 1)]);
        while let Some((relation, depth)) = pending.pop() {
            if depth > MAX_NESTED {
                return true;
            }
            let deepest = reached.entry(relation.id()).or_insert(0);
            if *deepest >= depth {
                continue;
            }
            *deepest = depth;
            let step = u32::from(self.joined(relation, NEVER).is_none());
            pending.extend(relation.0.inputs.iter().map(|input| (input, depth + step)));
            let mut asked = Vec::new();
            relation.0.columns.iter().for_each(|column| column.relations(&mut asked));
            pending.extend(asked.into_iter().map(|other| (other, depth + 1)));
        }
        false
    }
}

pub(super) fn to_proto(mut parts: Parts) -> RelType {
    RelType::Filter(Box::new(proto::Filter { input: parts.input(), condition: parts.column() }))
}
