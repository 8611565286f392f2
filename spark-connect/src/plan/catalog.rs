//! Questions about catalogs, databases, tables and functions, and changes of them. Their rows are the answer.

use std::fmt;

use super::options::{holds_secret, note_names, secrets};
use super::{Operator, Relation, note};
use crate::proto;
use crate::proto::catalog::CatType;
use crate::proto::data_type::Kind;
use crate::proto::relation::RelType;
use crate::types::DataType;

#[derive(Clone)]
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
            CatType::CreateTable(table) => {
                let path = table.path.as_deref().filter(|path| holds_secret(path));
                secrets(&table.options).chain(path).collect()
            }
            CatType::RefreshByPath(refresh) if holds_secret(&refresh.path) => vec![refresh.path.as_str()],
            _ => Vec::new(),
        }
    }

    /// Those of a table to create, which alone may be told beside a secret.
    pub(super) fn names(&self, names: &mut String) {
        let CatType::CreateTable(table) = &self.call else { return };
        let ddl = table.schema.as_ref().map(|schema| match &schema.kind {
            Some(Kind::Unparsed(schema)) => schema.data_type_string.clone(),
            _ => DataType::from_proto(schema).to_string(),
        });
        let path = table.path.iter().filter(|path| !holds_secret(path));
        let texts = [&table.table_name].into_iter().chain(path).chain(&table.source);
        note(names, texts.chain(&table.description).chain(&ddl));
        note_names(names, &table.options);
    }

    pub(super) fn to_proto(&self) -> RelType {
        RelType::Catalog(proto::Catalog { cat_type: Some(self.call.clone()) })
    }
}

/// Without the message, in which the path and the options of a table to create may hold passwords.
impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("has_effects", &self.has_effects).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::StructField;

    #[test]
    fn the_options_and_the_path_of_a_table_to_create_are_not_shown() {
        let options = [("password".to_owned(), "s3cret".to_owned())].into();
        let path = Some("jdbc:x://user:s3cret@host".to_owned());
        let table = proto::CreateTable { path, options, ..Default::default() };
        let shown = format!("{:?}", Relation::catalog_change(CatType::CreateTable(table)));
        assert_eq!(shown, "Catalog(Catalog { has_effects: true, .. })");
    }

    #[test]
    fn the_columns_of_a_table_to_create_are_names_in_either_form() {
        let record = DataType::Struct(vec![StructField::new("field_1", DataType::Long)]);
        for schema in [record, DataType::Unknown("field_1 BIGINT".to_owned())] {
            let schema = Some(schema.to_proto());
            let table = proto::CreateTable { table_name: "table_1".to_owned(), schema, ..Default::default() };
            let names = Relation::catalog_change(CatType::CreateTable(table)).names();
            assert!(names.contains("table_1") && names.contains("field_1"), "{names}");
        }
    }
}
