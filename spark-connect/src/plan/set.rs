//! The rows of one relation and those of another, as sets.

use super::convert::Parts;
use super::{Operator, Relation};
use crate::proto;
use crate::proto::relation::RelType;
use crate::proto::set_operation::SetOpType;

#[derive(Debug, Clone, Copy)]
pub(crate) enum SetKind {
    Union,
    Intersect,
    Except,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SetOperation {
    pub(crate) kind: SetKind,
    /// Whether duplicates stay.
    pub(crate) all: bool,
    pub(crate) by_name: bool,
    pub(crate) allow_missing: bool,
}

impl Relation {
    pub(crate) fn set(&self, other: &Self, operation: SetOperation) -> Self {
        Self::new(Operator::Set(operation), vec![self.clone(), other.clone()], Vec::new())
    }
}

impl SetOperation {
    /// By position, with every row as often as it is there.
    pub(crate) fn all(kind: SetKind) -> Self {
        Self { kind, all: true, by_name: false, allow_missing: false }
    }

    /// By position, with every row once.
    pub(crate) fn distinct(kind: SetKind) -> Self {
        Self { all: false, ..Self::all(kind) }
    }

    pub(super) fn to_proto(self, mut parts: Parts) -> RelType {
        let kind = match self.kind {
            SetKind::Union => SetOpType::Union,
            SetKind::Intersect => SetOpType::Intersect,
            SetKind::Except => SetOpType::Except,
        };
        RelType::SetOp(Box::new(proto::SetOperation {
            left_input: parts.input(),
            right_input: parts.input(),
            set_op_type: kind.into(),
            is_all: Some(self.all),
            by_name: Some(self.by_name),
            allow_missing_columns: Some(self.allow_missing),
        }))
    }
}
