//! A result whose schema does not fit a row type: every mismatch, each with what to change.

use std::fmt;

use arrow_schema::{Field, Fields};
use spark_connect::types::quote_identifier;

use super::columns::Column;
use super::resolve::Level;
use super::suggest::near_miss;
use crate::column::{Inside, Refusal, joined, short_type_name, shown_name, spark_name};
use crate::names::{is_same, shown};

/// How many of the result's column names a message lists.
const NAMES_SHOWN: usize = 20;

/// A result does not have the columns that a row type needs. It lists every mismatch, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaMismatch {
    row_type: &'static str,
    mismatches: Vec<Mismatch>,
}

/// One column, or one value inside a column, that is missing, ambiguous or of another type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The path of Rust names, `orders[].lines.sku`.
    field: Option<String>,
    column: Option<String>,
    reason: String,
}

impl SchemaMismatch {
    pub(super) fn new(row_type: &'static str, mismatches: Vec<Mismatch>) -> Self {
        Self { row_type, mismatches }
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
        write!(f, "{} mismatches between the result and {}:", self.mismatches.len(), self.row_type)?;
        for mismatch in &self.mismatches {
            f.write_str("\n  ")?;
            write_line(f, self.row_type, mismatch)?;
        }
        Ok(())
    }
}

impl std::error::Error for SchemaMismatch {}

fn write_line(f: &mut fmt::Formatter<'_>, row_type: &str, mismatch: &Mismatch) -> fmt::Result {
    match &mismatch.field {
        Some(field) => write!(f, "{row_type}.{field}: {}", mismatch.reason),
        None => write!(f, "{row_type}: {}", mismatch.reason),
    }
}

impl Mismatch {
    pub(super) fn missing(column: &Column, fields: &Fields, level: Level) -> Self {
        let what = match level {
            Level::Result => format!("no column \"{}\" in the result", column.name()),
            Level::Struct => format!("no field \"{}\" in the struct", column.name()),
        };
        let mut reason = format!("{what} (found: {})", names(fields, level));
        if let Some(near) = near_miss(column.name(), fields.iter().map(|field| shown_name(field))) {
            reason.push_str(&format!("; did you mean \"{}\"?", shown(near)));
        }
        Self { field: Some(column.field().to_owned()), column: None, reason }
    }

    pub(super) fn ambiguous(
        column: &Column,
        name: &str,
        indices: &[usize],
        fields: &Fields,
        level: Level,
    ) -> Self {
        let mut found: Vec<String> = indices
            .iter()
            .take(NAMES_SHOWN)
            .filter_map(|index| Some((shown(read_name(column, fields.get(*index)?)), index + 1)))
            .map(|(name, position)| format!("\"{name}\" at position {position}"))
            .collect();
        if indices.len() > NAMES_SHOWN {
            found.push(more(indices.len()));
        }
        let (what, place) = level.words();
        let reason = format!(
            "{what} \"{name}\" is ambiguous in the {place}: {}; give each its own name with AS in the query",
            found.join(", ")
        );
        Self { field: Some(column.field().to_owned()), column: Some(name.to_owned()), reason }
    }

    /// One for the value, or one for each value inside it that does not fit.
    pub(super) fn refused(column: &Column, found: &Field, refusal: &Refusal, level: Level) -> Vec<Self> {
        let name = shown(read_name(column, found));
        let field = |path: &str| match (column.field, path) {
            (_, "") if column.is_scalar() => None,
            (_, path) if column.is_scalar() => Some(path.to_owned()),
            // A row that takes every column has no fields of its own.
            ("", path) => Some(joined(&name, path)),
            (field, path) => Some(joined(field, path)),
        };
        let new = |path: &str, reason: String| Self {
            field: field(path),
            column: Some(name.clone().into_owned()),
            reason,
        };
        if refusal.inside().is_empty() {
            return vec![new("", refused(column, found, refusal, level))];
        }
        let (what, _) = level.words();
        let reason = |inside: &Inside| match level {
            Level::Result => format!("in {what} \"{name}\", {}", inside.reason),
            Level::Struct => inside.reason.clone(),
        };
        refusal.inside().iter().map(|inside| new(&inside.path, reason(inside))).collect()
    }

    pub(super) fn count(wanted: usize, fields: &Fields, level: Level) -> Self {
        let (what, place) = level.words();
        let reason = format!(
            "the tuple has {}, the {place} has {} ({}); select exactly the tuple's {what}s",
            counted(wanted, "value"),
            counted(fields.len(), what),
            names(fields, level),
        );
        Self { field: None, column: None, reason }
    }

    /// A result of other than one column, for the value of one.
    pub(super) fn more_than_scalar(fields: &Fields, level: Level) -> Self {
        let (what, place) = level.words();
        let reason = format!(
            "one {what} is read, and the {place} has {} ({}); select one",
            counted(fields.len(), what),
            names(fields, level),
        );
        Self { field: None, column: None, reason }
    }

    pub(super) fn unknown(found: &Field, level: Level) -> Self {
        let (what, place) = level.words();
        let name = shown(shown_name(found));
        let reason = format!(
            "{what} \"{name}\" is in the {place} and no field reads it; add a field, or do not select it"
        );
        Self { field: None, column: Some(name.into_owned()), reason }
    }

    pub(super) fn tuple_in_row(field: &str) -> Self {
        let reason = "a tuple cannot be flattened, because its values have no names; use a struct".to_owned();
        Self { field: Some(field.to_owned()), column: None, reason }
    }

    /// The same mismatch, of a row that is a field of another.
    pub(super) fn put_under(&mut self, field: &str) {
        self.field = Some(joined(field, self.field.as_deref().unwrap_or_default()));
    }

    /// The same mismatch as part of a nested value's refusal.
    pub(super) fn into_inside(self) -> Inside {
        Inside { path: self.field.unwrap_or_default(), reason: self.reason }
    }

    /// The row's field, where the mismatch is about one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The result's column, where there is one; its first letters if it has a very long name.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// The mismatch, and the change that mends it.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl Level {
    /// The words for one that is looked for, and for the place.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Result => ("column", "result"),
            Self::Struct => ("field", "struct"),
        }
    }
}

fn refused(column: &Column, found: &Field, refusal: &Refusal, level: Level) -> String {
    let (rust_type, name) = (short_type_name(column.type_name), shown(read_name(column, found)));
    let spark_type = spark_name(found.data_type());
    let mut reason = match level {
        Level::Result if column.is_scalar() => {
            format!("column \"{name}\" is {spark_type}, the type asked for is {rust_type}")
        }
        Level::Result => format!("column \"{name}\" is {spark_type}, the field is {rust_type}"),
        Level::Struct => format!("the value is {spark_type}, the field is {rust_type}"),
    };
    let quoted = quote_identifier(&name);
    if let Some(advice) = refusal.advice(found.data_type(), &quoted, &rust_type, !column.by_position) {
        reason.push_str("; ");
        reason.push_str(&advice);
    }
    reason
}

/// The name by which messages show a field that this column reads. One that the row type itself has holds no value.
fn read_name<'f>(column: &Column, found: &'f Field) -> &'f str {
    let mut own = std::iter::once(column.name()).chain(column.aliases());
    let is_own = !column.by_position && own.any(|own| is_same(own, found.name()));
    if is_own { found.name() } else { shown_name(found) }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn names(fields: &Fields, level: Level) -> String {
    if fields.is_empty() {
        return format!("no {}s", level.words().0);
    }
    let mut names: Vec<_> = fields.iter().take(NAMES_SHOWN).map(|field| shown(shown_name(field))).collect();
    if fields.len() > NAMES_SHOWN {
        names.push(more(fields.len()).into());
    }
    names.join(", ")
}

fn more(all: usize) -> String {
    format!("and {} more", all.saturating_sub(NAMES_SHOWN))
}
