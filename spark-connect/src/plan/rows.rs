//! Some of the columns or rows of another relation.

use super::{Node, Relation};
use crate::proto;
use crate::proto::expression::{ExprType, UnresolvedAttribute};
use crate::proto::relation::RelType;
use crate::types::in_back_ticks;

#[derive(Debug, Clone)]
pub(super) struct Rows {
    input: Relation,
    taken: Taken,
}

/// What is taken of the input.
#[derive(Debug, Clone)]
enum Taken {
    Columns(Vec<String>),
    First(u32),
}

impl Relation {
    /// These columns of this relation, in this order. A name is taken as it stands: a dot in it is part of the name.
    #[must_use]
    pub fn project(self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let taken = Taken::Columns(columns.into_iter().map(Into::into).collect());
        Self::new(Node::Rows(Rows { input: self, taken }))
    }

    /// The first `rows` rows of this relation.
    #[must_use]
    pub fn limit(self, rows: u32) -> Self {
        Self::new(Node::Rows(Rows { input: self, taken: Taken::First(rows) }))
    }
}

impl Rows {
    pub(super) fn input(&self) -> &Relation {
        &self.input
    }

    /// The same of another relation.
    pub(super) fn over(&self, input: Relation) -> Self {
        Self { input, taken: self.taken.clone() }
    }

    pub(super) fn to_proto(&self) -> RelType {
        let input = Some(Box::new(self.input.to_proto()));
        match &self.taken {
            Taken::Columns(columns) => {
                let expressions = columns.iter().map(|name| column(name)).collect();
                RelType::Project(Box::new(proto::Project { input, expressions }))
            }
            Taken::First(rows) => {
                let limit = i32::try_from(*rows).unwrap_or(i32::MAX);
                RelType::Limit(Box::new(proto::Limit { input, limit }))
            }
        }
    }
}

/// The server parses the name like SQL, so it goes quoted, with back-ticks doubled.
fn column(name: &str) -> proto::Expression {
    proto::Expression {
        expr_type: Some(ExprType::UnresolvedAttribute(UnresolvedAttribute {
            unparsed_identifier: in_back_ticks(name),
            ..Default::default()
        })),
        ..Default::default()
    }
}
