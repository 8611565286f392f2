//! Other columns of the same rows.

use std::collections::HashMap;

use super::convert::Parts;
use super::{Cast, Column, Operator, Relation, note, quoted};
use crate::proto;
use crate::proto::expression::ExprType;
use crate::proto::relation::RelType;
use crate::types::DataType;

#[derive(Debug, Clone)]
pub(super) enum Project {
    /// These expressions and nothing else.
    Select,
    /// All columns and these, each an alias, in place of those of the same name.
    WithColumns,
    /// These columns under other names, in no order: no name is in two pairs.
    Rename(HashMap<String, String>),
    /// All columns under these names, by position.
    Names(Vec<String>),
    /// All columns but those of these names and those that the expressions name.
    Drop(Vec<String>),
    /// The columns of a schema, by name, cast to its types.
    Schema(DataType),
    /// The same under a name.
    Alias(String),
}

impl Relation {
    /// These columns of this relation, in this order. A name is taken as it stands: a dot in it is part of the name.
    #[must_use]
    pub fn project(&self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.select(columns.into_iter().map(|name| quoted(&name.into())).collect())
    }

    pub(crate) fn select(&self, columns: Vec<Column>) -> Self {
        self.over(Operator::Project(Project::Select), columns)
    }

    pub(crate) fn with_columns(&self, columns: Vec<Column>) -> Self {
        self.over(Operator::Project(Project::WithColumns), columns)
    }

    pub(crate) fn with_columns_renamed(&self, names: Vec<(String, String)>) -> Self {
        let mut renamed = self.clone();
        for names in unordered(names) {
            renamed = renamed.over(Operator::Project(Project::Rename(names)), Vec::new());
        }
        renamed
    }

    pub(crate) fn to_df(&self, names: Vec<String>) -> Self {
        self.over(Operator::Project(Project::Names(names)), Vec::new())
    }

    pub(crate) fn drop_columns(&self, names: Vec<String>, columns: Vec<Column>) -> Self {
        self.over(Operator::Project(Project::Drop(names)), columns)
    }

    pub(crate) fn to_schema(&self, schema: Cast) -> Self {
        match schema.into_schema() {
            Ok(schema) => self.over(Operator::Project(Project::Schema(schema)), Vec::new()),
            Err(mistake) => self.refused(mistake),
        }
    }

    pub(crate) fn alias(&self, name: String) -> Self {
        self.over(Operator::Project(Project::Alias(name)), Vec::new())
    }
}

impl Project {
    pub(super) fn names(&self, names: &mut String) {
        match self {
            Self::Select | Self::WithColumns => {}
            Self::Rename(renamed) => note(names, renamed.iter().flat_map(|(from, to)| [from, to])),
            Self::Names(columns) | Self::Drop(columns) => note(names, columns),
            Self::Schema(schema) => note(names, [schema.to_string()]),
            Self::Alias(alias) => note(names, [alias]),
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        match self {
            Self::Select => RelType::Project(Box::new(proto::Project { input, expressions: parts.rest() })),
            Self::WithColumns => {
                let aliases = parts.rest().into_iter().filter_map(|column| match column.expr_type {
                    Some(ExprType::Alias(alias)) => Some(*alias),
                    _ => None,
                });
                RelType::WithColumns(Box::new(proto::WithColumns { input, aliases: aliases.collect() }))
            }
            Self::Rename(names) => RelType::WithColumnsRenamed(Box::new(proto::WithColumnsRenamed {
                input,
                rename_columns_map: names.clone(),
                ..Default::default()
            })),
            Self::Names(names) => RelType::ToDf(Box::new(proto::ToDf { input, column_names: names.clone() })),
            Self::Drop(names) => RelType::Drop(Box::new(proto::Drop {
                input,
                columns: parts.rest(),
                column_names: names.clone(),
            })),
            Self::Schema(schema) => {
                RelType::ToSchema(Box::new(proto::ToSchema { input, schema: Some(schema.to_proto()) }))
            }
            Self::Alias(alias) => RelType::SubqueryAlias(Box::new(proto::SubqueryAlias {
                input,
                alias: alias.clone(),
                ..Default::default()
            })),
        }
    }
}

/// Renames one after the other as maps whose entries have no order: Spark 3.5 knows the map only and skips the list
/// without an error, and Sail takes one of the two. A name that an earlier map has begins another map.
fn unordered(names: Vec<(String, String)>) -> Vec<HashMap<String, String>> {
    let mut maps: Vec<HashMap<String, String>> = Vec::new();
    for (from, to) in names {
        let is_there = |map: &HashMap<String, String>| {
            let is =
                |name: &String| [&from, &to].iter().any(|other| other.to_lowercase() == name.to_lowercase());
            map.iter().any(|(from, to)| is(from) || is(to))
        };
        match maps.last_mut() {
            Some(map) if !is_there(map) => {
                map.insert(from, to);
            }
            _ => maps.push(HashMap::from([(from, to)])),
        }
    }
    maps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renames_keep_their_order_where_it_matters() {
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let one_map = unordered(vec![pair("a", "b"), pair("c", "d")]);
        assert_eq!(one_map, [HashMap::from([pair("a", "b"), pair("c", "d")])]);
        let swapped = unordered(vec![pair("a", "x"), pair("b", "a"), pair("X", "b")]);
        let each_alone = [pair("a", "x"), pair("b", "a"), pair("X", "b")].map(|pair| HashMap::from([pair]));
        assert_eq!(swapped, each_alone);
    }
}
