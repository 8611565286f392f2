//! The order of rows.

use super::convert::Parts;
use super::{Column, Operator, PlanError, Relation};
use crate::proto;
use crate::proto::expression::ExprType;
use crate::proto::relation::RelType;

#[derive(Debug, Clone, Copy)]
pub(super) struct Sort {
    /// Whether it is the order of all rows, and not of those of each partition.
    is_global: bool,
}

impl Relation {
    /// The rows in an order. A column that says none goes from its smallest value on, `NULL`s first.
    pub(crate) fn sort(&self, columns: Vec<Column>, is_global: bool) -> Self {
        let method = if is_global { "order_by" } else { "sort_within_partitions" };
        let mistake =
            columns.is_empty().then(|| PlanError::new(format!("`{method}` needs at least one column")));
        let ordered = columns.into_iter().map(|column| if column.is_order() { column } else { column.asc() });
        let sort = Operator::Sort(Sort { is_global });
        Self::checked(sort, vec![self.clone()], ordered.collect(), mistake)
    }
}

impl Sort {
    pub(super) fn to_proto(self, mut parts: Parts) -> RelType {
        let order = parts.rest().into_iter().filter_map(|column| match column.expr_type {
            Some(ExprType::SortOrder(order)) => Some(*order),
            _ => None,
        });
        RelType::Sort(Box::new(proto::Sort {
            input: parts.input(),
            order: order.collect(),
            is_global: Some(self.is_global),
        }))
    }
}
