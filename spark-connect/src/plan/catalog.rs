//! Questions about catalogs, databases, tables and functions, and changes of them. Their rows are the answer.

use super::options::{note_names, secrets};
use super::{Operator, Relation, note};
use crate::proto;
use crate::proto::catalog::CatType;
use crate::proto::data_type::Kind;
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
    pub(super) fn secrets(&self) -> Vec<&str> {
        match &self.call {
            CatType::CreateTable(table) => secrets(&table.options).collect(),
            _ => Vec::new(),
        }
    }

    /// Those of a table to create, which alone may be told beside a secret.
    pub(super) fn names(&self, names: &mut String) {
        let CatType::CreateTable(table) = &self.call else { return };
        let ddl = match table.schema.as_ref().and_then(|schema| schema.kind.as_ref()) {
            Some(Kind::Unparsed(schema)) => Some(&schema.data_type_string),
            _ => None,
        };
        let texts = [&table.table_name].into_iter().chain(&table.path).chain(&table.source);
        note(names, texts.chain(&table.description).chain(ddl));
        note_names(names, &table.options);
    }

    pub(super) fn to_proto(&self) -> RelType {
        RelType::Catalog(proto::Catalog { cat_type: Some(self.call.clone()) })
    }
}
