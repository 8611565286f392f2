//! Names and types of the columns that a row needs against those that there are, in a result or in a struct.

use arrow_schema::{DataType, Field, Fields};

use super::columns::{Column, Columns, Flat, Want};
use super::mismatch::Mismatch;
use crate::column::{Child, Shape, logical_type};
use crate::names::{Found, INGEST_ID, find, folded, is_same};

/// Where the columns are looked for, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Columns of a result.
    Result,
    /// Fields of a STRUCT.
    Struct,
}

/// The places of the columns, in the row's order.
///
/// # Errors
/// Every mismatch.
pub(super) fn resolve(columns: &Columns, fields: &Fields, level: Level) -> Result<Vec<Child>, Vec<Mismatch>> {
    let mut resolver = Resolver { fields, level, used: vec![false; fields.len()], mismatches: Vec::new() };
    let children = match columns.by_position() {
        true if columns.len() != fields.len() => vec![resolver.wrong_count(columns)],
        _ => resolver.row(columns),
    };
    if columns.denies_unknown() {
        resolver.deny_unknown();
    }
    if resolver.mismatches.is_empty() { Ok(children) } else { Err(resolver.mismatches) }
}

/// Whether a name begins with this prefix, in whatever case, as names are found.
fn begins_with(name: &str, prefix: &str) -> bool {
    let mut letters = name.chars().map(folded);
    prefix.chars().map(folded).all(|letter| letters.next() == Some(letter))
}

struct Resolver<'a> {
    fields: &'a Fields,
    level: Level,
    /// Which of the fields some column reads.
    used: Vec<bool>,
    mismatches: Vec<Mismatch>,
}

impl Resolver<'_> {
    fn row(&mut self, columns: &Columns) -> Vec<Child> {
        let mut children = Vec::with_capacity(columns.wants.len());
        // Positions are counted from the first column: those of an `Option` of a tuple are the tuple's own.
        let has_positions = columns.by_position() && columns.wants.len() == 1;
        for (position, want) in columns.wants.iter().enumerate() {
            match want {
                Want::Column(column) if columns.is_everything() => {
                    let fields = self.fields.iter().enumerate();
                    let taken = fields.filter(|(_, field)| begins_with(field.name(), column.name()));
                    let taken: Vec<usize> = taken.map(|(index, _)| index).collect();
                    children.extend(taken.into_iter().map(|index| self.accept(column, Some(index))));
                }
                Want::Column(column) => {
                    let index = if columns.by_position() { Some(position) } else { self.find(column) };
                    children.push(self.accept(column, index));
                }
                Want::Flat(flat) => children.push(self.flat(flat, has_positions)),
            }
        }
        children
    }

    fn flat(&mut self, flat: &Flat, has_positions: bool) -> Child {
        if flat.columns.by_position() && !has_positions {
            self.mismatches.push(Mismatch::tuple_in_row(flat.field));
            return Child::flat(flat.field, Shape::flat(Vec::new()));
        }
        let before = self.mismatches.len();
        let shape = Shape::flat(self.row(&flat.columns));
        for mismatch in self.mismatches.iter_mut().skip(before) {
            mismatch.put_under(flat.field);
        }
        Child::flat(flat.field, if flat.optional { shape.nullable() } else { shape })
    }

    /// The column's index; `None` where it is missing, which is no mismatch if it may be.
    fn find(&mut self, column: &Column) -> Option<usize> {
        let names = std::iter::once(column.name()).chain(column.aliases());
        for name in names {
            match find(name, &self.fields.iter().map(|field| field.name().as_str())) {
                Found::Nothing => {}
                Found::One(index) => return Some(index),
                Found::Several(indices) => {
                    self.use_up(&indices);
                    let mismatch = Mismatch::ambiguous(column, name, &indices, self.fields, self.level);
                    self.mismatches.push(mismatch);
                    return None;
                }
            }
        }
        if column.is_required() {
            self.mismatches.push(Mismatch::missing(column, self.fields, self.level));
        }
        None
    }

    fn accept(&mut self, column: &Column, index: Option<usize>) -> Child {
        let missing = || Child::missing(column.field, column.type_name);
        let Some((index, field)) = index.and_then(|index| Some((index, self.fields.get(index)?))) else {
            return missing();
        };
        self.use_up(&[index]);
        let data_type: &DataType = &logical_type(field.data_type());
        match (column.accepts)(data_type) {
            Ok(shape) => Child::found(column.field, column.type_name, (index, field.name().clone()), shape),
            Err(refusal) => {
                self.mismatches.extend(Mismatch::refused(column, field, &refusal, self.level));
                missing()
            }
        }
    }

    fn use_up(&mut self, indices: &[usize]) {
        for index in indices {
            if let Some(used) = self.used.get_mut(*index) {
                *used = true;
            }
        }
    }

    fn wrong_count(&mut self, columns: &Columns) -> Child {
        self.mismatches.push(match columns.is_scalar() {
            true => Mismatch::more_than_scalar(self.fields, self.level),
            false => Mismatch::count(columns.len(), self.fields, self.level),
        });
        Child::flat("", Shape::leaf())
    }

    /// In a result the column of lakeorm itself is passed over: every table that is written to has it, and its struct no
    /// field for it.
    fn deny_unknown(&mut self) {
        let is_own = |field: &Field| self.level == Level::Result && is_same(field.name(), INGEST_ID);
        let unread = self.fields.iter().zip(&self.used).filter(|(_, used)| !**used);
        let unknown = unread.filter(|(field, _)| !is_own(field));
        let unknown: Vec<Mismatch> = unknown
            .map(|(field, _): (&std::sync::Arc<Field>, _)| Mismatch::unknown(field, self.level))
            .collect();
        self.mismatches.extend(unknown);
    }
}
