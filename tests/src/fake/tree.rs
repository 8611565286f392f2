//! Plans as text: one line for each relation, its inputs below it and further in.

use super::proto::expression::ExprType;
use super::proto::relation::RelType;
use super::proto::{self, Expression, Relation, command, plan, read};
use super::statement::Statement;

/// The SQL of a plan: of a statement, or of a query whatever stands above it.
pub(super) fn sql(plan: &proto::Plan) -> Option<&proto::Sql> {
    let mut relation = match plan.op_type.as_ref()? {
        plan::OpType::Root(relation) => relation,
        plan::OpType::Command(command) => match command.command_type.as_ref()? {
            command::CommandType::SqlCommand(sql) => sql.input.as_ref()?,
            _ => return None,
        },
        plan::OpType::CompressedOperation(_) => return None,
    };
    loop {
        relation = match relation.rel_type.as_ref()? {
            RelType::Sql(sql) => return Some(sql),
            other => one_input(other)?,
        };
    }
}

/// A statement outside of its relation.
pub(super) fn bare(plan: &proto::Plan) -> Option<&proto::SqlCommand> {
    match plan.op_type.as_ref()? {
        plan::OpType::Command(command) => match command.command_type.as_ref()? {
            command::CommandType::SqlCommand(sql) => Some(sql),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a plan is a command and not a query.
pub(super) fn is_command(plan: &proto::Plan) -> bool {
    matches!(plan.op_type, Some(plan::OpType::Command(_)))
}

/// The whole plan.
pub(super) fn tree(plan: &proto::Plan) -> String {
    let mut lines = Vec::new();
    match &plan.op_type {
        Some(plan::OpType::Root(relation)) => grow(relation, 0, &mut lines),
        Some(plan::OpType::Command(command)) => match &command.command_type {
            Some(command::CommandType::SqlCommand(sql)) => {
                lines.push("Command".to_owned());
                if let Some(input) = &sql.input {
                    grow(input, 1, &mut lines);
                }
            }
            other => lines.push(format!("Command {other:?}")),
        },
        other => lines.push(format!("{other:?}")),
    }
    lines.join("\n")
}

fn grow(relation: &Relation, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let Some(rel_type) = &relation.rel_type else {
        return lines.push(format!("{indent}nothing"));
    };
    lines.push(format!("{indent}{}", line(rel_type)));
    if let Some(input) = one_input(rel_type) {
        grow(input, depth + 1, lines);
    }
}

/// One relation without its inputs. Relations that no test has asked about yet show as they are debugged.
fn line(rel_type: &RelType) -> String {
    match rel_type {
        RelType::Sql(sql) => format!("Sql {}", Statement::of(sql)),
        RelType::Limit(limit) => format!("Limit {}", limit.limit),
        RelType::Project(project) => format!("Project {}", listed(&project.expressions)),
        RelType::Read(read) => table(read),
        RelType::LocalRelation(_) => "LocalRelation".to_owned(),
        other => format!("{other:?}"),
    }
}

fn table(read: &proto::Read) -> String {
    let Some(read::ReadType::NamedTable(table)) = &read.read_type else {
        return format!("Read {:?}", read.read_type);
    };
    let mut options: Vec<String> =
        table.options.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    options.sort();
    format!("Table {}{}", table.unparsed_identifier, options.concat())
}

fn listed(expressions: &[Expression]) -> String {
    let names: Vec<String> = expressions.iter().map(column).collect();
    names.join(", ")
}

fn column(expression: &Expression) -> String {
    match &expression.expr_type {
        Some(ExprType::UnresolvedAttribute(attribute)) => attribute.unparsed_identifier.clone(),
        other => format!("{other:?}"),
    }
}

fn one_input(rel_type: &RelType) -> Option<&Relation> {
    match rel_type {
        RelType::Limit(limit) => limit.input.as_deref(),
        RelType::Project(project) => project.input.as_deref(),
        _ => None,
    }
}
