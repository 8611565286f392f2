//! Columns as rows, and rows as columns.

use super::convert::Parts;
use super::{Column, Operator, Relation, note};
use crate::proto;
use crate::proto::relation::RelType;

#[derive(Debug, Clone)]
pub(super) enum Reshape {
    /// The first `ids` expressions stay; of the others, or of all other columns, each is a row.
    Unpivot {
        ids: usize,
        values: bool,
        variable: String,
        value: String,
    },
    Transpose,
}

impl Relation {
    pub(crate) fn unpivot(
        &self,
        ids: Vec<Column>,
        values: Option<Vec<Column>>,
        variable: String,
        value: String,
    ) -> Self {
        let reshape = Reshape::Unpivot { ids: ids.len(), values: values.is_some(), variable, value };
        let columns = ids.into_iter().chain(values.into_iter().flatten()).collect();
        self.over(Operator::Reshape(reshape), columns)
    }

    pub(crate) fn transpose(&self, index: Option<Column>) -> Self {
        self.over(Operator::Reshape(Reshape::Transpose), index.into_iter().collect())
    }
}

impl Reshape {
    /// The refusal of what Spark before 4.0 does not know.
    pub(super) fn newer(&self) -> Option<&'static str> {
        match self {
            Self::Transpose => Some("`transpose` needs Spark 4.0"),
            Self::Unpivot { .. } => None,
        }
    }

    pub(super) fn names(&self, names: &mut String) {
        if let Self::Unpivot { variable, value, .. } = self {
            note(names, [variable, value]);
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        match self {
            Self::Unpivot { ids, values, variable, value } => {
                let ids = parts.columns(*ids);
                let values = values.then(|| proto::unpivot::Values { values: parts.rest() });
                RelType::Unpivot(Box::new(proto::Unpivot {
                    input,
                    ids,
                    values,
                    variable_column_name: variable.clone(),
                    value_column_name: value.clone(),
                }))
            }
            Self::Transpose => {
                RelType::Transpose(Box::new(proto::Transpose { input, index_columns: parts.rest() }))
            }
        }
    }
}
