//! Names of columns that may hold a bound value: without an alias Spark names a column after its expression, values and all.

use std::iter::once;
use std::sync::Arc;

use arrow_schema::{Field, Fields};
use spark_connect::redaction::Redaction;

use super::columns::{Column, Columns};
use super::error::DecodeError;
use crate::names::is_same;

/// The values of a query whose columns were resolved.
#[derive(Debug, Clone)]
pub(super) struct Hidden {
    redaction: Redaction,
    /// Whether the row type asks for each of its columns by a name of its own, which holds no value.
    is_named: bool,
    /// Whether the paths of its fields are made of the columns' names.
    has_everything: bool,
}

impl Hidden {
    pub(super) fn of(redaction: &Redaction, columns: &Columns) -> Self {
        let has_everything = columns.has_everything();
        let is_named = !columns.by_position() && !has_everything;
        Self { redaction: redaction.clone(), is_named, has_everything }
    }

    /// The fields as errors may show them: those that the row type asks for by name as they are.
    pub(super) fn fields(&self, fields: &Fields, columns: &Columns) -> Fields {
        let own = |column: &Column, name: &str| {
            !columns.by_position()
                && once(column.name()).chain(column.aliases()).any(|own| is_same(own, name))
        };
        let shown = |field: &Arc<Field>| match columns.iter().any(|column| own(column, field.name())) {
            true => Arc::clone(field),
            false => Arc::new(Field::clone(field).with_name(self.redaction.kept_in(field.name()))),
        };
        fields.iter().map(shown).collect()
    }

    /// The error as it may be shown.
    pub(super) fn error(&self, error: DecodeError) -> DecodeError {
        let shown = |name: &str| self.redaction.kept_in(name);
        let error = if self.has_everything { error.with_field_as(shown) } else { error };
        if self.is_named { error } else { error.with_column_as(shown) }
    }
}
