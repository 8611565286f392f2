//! Plans as the messages of the protocol.

use crate::literal::proto::expression;
use crate::proto;
use crate::proto::{command, plan, read, relation};
use crate::sql::Values;

use super::{Relation, Sql};

impl Relation {
    /// The plan that computes the relation and sends its rows.
    pub(crate) fn to_plan(&self) -> proto::Plan {
        proto::Plan { op_type: Some(plan::OpType::Root(self.to_proto())) }
    }

    fn to_proto(&self) -> proto::Relation {
        wrap(match self {
            Self::Sql(sql) => relation::RelType::Sql(sql.to_proto()),
            Self::Table { name, options } => relation::RelType::Read(proto::Read {
                read_type: Some(read::ReadType::NamedTable(read::NamedTable {
                    unparsed_identifier: name.clone(),
                    options: options.clone().into_iter().collect(),
                })),
                ..Default::default()
            }),
            Self::Project { input, columns } => relation::RelType::Project(Box::new(proto::Project {
                input: Some(Box::new(input.to_proto())),
                expressions: columns.iter().map(|name| column(name)).collect(),
            })),
            Self::Limit { input, rows } => relation::RelType::Limit(Box::new(proto::Limit {
                input: Some(Box::new(input.to_proto())),
                limit: i32::try_from(*rows).unwrap_or(i32::MAX),
            })),
        })
    }
}

impl Sql {
    /// The plan that runs the statement once, now.
    pub(crate) fn to_command(&self) -> proto::Plan {
        let command = proto::SqlCommand {
            input: Some(wrap(relation::RelType::Sql(self.to_proto()))),
            ..Default::default()
        };
        let command_type = Some(command::CommandType::SqlCommand(command));
        proto::Plan { op_type: Some(plan::OpType::Command(proto::Command { command_type })) }
    }

    fn to_proto(&self) -> proto::Sql {
        let mut sql = proto::Sql { query: self.text.clone(), ..Default::default() };
        match self.arguments.values() {
            Values::None => {}
            Values::Positional(values) => sql.pos_arguments = values.iter().map(expression).collect(),
            Values::Named(values) => {
                sql.named_arguments =
                    values.iter().map(|(name, value)| (name.clone(), expression(value))).collect();
            }
        }
        sql
    }
}

fn wrap(rel_type: relation::RelType) -> proto::Relation {
    proto::Relation { rel_type: Some(rel_type), ..Default::default() }
}

/// The server parses the name like SQL, so it goes quoted, with back-ticks doubled.
fn column(name: &str) -> proto::Expression {
    proto::Expression {
        expr_type: Some(proto::expression::ExprType::UnresolvedAttribute(
            proto::expression::UnresolvedAttribute {
                unparsed_identifier: format!("`{}`", name.replace('`', "``")),
                ..Default::default()
            },
        )),
        ..Default::default()
    }
}
