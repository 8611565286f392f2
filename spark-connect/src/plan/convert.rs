//! From a plan to the messages of the protocol.

use std::collections::HashSet;

use super::extent::MAX_DEPTH;
use super::filter::{self, Joining};
use super::local::Upload;
use super::{Column, NEVER, Node, Operator, PlanError, Relation, SentText};
use crate::proto::plan::OpType;
use crate::proto::relation::RelType;
use crate::proto::{self, Expression, RelationCommon, WithRelations};
use crate::sql::Inline;

/// A plan as it is sent, and its statements as they are written in it.
pub(crate) struct Sendable {
    pub(crate) plan: proto::Plan,
    pub(crate) sent: Vec<SentText>,
}

/// How a plan is sent to a server.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sending {
    /// Which values of SQL are written into its text.
    pub(crate) inline: Option<Inline>,
    /// How the rows of the program reach the server.
    pub(crate) upload: Upload,
    /// Whether instants are cast to their own type, as the server would show them in UTC otherwise.
    pub(crate) casts_instants: bool,
}

/// One conversion of a plan.
pub(super) struct Conversion {
    sending: Sending,
    pub(super) sent: Vec<SentText>,
    joining: Joining,
    /// When the rows of a relation around this one were first kept. Rows that are kept since then leave its plan as it was.
    persisted: u64,
    depth: u32,
}

/// The parts of a relation, as messages: its inputs, then its expressions, in the order in which it was built.
pub(super) struct Parts {
    inputs: std::vec::IntoIter<proto::Relation>,
    columns: std::vec::IntoIter<Expression>,
}

impl Parts {
    /// The next input.
    pub(super) fn input(&mut self) -> Option<Box<proto::Relation>> {
        self.inputs.next().map(Box::new)
    }

    /// The next expression.
    pub(super) fn column(&mut self) -> Option<Expression> {
        self.columns.next()
    }

    /// The next `count` expressions.
    pub(super) fn columns(&mut self, count: usize) -> Vec<Expression> {
        self.columns.by_ref().take(count).collect()
    }

    /// All other expressions.
    pub(super) fn rest(&mut self) -> Vec<Expression> {
        self.columns.by_ref().collect()
    }
}

impl Relation {
    /// The plan that computes the relation and sends its rows, sent in that way.
    ///
    /// # Errors
    ///
    /// The first mistake in the plan, or a value that cannot be written.
    pub(crate) fn to_plan(&self, sending: Sending) -> Result<Sendable, PlanError> {
        let mut conversion = Conversion::of(self, &[], sending)?;
        let root = conversion.relation(self)?;
        Ok(Sendable { plan: proto::Plan { op_type: Some(OpType::Root(root)) }, sent: conversion.sent })
    }
}

impl Conversion {
    /// Of a relation, beside which stand these expressions.
    pub(super) fn of(relation: &Relation, beside: &[&Column], sending: Sending) -> Result<Self, PlanError> {
        relation.check()?;
        let mut named = HashSet::new();
        beside.iter().for_each(|column| column.named_relations(&mut named));
        relation.each(|relation| {
            relation.0.columns.iter().for_each(|column| column.named_relations(&mut named));
        });
        let joining = Joining::of(relation, named);
        Ok(Self { sending, sent: Vec::new(), joining, persisted: NEVER, depth: 0 })
    }

    pub(super) fn relation(&mut self, relation: &Relation) -> Result<proto::Relation, PlanError> {
        // A filter that columns name is not joined with its neighbours, so it may nest deeper than the plan counted.
        self.depth += 1;
        if self.depth > 2 * MAX_DEPTH {
            return Err(PlanError::new(
                "the plan nests too deep: columns name every filter of a chain, so that they cannot be joined into one",
            ));
        }
        let around = self.persisted;
        self.persisted = around.min(relation.persisted());
        let root = self.with_inputs(relation)?;
        self.persisted = around;
        self.depth -= 1;
        Ok(root)
    }

    /// The relation, with its inputs and expressions.
    fn with_inputs(&mut self, relation: &Relation) -> Result<proto::Relation, PlanError> {
        let (condition, input) = match &relation.0.operator {
            Operator::Filter => {
                let (conditions, input) = self.joining.chain(relation, self.persisted);
                (Some(conditions), input)
            }
            _ => (None, None),
        };
        let (inputs, columns) = match condition {
            Some(condition) => (input.into_iter().cloned().collect(), vec![condition]),
            None => (relation.0.inputs.clone(), relation.0.columns.clone()),
        };
        let converted = inputs.iter().map(|input| self.relation(input)).collect::<Result<Vec<_>, _>>()?;
        let converted_columns: Vec<_> = columns.iter().map(|column| column.to_proto(self.sending)).collect();
        let parts = Parts { inputs: converted.into_iter(), columns: converted_columns.into_iter() };
        let rel_type = self.rel_type(&relation.0, parts)?;
        self.with_subqueries(relation, rel_type, &columns)
    }

    fn rel_type(&mut self, node: &Node, parts: Parts) -> Result<RelType, PlanError> {
        Ok(match &node.operator {
            Operator::Sql(sql) => match self.sending.inline {
                Some(inline) => {
                    let (sql, sent) = sql.inlined(inline)?;
                    self.sent.push(sent);
                    RelType::Sql(sql)
                }
                None => RelType::Sql(sql.to_proto()),
            },
            Operator::Read(read) => read.to_proto(parts),
            Operator::Local(local) => local.to_proto(self.sending)?,
            Operator::Project(project) => project.to_proto(parts),
            Operator::Filter => filter::to_proto(parts),
            Operator::Join(join) => join.to_proto(parts),
            Operator::Aggregate(aggregate) => aggregate.to_proto(parts),
            Operator::Set(set) => set.to_proto(parts),
            Operator::Sort(sort) => sort.to_proto(parts),
            Operator::Rows(rows) => rows.to_proto(parts),
            Operator::Partition(partition) => partition.to_proto(parts),
            Operator::Reshape(reshape) => reshape.to_proto(parts),
            Operator::Missing(missing) => missing.to_proto(parts),
            Operator::Statistics(statistics) => statistics.to_proto(parts),
            Operator::Catalog(catalog) => catalog.to_proto(),
            Operator::Show(show) => show.to_proto(parts),
        })
    }

    /// The relation beside the relations of the subqueries in its expressions, which name them by their ids.
    fn with_subqueries(
        &mut self,
        relation: &Relation,
        bare: RelType,
        columns: &[Column],
    ) -> Result<proto::Relation, PlanError> {
        let mut asked = Vec::new();
        columns.iter().for_each(|column| column.relations(&mut asked));
        if asked.is_empty() {
            return Ok(identified(relation.id(), bare));
        }
        let references = asked.into_iter().map(|other| self.relation(other)).collect::<Result<_, _>>()?;
        let root = Some(Box::new(identified(relation.bare_id(), bare)));
        let whole = RelType::WithRelations(Box::new(WithRelations { root, references }));
        Ok(identified(relation.id(), whole))
    }
}

fn identified(id: i64, rel_type: RelType) -> proto::Relation {
    let common = RelationCommon { plan_id: Some(id), ..Default::default() };
    proto::Relation { common: Some(common), rel_type: Some(rel_type) }
}
