//! Conditions that are joined, however many: as a tree that is as shallow as it can be.

use super::{Column, Kind};
use crate::proto;

/// Fewer operands are sent as they were joined.
const FEW: usize = 4;

/// Whether the condition nests no deeper than the deepest of its children, since it goes on with those that they join.
pub(super) fn joins(kind: &Kind, children: &[Column]) -> bool {
    let deepest = children.iter().map(|child| child.extent().depth).max();
    let mut deepest = children.iter().filter(|child| Some(child.extent().depth) == deepest).peekable();
    deepest.peek().is_some() && deepest.all(|child| is_joined(kind, child))
}

fn is_joined(kind: &Kind, child: &Column) -> bool {
    matches!((kind, &child.0.kind), (Kind::And, Kind::And) | (Kind::Or, Kind::Or))
}

/// The operands of the condition and of those of the same kind in it, in order.
pub(super) fn joined(condition: &Column) -> Vec<&Column> {
    let kind = &condition.0.kind;
    let (mut operands, mut pending) = (Vec::new(), vec![condition]);
    while let Some(at) = pending.pop() {
        match is_joined(kind, at) {
            true => pending.extend(at.0.children.iter().rev()),
            false => operands.push(at),
        }
    }
    match operands.len() < FEW {
        true => condition.0.children.iter().collect(),
        false => operands,
    }
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
