//! Writes of a relation's rows.

use std::fmt;

use crate::plan::options::holds_secret;
use crate::plan::{Column, Options, PlanError, Sending, note, shown};
use crate::proto;
use crate::proto::write_operation::save_table::TableSaveMethod;
use crate::proto::write_operation::{self, BucketBy, SaveTable, SaveType};
use crate::proto::write_operation_v2::Mode;

/// The treatment of data that is already there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SaveMode {
    /// The rows are added to it.
    Append,
    /// The rows are put in its place.
    Overwrite,
    /// It is an error.
    ErrorIfExists,
    /// Nothing is written.
    Ignore,
}

/// A write by a format.
#[derive(Debug, Clone, Default)]
pub(crate) struct Write {
    pub(crate) format: Option<String>,
    pub(crate) mode: Option<SaveMode>,
    pub(crate) options: Options,
    pub(crate) partition_by: Vec<String>,
    pub(crate) cluster_by: Vec<String>,
    pub(crate) sort_by: Vec<String>,
    pub(crate) buckets: Option<(u32, Vec<String>)>,
    pub(crate) target: Target,
}

/// The target of a write.
#[derive(Clone, Default)]
pub(crate) enum Target {
    /// The place that the options of the format name.
    #[default]
    Options,
    Path(String),
    Table(String),
    /// Into a table, by position.
    Insert(String),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options => f.write_str("Options"),
            Self::Path(path) => f.debug_tuple("Path").field(&shown(path)).finish(),
            Self::Table(name) => f.debug_tuple("Table").field(name).finish(),
            Self::Insert(name) => f.debug_tuple("Insert").field(name).finish(),
        }
    }
}

impl Write {
    pub(super) fn mistake(&self) -> Option<PlanError> {
        let is_table = matches!(self.target, Target::Table(_));
        let sorts = self.buckets.is_some() || !self.sort_by.is_empty();
        if sorts && !is_table {
            return Some(PlanError::new("`bucket_by` and `sort_by` need `save_as_table`"));
        }
        if self.buckets.is_none() && !self.sort_by.is_empty() {
            return Some(PlanError::new("`sort_by` needs `bucket_by`"));
        }
        let layout = !self.partition_by.is_empty() || !self.cluster_by.is_empty();
        if layout && matches!(self.target, Target::Insert(_)) {
            let message =
                "`insert_into` keeps the layout of the table and takes no `partition_by` or `cluster_by`";
            return Some(PlanError::new(message));
        }
        None
    }

    pub(super) fn names(&self, names: &mut String) {
        note(names, &self.format);
        let bucketed = self.buckets.iter().flat_map(|(_, columns)| columns);
        note(names, self.partition_by.iter().chain(&self.cluster_by).chain(&self.sort_by).chain(bucketed));
        self.options.names(names);
        match &self.target {
            Target::Options => {}
            Target::Path(path) if holds_secret(path) => {}
            Target::Path(name) | Target::Table(name) | Target::Insert(name) => note(names, [name]),
        }
    }

    /// The values of its options, and the path, that are as secret as bound ones.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let path = match &self.target {
            Target::Path(path) if holds_secret(path) => Some(path.as_str()),
            _ => None,
        };
        self.options.secrets().chain(path)
    }

    pub(super) fn to_proto(&self, input: Option<proto::Relation>) -> proto::WriteOperation {
        let mode = match self.mode {
            None => write_operation::SaveMode::Unspecified,
            Some(SaveMode::Append) => write_operation::SaveMode::Append,
            Some(SaveMode::Overwrite) => write_operation::SaveMode::Overwrite,
            Some(SaveMode::ErrorIfExists) => write_operation::SaveMode::ErrorIfExists,
            Some(SaveMode::Ignore) => write_operation::SaveMode::Ignore,
        };
        let table = |name: &String, method: TableSaveMethod| {
            SaveType::Table(SaveTable { table_name: name.clone(), save_method: method.into() })
        };
        proto::WriteOperation {
            input,
            source: self.format.clone(),
            mode: mode.into(),
            sort_column_names: self.sort_by.clone(),
            partitioning_columns: self.partition_by.clone(),
            bucket_by: self.buckets.as_ref().map(|(count, columns)| BucketBy {
                bucket_column_names: columns.clone(),
                num_buckets: i32::try_from(*count).unwrap_or(i32::MAX),
            }),
            options: self.options.to_proto(),
            clustering_columns: self.cluster_by.clone(),
            save_type: match &self.target {
                Target::Options => None,
                Target::Path(path) => Some(SaveType::Path(path.clone())),
                Target::Table(name) => Some(table(name, TableSaveMethod::SaveAsTable)),
                Target::Insert(name) => Some(table(name, TableSaveMethod::InsertInto)),
            },
            ..Default::default()
        }
    }
}

/// A write to a table of a catalog.
#[derive(Debug, Clone)]
pub(crate) struct WriteTo {
    pub(crate) table: String,
    pub(crate) provider: Option<String>,
    pub(crate) options: Options,
    pub(crate) properties: Options,
    pub(crate) partitioned_by: Vec<Column>,
    pub(crate) cluster_by: Vec<String>,
    pub(crate) mode: WriteToMode,
}

#[derive(Debug, Clone)]
pub(crate) enum WriteToMode {
    Create,
    Replace,
    CreateOrReplace,
    Append,
    Overwrite(Column),
    OverwritePartitions,
}

impl WriteTo {
    pub(super) fn columns(&self) -> Vec<&Column> {
        let condition = match &self.mode {
            WriteToMode::Overwrite(condition) => Some(condition),
            _ => None,
        };
        self.partitioned_by.iter().chain(condition).collect()
    }

    pub(super) fn names(&self, names: &mut String) {
        note(names, [&self.table].into_iter().chain(&self.provider).chain(&self.cluster_by));
        self.options.names(names);
        self.properties.names(names);
    }

    pub(super) fn to_proto(
        &self,
        input: Option<proto::Relation>,
        sending: Sending,
    ) -> proto::WriteOperationV2 {
        let (mode, overwrite_condition) = match &self.mode {
            WriteToMode::Create => (Mode::Create, None),
            WriteToMode::Replace => (Mode::Replace, None),
            WriteToMode::CreateOrReplace => (Mode::CreateOrReplace, None),
            WriteToMode::Append => (Mode::Append, None),
            WriteToMode::Overwrite(condition) => (Mode::Overwrite, Some(condition.to_proto(sending))),
            WriteToMode::OverwritePartitions => (Mode::OverwritePartitions, None),
        };
        proto::WriteOperationV2 {
            input,
            table_name: self.table.clone(),
            provider: self.provider.clone(),
            partitioning_columns: self.partitioned_by.iter().map(|column| column.to_proto(sending)).collect(),
            options: self.options.to_proto(),
            table_properties: self.properties.to_proto(),
            mode: mode.into(),
            overwrite_condition,
            clustering_columns: self.cluster_by.clone(),
            ..Default::default()
        }
    }
}
