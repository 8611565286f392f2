//! Commands: operations with the rows of a relation.

use super::convert::Conversion;
use super::extent::Extent;
use super::{Column, Misread, PlanError, Relation, Sendable, Sending, hold_instants, note};
use crate::proto;
use crate::proto::command::CommandType;
use crate::proto::plan::OpType;
use crate::types::Literal;

mod merge;
mod write;

pub(crate) use merge::Merge;
pub use merge::MergeAction;
pub use write::SaveMode;
pub(crate) use write::{Target, Write, WriteTo, WriteToMode};

const SUBQUERY: &str = "the conditions, values and partitions of a merge or a write cannot hold a subquery: join its frame \
    to the rows to write, and use its column";

/// Something that a server does once with a relation.
#[derive(Clone)]
pub(crate) struct Command {
    relation: Relation,
    kind: Kind,
    extent: Extent,
}

#[derive(Clone)]
enum Kind {
    Write(Write),
    WriteTo(WriteTo),
    View {
        name: String,
        is_global: bool,
        replace: bool,
    },
    Checkpoint {
        eager: bool,
        local: bool,
    },
    /// The end of a checkpoint, by its id.
    Forget(String),
    Merge(Merge),
}

impl Kind {
    /// The expressions that are not in the relation.
    fn columns(&self) -> Vec<&Column> {
        match self {
            Self::WriteTo(write) => write.columns(),
            Self::Merge(merge) => merge.columns(),
            Self::Write(_) | Self::View { .. } | Self::Checkpoint { .. } | Self::Forget(_) => Vec::new(),
        }
    }

    /// The refusal of what Spark before 4.0 does not know, whose own error names nothing.
    fn newer(&self) -> Option<&'static str> {
        match self {
            Self::Checkpoint { .. } => Some(
                "`checkpoint` and `local_checkpoint` need Spark 4.0: use `persist`, or write the rows to a table",
            ),
            Self::Merge(_) => Some("`merge_into` needs Spark 4.0: use `MERGE INTO` in SQL"),
            _ => None,
        }
    }

    /// The refusal of frames in its own expressions, which no message of the protocol has a place for.
    fn subquery(&self) -> Option<PlanError> {
        let mut relations = Vec::new();
        self.columns().into_iter().for_each(|column| column.relations(&mut relations));
        (!relations.is_empty()).then(|| PlanError::new(SUBQUERY))
    }

    /// The names and texts of its own that the caller wrote, beside those in expressions.
    fn names(&self, names: &mut String) {
        match self {
            Self::Write(write) => write.names(names),
            Self::WriteTo(write) => write.names(names),
            Self::View { name, .. } => note(names, [name]),
            Self::Checkpoint { .. } | Self::Forget(_) => {}
            Self::Merge(merge) => note(names, [&merge.table]),
        }
    }
}

impl Command {
    fn new(relation: Relation, kind: Kind) -> Self {
        let mistake = match &kind {
            Kind::Merge(merge) => merge.mistake(),
            Kind::Write(write) => write.mistake(),
            Kind::WriteTo(_) | Kind::View { .. } | Kind::Checkpoint { .. } | Kind::Forget(_) => None,
        };
        let mistake = mistake.or_else(|| kind.subquery());
        let clusters = match &kind {
            Kind::Write(write) => !write.cluster_by.is_empty(),
            Kind::WriteTo(write) => !write.cluster_by.is_empty(),
            _ => false,
        };
        let parts = kind.columns().into_iter().map(Column::extent);
        let mut extent = Extent::over(parts.chain([relation.extent()]), true);
        extent.note(mistake);
        extent.note_misread(clusters.then_some(Misread::ClusterBy));
        extent.note_newer(kind.newer().map(PlanError::new));
        Self { relation, kind, extent }
    }

    pub(crate) fn write(relation: Relation, write: Write) -> Self {
        Self::new(relation, Kind::Write(write))
    }

    pub(crate) fn write_to(relation: Relation, write: WriteTo) -> Self {
        Self::new(relation, Kind::WriteTo(write))
    }

    pub(crate) fn view(relation: Relation, name: String, is_global: bool, replace: bool) -> Self {
        Self::new(relation, Kind::View { name, is_global, replace })
    }

    pub(crate) fn checkpoint(relation: Relation, eager: bool, local: bool) -> Self {
        Self::new(relation, Kind::Checkpoint { eager, local })
    }

    /// Has the server forget the rows of a checkpoint.
    pub(crate) fn forget(id: String) -> Self {
        // It takes the rows of no relation.
        Self::new(Relation::range(0, 0, 1, None), Kind::Forget(id))
    }

    pub(crate) fn merge(relation: Relation, merge: Merge) -> Self {
        Self::new(relation, Kind::Merge(merge))
    }

    /// What is in it that Spark before 4.0 takes for something else without an error.
    pub(crate) fn misread(&self) -> &[Misread] {
        self.extent.misread()
    }

    /// Whether it leaves something in the session.
    pub(crate) fn changes_session(&self) -> bool {
        matches!(self.kind, Kind::View { .. } | Kind::Checkpoint { .. })
    }

    /// The refusal of the first thing in it that Spark before 4.0 does not know.
    pub(crate) fn newer(&self) -> Option<&PlanError> {
        self.extent.newer()
    }

    pub(crate) fn relation(&self) -> &Relation {
        &self.relation
    }

    /// The values in its own expressions.
    pub(crate) fn literals(&self) -> Vec<&Literal> {
        let mut literals = Vec::new();
        self.kind.columns().into_iter().for_each(|column| column.literals(&mut literals));
        literals
    }

    /// Whether it has instants of the program's in it, except those of its SQL.
    pub(crate) fn sends_instants(&self) -> bool {
        self.relation.sends_instants() || hold_instants(self.literals())
    }

    /// The values of its own options that are as secret as bound ones.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Write(write) => write.secrets().collect(),
            Kind::WriteTo(write) => write.options.secrets().chain(write.properties.secrets()).collect(),
            Kind::View { .. } | Kind::Checkpoint { .. } | Kind::Forget(_) | Kind::Merge(_) => Vec::new(),
        }
    }

    /// The names of its own and in its expressions.
    pub(crate) fn names(&self) -> String {
        let mut names = String::new();
        self.kind.names(&mut names);
        self.kind.columns().into_iter().for_each(|column| column.names(&mut names));
        names
    }

    /// The plan that runs the command once, sent in that way.
    ///
    /// # Errors
    ///
    /// The first mistake in the command, or a value that cannot be written.
    pub(crate) fn to_plan(&self, sending: Sending) -> Result<Sendable, PlanError> {
        self.extent.check()?;
        let mut conversion = Conversion::of(&self.relation, &self.kind.columns(), sending)?;
        let input = Some(conversion.relation(&self.relation)?);
        let command_type = match &self.kind {
            Kind::Write(write) => CommandType::WriteOperation(write.to_proto(input)),
            Kind::WriteTo(write) => CommandType::WriteOperationV2(write.to_proto(input, sending)),
            Kind::View { name, is_global, replace } => {
                CommandType::CreateDataframeView(proto::CreateDataFrameViewCommand {
                    input,
                    name: name.clone(),
                    is_global: *is_global,
                    replace: *replace,
                })
            }
            Kind::Checkpoint { eager, local } => CommandType::CheckpointCommand(proto::CheckpointCommand {
                relation: input,
                local: *local,
                eager: *eager,
                storage_level: None,
            }),
            Kind::Forget(id) => {
                let relation = Some(proto::CachedRemoteRelation { relation_id: id.clone() });
                CommandType::RemoveCachedRemoteRelationCommand(proto::RemoveCachedRemoteRelationCommand {
                    relation,
                })
            }
            Kind::Merge(merge) => CommandType::MergeIntoTableCommand(merge.to_proto(input, sending)),
        };
        let command = proto::Command { command_type: Some(command_type) };
        let plan = proto::Plan { op_type: Some(OpType::Command(command)) };
        Ok(Sendable { plan, sent: conversion.sent })
    }
}
