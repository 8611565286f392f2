//! Tables, views, files and sequences.

use std::fmt;
use std::sync::Arc;

use super::convert::Parts;
use super::options::{holds_secret, shown};
use super::{Column, Operator, Options, Relation, note};
use crate::proto::read::{DataSource, NamedTable, ReadType};
use crate::proto::relation::RelType;
use crate::proto::{self, UnresolvedTableValuedFunction};

/// A source of rows outside of the plan.
#[derive(Debug, Clone)]
pub(super) enum Read {
    /// A table by its name, with the options of its source.
    Table { name: String, options: Options },
    /// Files, or another source of a format.
    Source(Source),
    /// Numbers from `start` up to `end`, which is left out.
    Range { start: i64, end: i64, step: i64, partitions: Option<i32> },
    /// A function that gives a table, with its arguments as expressions.
    Function { name: String },
    /// Rows that the server keeps.
    Checkpoint(Arc<dyn KeptRows>),
}

/// Rows that the server keeps under an id for as long as this lives. A plan does nothing else with it.
pub(crate) trait KeptRows: fmt::Debug + Send + Sync {
    /// The server's name for them.
    fn id(&self) -> &str;
}

#[derive(Clone, Default)]
pub(crate) struct Source {
    pub(crate) format: Option<String>,
    /// As DDL.
    pub(crate) schema: Option<String>,
    pub(crate) options: Options,
    pub(crate) paths: Vec<String>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, schema, options, paths } = self;
        let paths: Vec<&str> = paths.iter().map(|path| shown(path)).collect();
        let mut debug = f.debug_struct("Source");
        debug.field("format", format).field("schema", schema).field("options", options);
        debug.field("paths", &paths).finish()
    }
}

impl Relation {
    /// A table or view by its name in SQL: parts between dots, each quoted with back-ticks where needed.
    pub fn table(name: impl Into<String>) -> Self {
        Self::table_with(name.into(), Options::default())
    }

    pub(crate) fn table_with(name: String, options: Options) -> Self {
        Self::leaf(Operator::Read(Read::Table { name, options }))
    }

    pub(crate) fn source(source: Source) -> Self {
        Self::leaf(Operator::Read(Read::Source(source)))
    }

    pub(crate) fn range(start: i64, end: i64, step: i64, partitions: Option<i32>) -> Self {
        Self::leaf(Operator::Read(Read::Range { start, end, step, partitions }))
    }

    pub(crate) fn table_function(name: String, arguments: Vec<Column>) -> Self {
        Self::new(Operator::Read(Read::Function { name }), Vec::new(), arguments)
    }

    pub(crate) fn checkpoint(rows: Arc<dyn KeptRows>) -> Self {
        Self::leaf(Operator::Read(Read::Checkpoint(rows)))
    }

    /// The name of the table, if the relation is one and nothing around it.
    #[must_use]
    pub fn as_table(&self) -> Option<&str> {
        match &self.0.operator {
            Operator::Read(Read::Table { name, .. }) => Some(name),
            _ => None,
        }
    }
}

impl Read {
    /// The refusal of what Spark before 4.0 does not know.
    pub(super) fn newer(&self) -> Option<&'static str> {
        match self {
            Self::Function { .. } => Some(
                "`table_function` needs Spark 4.0: call the function by SQL, as `SELECT * FROM range(9)`",
            ),
            _ => None,
        }
    }

    pub(super) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Table { options, .. } => options.secrets().collect(),
            Self::Source(Source { options, paths, .. }) => {
                let paths = paths.iter().map(String::as_str).filter(|path| holds_secret(path));
                options.secrets().chain(paths).collect()
            }
            Self::Range { .. } | Self::Function { .. } | Self::Checkpoint(_) => Vec::new(),
        }
    }

    pub(super) fn names(&self, names: &mut String) {
        match self {
            Self::Table { name, options } => {
                note(names, [name]);
                options.names(names);
            }
            Self::Source(Source { format, schema, options, paths }) => {
                let paths = paths.iter().filter(|path| !holds_secret(path));
                note(names, format.iter().chain(schema).chain(paths));
                options.names(names);
            }
            Self::Range { start, end, step, .. } => note(names, [start, end, step].map(i64::to_string)),
            Self::Function { name } => note(names, [name]),
            Self::Checkpoint(_) => {}
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let read_type = match self {
            Self::Table { name, options } => ReadType::NamedTable(NamedTable {
                unparsed_identifier: name.clone(),
                options: options.to_proto(),
            }),
            Self::Source(source) => ReadType::DataSource(DataSource {
                format: source.format.clone(),
                schema: source.schema.clone(),
                options: source.options.to_proto(),
                paths: source.paths.clone(),
                ..Default::default()
            }),
            Self::Range { start, end, step, partitions } => {
                return RelType::Range(proto::Range {
                    start: Some(*start),
                    end: *end,
                    step: *step,
                    num_partitions: *partitions,
                });
            }
            Self::Function { name } => {
                return RelType::UnresolvedTableValuedFunction(UnresolvedTableValuedFunction {
                    function_name: name.clone(),
                    arguments: parts.rest(),
                });
            }
            Self::Checkpoint(rows) => {
                return RelType::CachedRemoteRelation(proto::CachedRemoteRelation {
                    relation_id: rows.id().to_owned(),
                });
            }
        };
        RelType::Read(proto::Read { read_type: Some(read_type), ..Default::default() })
    }
}
