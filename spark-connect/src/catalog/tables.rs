//! Tables created without SQL.

use std::fmt;

use super::Catalog;
use crate::dataframe::{DataFrame, OptionValue};
use crate::error::Result;
use crate::plan::{IntoDataType, Options, PlanError, Relation, shown};
use crate::proto::{self, catalog::CatType};
use crate::types::DataType;

/// A table to create. Without a schema the server takes that of the files at the path.
///
/// ```no_run
/// # async fn run(catalog: spark_connect::catalog::Catalog) -> spark_connect::Result<()> {
/// let events = catalog
///     .create_table("events")
///     .using("parquet")
///     .schema("id BIGINT, kind STRING") // or a `Schema`
///     .comment("what happened")
///     .create()
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "the table is created by `create`"]
pub struct TableBuilder {
    catalog: Catalog,
    name: String,
    path: Option<String>,
    format: Option<String>,
    comment: Option<String>,
    schema: Option<Result<DataType, PlanError>>,
    options: Options,
}

impl Catalog {
    /// A table of that name, to create.
    pub fn create_table(&self, name: impl Into<String>) -> TableBuilder {
        TableBuilder {
            catalog: self.clone(),
            name: name.into(),
            path: None,
            format: None,
            comment: None,
            schema: None,
            options: Options::default(),
        }
    }
}

impl fmt::Debug for TableBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { catalog, name, path, format, comment, schema, options } = self;
        let mut debug = f.debug_struct("TableBuilder");
        debug.field("catalog", catalog).field("name", name).field("path", &path.as_deref().map(shown));
        debug.field("format", format).field("comment", comment).field("schema", schema);
        debug.field("options", options).finish()
    }
}

impl TableBuilder {
    /// The format of its files; without it, the server's default.
    pub fn using(self, format: impl Into<String>) -> Self {
        Self { format: Some(format.into()), ..self }
    }

    /// The directory of its files. They stay when the table is dropped.
    pub fn path(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// Its columns: a [`Schema`](crate::types::Schema), or DDL.
    pub fn schema(self, schema: impl IntoDataType) -> Self {
        Self { schema: Some(schema.into_data_type().into_schema()), ..self }
    }

    /// Its comment.
    pub fn comment(self, comment: impl Into<String>) -> Self {
        Self { comment: Some(comment.into()), ..self }
    }

    /// An option of the format.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.options.set(name, value.into().into_text());
        self
    }

    /// Creates the table and returns a frame of it.
    ///
    /// # Errors
    ///
    /// Those of [`Session::command`](crate::Session::command), as for a table that exists.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have created the table.
    pub async fn create(self) -> Result<DataFrame> {
        let change = proto::CreateTable {
            table_name: self.name.clone(),
            path: self.path,
            source: self.format,
            description: self.comment,
            schema: self.schema.transpose()?.map(|schema| schema.to_proto()),
            options: self.options.to_proto(),
        };
        self.catalog.change(CatType::CreateTable(change)).await?;
        Ok(self.catalog.home.frame(Relation::table(self.name)))
    }
}
