//! One row for each group of rows.

use super::convert::Parts;
use super::{Column, Operator, PlanError, Relation};
use crate::proto;
use crate::proto::aggregate::{GroupType, GroupingSets, Pivot};
use crate::proto::relation::RelType;
use crate::types::literal_message as literal;
use crate::types::{Literal, LiteralError};

/// The columns that groups are made by.
#[derive(Debug, Clone)]
pub(crate) enum Grouping {
    By(Vec<Column>),
    /// Also by all but the last column, by all but the last two, and so on.
    Rollup(Vec<Column>),
    /// By every subset of the columns.
    Cube(Vec<Column>),
    /// By each of these sets.
    Sets {
        sets: Vec<Vec<Column>>,
        columns: Vec<Column>,
    },
    /// By the columns, with a column of the result for each value of another.
    Pivot {
        columns: Vec<Column>,
        pivot: Column,
        values: Result<Vec<Literal>, LiteralError>,
    },
}

/// How the expressions of the relation are divided: the grouping ones, then those of the sets or the pivot, then the
/// aggregates.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    groups: usize,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    By,
    Rollup,
    Cube,
    Sets(Vec<usize>),
    Pivot(Vec<Literal>),
}

impl Relation {
    pub(crate) fn aggregate(&self, grouping: Grouping, aggregates: Vec<Column>) -> Self {
        let mut mistake = None;
        let (columns, extra, kind) = match grouping {
            Grouping::By(columns) => (columns, vec![], Kind::By),
            Grouping::Rollup(columns) => (columns, vec![], Kind::Rollup),
            Grouping::Cube(columns) => (columns, vec![], Kind::Cube),
            Grouping::Sets { sets, columns } => {
                if sets.is_empty() {
                    mistake = Some(PlanError::new("`grouping_sets` needs at least one set"));
                }
                let sizes = sets.iter().map(Vec::len).collect();
                (columns, sets.into_iter().flatten().collect(), Kind::Sets(sizes))
            }
            Grouping::Pivot { columns, pivot, values } => {
                let values = values.unwrap_or_else(|error| {
                    mistake = Some(PlanError::new(format!("a value of a pivot cannot be sent: {error}")));
                    Vec::new()
                });
                (columns, vec![pivot], Kind::Pivot(values))
            }
        };
        let aggregate = Aggregate { groups: columns.len(), kind };
        let columns = columns.into_iter().chain(extra).chain(aggregates).collect();
        Self::checked(Operator::Aggregate(aggregate), vec![self.clone()], columns, mistake)
    }
}

impl Aggregate {
    pub(super) fn literals(&self) -> &[Literal] {
        match &self.kind {
            Kind::Pivot(values) => values,
            _ => &[],
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let grouping_expressions = parts.columns(self.groups);
        let (mut pivot, mut grouping_sets) = (None, Vec::new());
        let group_type = match &self.kind {
            Kind::By => GroupType::Groupby,
            Kind::Rollup => GroupType::Rollup,
            Kind::Cube => GroupType::Cube,
            Kind::Sets(sizes) => {
                let set = |size: &usize| GroupingSets { grouping_set: parts.columns(*size) };
                grouping_sets = sizes.iter().map(set).collect();
                GroupType::GroupingSets
            }
            Kind::Pivot(values) => {
                let values = values.iter().map(literal).collect();
                pivot = Some(Pivot { col: parts.column(), values });
                GroupType::Pivot
            }
        };
        RelType::Aggregate(Box::new(proto::Aggregate {
            input: parts.input(),
            group_type: group_type.into(),
            grouping_expressions,
            aggregate_expressions: parts.rest(),
            pivot,
            grouping_sets,
        }))
    }
}
