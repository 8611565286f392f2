//! Tables and views.

use std::collections::BTreeMap;

use super::{Node, Relation};
use crate::proto::read::{NamedTable, ReadType};
use crate::proto::relation::RelType;
use crate::proto::{self};

/// A table by its name, with the options of its source.
#[derive(Debug, Clone)]
pub(super) struct Read {
    name: String,
    options: BTreeMap<String, String>,
}

impl Relation {
    /// A table or view by its name in SQL: parts between dots, each quoted with back-ticks where needed.
    pub fn table(name: impl Into<String>) -> Self {
        Self::table_with_options(name, BTreeMap::new())
    }

    /// A table or view by its name in SQL, with read options of its source.
    pub fn table_with_options(name: impl Into<String>, options: BTreeMap<String, String>) -> Self {
        Self::new(Node::Read(Read { name: name.into(), options }))
    }

    /// The name of the table, if the relation is one and nothing around it.
    #[must_use]
    pub fn as_table(&self) -> Option<&str> {
        match &*self.0 {
            Node::Read(read) => Some(&read.name),
            Node::Sql(_) | Node::Rows(_) => None,
        }
    }
}

impl Read {
    pub(super) fn to_proto(&self) -> RelType {
        RelType::Read(proto::Read {
            read_type: Some(ReadType::NamedTable(NamedTable {
                unparsed_identifier: self.name.clone(),
                options: self.options.clone().into_iter().collect(),
            })),
            ..Default::default()
        })
    }
}
