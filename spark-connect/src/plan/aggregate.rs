//! One row for each group of rows.

use super::convert::Parts;
use super::{Column, Operator, PlanError, Relation};
use crate::proto;
use crate::proto::aggregate::{GroupType, GroupingSets, Pivot};
use crate::proto::relation::RelType;
use crate::types::literal_message as literal;
use crate::types::{Literal, LiteralError, Value};

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
                mistake = mistake.or_else(|| unpivotable(&values));
                (columns, vec![pivot], Kind::Pivot(values))
            }
        };
        let mistake = mistake.or_else(|| aggregates.is_empty().then(|| PlanError::new(NO_AGGREGATE)));
        let aggregate = Aggregate { groups: columns.len(), kind };
        let columns = columns.into_iter().chain(extra).chain(aggregates).collect();
        Self::checked(Operator::Aggregate(aggregate), vec![self.clone()], columns, mistake)
    }
}

/// The refusal of what a server would take for the groups alone.
const NO_AGGREGATE: &str = "a group needs at least one aggregate: name the columns of `sum`, `avg`, `min` or `max`, or give \
    `agg` an aggregate; the groups alone are `select` and `distinct`";

/// The refusal of a value that a server takes for another, or counts nothing of.
const MISREAD: &str = "servers misread some values of `pivot`: NaN, a BINARY, a list, map or struct, a DATE from 1582-10-05 \
    to 1582-10-14, and a TIMESTAMP before 1900. Compare strings: cast the column with `cast(\"string\")`, and give the \
    value as a string";

fn unpivotable(values: &[Literal]) -> Option<PlanError> {
    let is_compared_otherwise = |value: &Literal| {
        let value = value.value();
        matches!(value, Value::Binary(_) | Value::Array { .. } | Value::Map { .. } | Value::Struct(_))
    };
    let is_misread = |value: &Literal| value.is_nan() || value.is_misread() || is_compared_otherwise(value);
    values.iter().any(is_misread).then(|| PlanError::new(MISREAD))
}

impl Aggregate {
    /// The refusal of what Spark before 4.0 does not know.
    pub(super) fn newer(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Sets(_) => {
                Some("`grouping_sets` needs Spark 4.0: use `rollup` or `cube`, or `GROUPING SETS` in SQL")
            }
            _ => None,
        }
    }

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
