//! Expressions as the messages of the protocol.

use std::panic::Location;

use super::super::convert::Sending;
use super::super::window::Frame;
use super::{CastTarget, Column, Expression, Kind, Subquery, conditions};
use crate::proto::expression::{self as message, ExprType, cast, sort_order};
use crate::proto::{self, origin, subquery_expression};
use crate::types::{expression as literal, in_session_zone};

impl Column {
    /// The nesting of expressions is bounded, except for joined conditions, which are taken apart first.
    pub(in crate::plan) fn to_proto(&self, sending: Sending) -> proto::Expression {
        let Expression { kind, children, subquery, written_at, .. } = &*self.0;
        let expr_type = match kind {
            Kind::And | Kind::Or => {
                let name = if matches!(kind, Kind::And) { "and" } else { "or" };
                let operands = conditions::joined(self).into_iter().map(|operand| operand.to_proto(sending));
                let operands = operands.collect();
                return with_origin(conditions::balanced(name, operands), name, written_at);
            }
            Kind::Literal(value) if sending.casts_instants => return in_session_zone(value),
            Kind::Literal(value) => return literal(value),
            Kind::Refused => None,
            Kind::Attribute { .. } | Kind::Star { .. } | Kind::Regex { .. } => self.reference(),
            Kind::Text(sql) => {
                Some(ExprType::ExpressionString(message::ExpressionString { expression: sql.clone() }))
            }
            Kind::Function { name, is_distinct } => {
                let call = function(name, all(children, sending), *is_distinct);
                return with_origin(call, name, written_at);
            }
            Kind::Call(name) => Some(ExprType::CallFunction(proto::CallFunction {
                function_name: name.clone(),
                arguments: all(children, sending),
            })),
            Kind::Alias { names, metadata } => Some(ExprType::Alias(Box::new(message::Alias {
                expr: first(children, sending),
                name: names.clone(),
                metadata: metadata.clone(),
            }))),
            Kind::Cast { to, or_null } => Some(cast_of(children, to, *or_null, sending)),
            Kind::Order { descending, nulls_first } => {
                Some(ExprType::SortOrder(Box::new(order_of(children, *descending, *nulls_first, sending))))
            }
            Kind::Lambda { parameters } => {
                let arguments = parameters.iter().map(|name| variable(name)).collect();
                let lambda = message::LambdaFunction { function: first(children, sending), arguments };
                Some(ExprType::LambdaFunction(Box::new(lambda)))
            }
            Kind::Variable(name) => Some(ExprType::UnresolvedNamedLambdaVariable(variable(name))),
            Kind::Window { partitions, frame } => {
                Some(ExprType::Window(Box::new(window_of(children, *partitions, frame.as_ref(), sending))))
            }
            Kind::Extract | Kind::UpdateField(_) => self.part(sending),
            Kind::Named(key) => {
                Some(ExprType::NamedArgumentExpression(Box::new(proto::NamedArgumentExpression {
                    key: key.clone(),
                    value: first(children, sending),
                })))
            }
            Kind::Subquery(kind) => Some(ExprType::SubqueryExpression(proto::SubqueryExpression {
                plan_id: subquery.as_ref().map(crate::plan::Relation::id).unwrap_or_default(),
                subquery_type: subquery_type(*kind).into(),
                table_arg_options: None,
                in_subquery_values: all(children, sending),
            })),
        };
        proto::Expression { expr_type, common: None }
    }

    /// Columns by their names.
    fn reference(&self) -> Option<ExprType> {
        Some(match &self.0.kind {
            Kind::Attribute { name, relation } => {
                ExprType::UnresolvedAttribute(message::UnresolvedAttribute {
                    unparsed_identifier: name.clone(),
                    plan_id: *relation,
                    is_metadata_column: None,
                })
            }
            Kind::Star { target, relation } => ExprType::UnresolvedStar(message::UnresolvedStar {
                unparsed_target: target.clone(),
                plan_id: *relation,
            }),
            Kind::Regex { pattern, relation } => ExprType::UnresolvedRegex(message::UnresolvedRegex {
                col_name: pattern.clone(),
                plan_id: *relation,
            }),
            _ => return None,
        })
    }

    /// A part of a value, read or replaced.
    fn part(&self, sending: Sending) -> Option<ExprType> {
        let Expression { kind, children, .. } = &*self.0;
        let second = children.get(1).map(|child| Box::new(child.to_proto(sending)));
        Some(match kind {
            Kind::Extract => ExprType::UnresolvedExtractValue(Box::new(message::UnresolvedExtractValue {
                child: first(children, sending),
                extraction: second,
            })),
            Kind::UpdateField(field) => ExprType::UpdateFields(Box::new(message::UpdateFields {
                struct_expression: first(children, sending),
                field_name: field.clone(),
                value_expression: second,
            })),
            _ => return None,
        })
    }

    /// The ordering that the expression is, or the ascending one of what it is.
    pub(in crate::plan) fn to_order(&self, sending: Sending) -> message::SortOrder {
        match &self.0.kind {
            Kind::Order { descending, nulls_first } => {
                order_of(&self.0.children, *descending, *nulls_first, sending)
            }
            _ => order_of(std::slice::from_ref(self), false, true, sending),
        }
    }
}

pub(super) fn function(
    name: &str,
    arguments: Vec<proto::Expression>,
    is_distinct: bool,
) -> proto::Expression {
    let call = message::UnresolvedFunction {
        function_name: name.to_owned(),
        arguments,
        is_distinct,
        ..Default::default()
    };
    proto::Expression { expr_type: Some(ExprType::UnresolvedFunction(call)), common: None }
}

/// A server repeats it in the errors that are about the expression.
fn with_origin(
    expression: proto::Expression,
    fragment: &str,
    written_at: &'static Location<'static>,
) -> proto::Expression {
    let origin = proto::PythonOrigin { fragment: fragment.to_owned(), call_site: call_site(written_at) };
    let origin = proto::Origin { function: Some(origin::Function::PythonOrigin(origin)) };
    proto::Expression { common: Some(proto::ExpressionCommon { origin: Some(origin) }), ..expression }
}

/// The place as compilers and editors write it.
pub(super) fn call_site(written_at: &Location<'_>) -> String {
    format!("{}:{}", written_at.file(), written_at.line())
}

fn all(columns: &[Column], sending: Sending) -> Vec<proto::Expression> {
    columns.iter().map(|column| column.to_proto(sending)).collect()
}

fn first(columns: &[Column], sending: Sending) -> Option<Box<proto::Expression>> {
    columns.first().map(|column| Box::new(column.to_proto(sending)))
}

fn variable(name: &str) -> message::UnresolvedNamedLambdaVariable {
    message::UnresolvedNamedLambdaVariable { name_parts: vec![name.to_owned()] }
}

/// The function, what it is partitioned by, and the order, in this order in `children`.
fn window_of(
    children: &[Column],
    partitions: usize,
    frame: Option<&Frame>,
    sending: Sending,
) -> message::Window {
    let mut rest = children.iter().skip(1);
    message::Window {
        window_function: first(children, sending),
        partition_spec: rest.by_ref().take(partitions).map(|column| column.to_proto(sending)).collect(),
        order_spec: rest.map(|column| column.to_order(sending)).collect(),
        frame_spec: frame.map(|frame| Box::new(frame.to_proto())),
    }
}

/// Both are always said: what servers take for granted differs.
fn order_of(
    children: &[Column],
    descending: bool,
    nulls_first: bool,
    sending: Sending,
) -> message::SortOrder {
    let direction = match descending {
        false => sort_order::SortDirection::Ascending,
        true => sort_order::SortDirection::Descending,
    };
    let nulls = match nulls_first {
        true => sort_order::NullOrdering::SortNullsFirst,
        false => sort_order::NullOrdering::SortNullsLast,
    };
    message::SortOrder {
        child: first(children, sending),
        direction: direction.into(),
        null_ordering: nulls.into(),
    }
}

fn cast_of(children: &[Column], to: &CastTarget, or_null: bool, sending: Sending) -> ExprType {
    let eval_mode = if or_null { cast::EvalMode::Try } else { cast::EvalMode::Unspecified };
    let target = match to {
        CastTarget::Type(data_type) => cast::CastToType::Type(data_type.to_proto()),
        CastTarget::Ddl(ddl) => cast::CastToType::TypeStr(ddl.clone()),
    };
    ExprType::Cast(Box::new(message::Cast {
        expr: first(children, sending),
        eval_mode: eval_mode.into(),
        cast_to_type: Some(target),
    }))
}

fn subquery_type(kind: Subquery) -> subquery_expression::SubqueryType {
    match kind {
        Subquery::Scalar => subquery_expression::SubqueryType::Scalar,
        Subquery::Exists => subquery_expression::SubqueryType::Exists,
        Subquery::In => subquery_expression::SubqueryType::In,
    }
}
