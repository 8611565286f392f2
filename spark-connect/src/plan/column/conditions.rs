//! Conditions that are joined, however many: as a tree that is as shallow as it can be.

use super::{Column, Kind};
use crate::proto;

/// Whether the condition goes on with those that its first child joins, so that it nests no deeper than they.
pub(super) fn joins(kind: &Kind, children: &[Column]) -> bool {
    let first = children.first().map(|first| &first.0.kind);
    matches!((kind, first), (Kind::And, Some(Kind::And)) | (Kind::Or, Some(Kind::Or)))
}

/// The operands of the condition and of those of the same kind that are its first children, in order.
pub(super) fn joined(condition: &Column) -> Vec<&Column> {
    let (mut operands, mut at) = (Vec::new(), condition);
    loop {
        let [first, second] = at.0.children.as_slice() else {
            operands.push(at);
            break;
        };
        operands.push(second);
        match joins(&at.0.kind, &at.0.children) {
            true => at = first,
            false => {
                operands.push(first);
                break;
            }
        }
    }
    operands.reverse();
    operands
}

/// The operands in a balanced tree. A server's stack bears a few hundred levels, not a condition for each value.
pub(super) fn balanced(name: &'static str, mut operands: Vec<proto::Expression>) -> proto::Expression {
    while operands.len() > 1 {
        let mut pairs = operands.into_iter();
        let mut halved = Vec::new();
        while let Some(first) = pairs.next() {
            halved.push(match pairs.next() {
                Some(second) => super::convert::function(name, vec![first, second], false),
                None => first,
            });
        }
        operands = halved;
    }
    operands.pop().unwrap_or_default()
}
