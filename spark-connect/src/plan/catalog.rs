//! Questions about catalogs, databases, tables and functions, and changes of them. Their rows are the answer.

use super::{Operator, Relation};
use crate::proto;
use crate::proto::catalog::CatType;
use crate::proto::relation::RelType;

#[derive(Debug, Clone)]
pub(super) struct Catalog {
    call: CatType,
    pub(super) has_effects: bool,
}

impl Relation {
    /// The answer to a question.
    pub(crate) fn catalog(question: CatType) -> Self {
        Self::leaf(Operator::Catalog(Catalog { call: question, has_effects: false }))
    }

    /// The answer to a change.
    pub(crate) fn catalog_change(change: CatType) -> Self {
        Self::leaf(Operator::Catalog(Catalog { call: change, has_effects: true }))
    }
}

impl Catalog {
    pub(super) fn to_proto(&self) -> RelType {
        RelType::Catalog(proto::Catalog { cat_type: Some(self.call.clone()) })
    }
}
