//! A result whose schema does not fit a row type: every mismatch, each with what to change.

use std::fmt;

use arrow_schema::{Field, Fields};

use super::columns::Column;
use super::suggest::near_miss;
use crate::column::{Refusal, short_type_name, spark_name, sql_name};

/// How many of the result's column names a message lists.
const NAMES_SHOWN: usize = 20;

/// A result does not have the columns that a row type needs. It lists every mismatch, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaMismatch {
    row_type: &'static str,
    mismatches: Vec<Mismatch>,
}

/// One column that is missing, ambiguous or of another type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    field: Option<&'static str>,
    column: Option<String>,
    reason: String,
}

impl SchemaMismatch {
    pub(super) fn new(row_type: &'static str, mismatches: Vec<Mismatch>) -> Self {
        Self { row_type, mismatches }
    }

    pub(super) fn count(row_type: &'static str, wanted: usize, fields: &Fields) -> Self {
        let reason = format!(
            "the tuple has {}, the result has {} ({}); select exactly the tuple's columns",
            counted(wanted, "value"),
            counted(fields.len(), "column"),
            names(fields),
        );
        Self { row_type, mismatches: vec![Mismatch { field: None, column: None, reason }] }
    }

    /// The row type's name, `User`.
    #[must_use]
    pub fn row_type(&self) -> &str {
        self.row_type
    }

    /// Every mismatch, in the order of the row's fields.
    #[must_use]
    pub fn mismatches(&self) -> &[Mismatch] {
        &self.mismatches
    }
}

impl fmt::Display for SchemaMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.mismatches.as_slice() {
            return write_line(f, self.row_type, only);
        }
        write!(f, "{} columns do not fit {}:", self.mismatches.len(), self.row_type)?;
        for mismatch in &self.mismatches {
            f.write_str("\n  ")?;
            write_line(f, self.row_type, mismatch)?;
        }
        Ok(())
    }
}

impl std::error::Error for SchemaMismatch {}

fn write_line(f: &mut fmt::Formatter<'_>, row_type: &str, mismatch: &Mismatch) -> fmt::Result {
    match mismatch.field {
        Some(field) => write!(f, "{row_type}.{field}: {}", mismatch.reason),
        None => write!(f, "{row_type}: {}", mismatch.reason),
    }
}

impl Mismatch {
    pub(super) fn missing(column: &Column, fields: &Fields) -> Self {
        let mut reason = format!("no column \"{}\" in the result (found: {})", column.name(), names(fields));
        if let Some(near) = near_miss(column.name(), fields.iter().map(|field| field.name().as_str())) {
            reason.push_str(&format!("; did you mean \"{near}\"?"));
        }
        Self { field: Some(column.field()), column: None, reason }
    }

    pub(super) fn ambiguous(column: &Column, name: &str, indices: &[usize], fields: &Fields) -> Self {
        let found: Vec<String> = indices
            .iter()
            .filter_map(|index| Some(format!("\"{}\" at position {}", fields.get(*index)?.name(), index + 1)))
            .collect();
        let reason = format!(
            "column \"{name}\" is ambiguous in the result: {}; give each its own name with AS in the query",
            found.join(", ")
        );
        Self { field: Some(column.field()), column: Some(name.to_owned()), reason }
    }

    pub(super) fn refused(column: &Column, found: &Field, refusal: &Refusal) -> Self {
        let rust_type = short_type_name(column.type_name);
        let mut reason = format!(
            "column \"{}\" is {}, the field is {rust_type}",
            found.name(),
            spark_name(found.data_type())
        );
        let optional = rust_type.starts_with("Option<");
        if let Some(advice) = refusal.advice(found.data_type(), &sql_name(found.name()), optional) {
            reason.push_str("; ");
            reason.push_str(&advice);
        }
        Self { field: Some(column.field()), column: Some(found.name().clone()), reason }
    }

    /// The row's field, where the mismatch is about one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field
    }

    /// The result's column, where there is one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// What does not fit, and what to change.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn names(fields: &Fields) -> String {
    if fields.is_empty() {
        return "no columns".to_owned();
    }
    let mut names: Vec<&str> = fields.iter().take(NAMES_SHOWN).map(|field| field.name().as_str()).collect();
    let more = format!("and {} more", fields.len().saturating_sub(NAMES_SHOWN));
    if fields.len() > NAMES_SHOWN {
        names.push(&more);
    }
    names.join(", ")
}
