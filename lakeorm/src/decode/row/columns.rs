//! The columns that a row asks for: pure data, so that resolving is one function and not generated code.

use std::borrow::Cow;

use arrow_schema::DataType;

use super::LakeRow;
use crate::column::{FromColumn, Refusal, Shape};

/// The columns that a row needs, in the order in which it binds them.
#[derive(Debug, Default)]
pub struct Columns {
    pub(super) wants: Vec<Want>,
    by_position: bool,
    all: bool,
    deny_unknown: bool,
}

/// One thing that a row binds.
#[derive(Debug)]
pub(super) enum Want {
    /// A column.
    Column(Column),
    /// A row that shares the columns of this one.
    Flat(Flat),
}

/// A row inside a row, on the same level of columns.
#[derive(Debug)]
pub(super) struct Flat {
    /// The Rust field; empty for a row that has no field of its own (the `T` of an `Option<T>`).
    pub(super) field: &'static str,
    pub(super) columns: Columns,
    /// Whether it is absent where all of its columns are NULL.
    pub(super) optional: bool,
}

impl Columns {
    /// The columns that `T` needs.
    #[must_use]
    pub fn of<'b, T: LakeRow<'b>>() -> Self {
        let mut columns = Self::default();
        T::columns(&mut columns);
        columns
    }

    /// Adds a column that is found by its name. `field` is the Rust field, for messages.
    pub fn named<'b, C: FromColumn<'b>>(&mut self, field: &'static str, name: &'static str) -> &mut Column {
        self.push(Column::new::<C>(field, Cow::Borrowed(name)))
    }

    /// Adds the next column of a row that is read by position. Such a row takes the result's columns in order and
    /// needs exactly as many as it has fields.
    pub fn positional<'b, C: FromColumn<'b>>(&mut self, field: &'static str) -> &mut Column {
        self.by_position = true;
        self.push(Column { by_position: true, ..Column::new::<C>(field, Cow::Borrowed(field)) })
    }

    /// Adds the only column of a row that is no more than its value, which has no field.
    pub(super) fn scalar<'b, C: FromColumn<'b>>(&mut self) {
        self.positional::<C>("");
    }

    /// Adds the columns of the row `R`, each with `prefix` before its name. The row binds them with
    /// [`ColumnCursor::row`](super::ColumnCursor::row).
    pub fn flatten<'b, R: LakeRow<'b>>(&mut self, field: &'static str, prefix: &str) {
        let mut columns = Self::of::<R>();
        columns.prefix(prefix);
        self.wants.push(Want::Flat(Flat { field, columns, optional: false }));
    }

    /// The columns of `R`, as those of a row that is absent where all of them are NULL. The `Option` has no other
    /// columns, so it denies unknown columns if `R` does, and reads by position if `R` is a tuple.
    pub(super) fn absent_or<'b, R: LakeRow<'b>>(&mut self) {
        let columns = Self::of::<R>();
        self.deny_unknown |= columns.deny_unknown;
        self.by_position |= columns.by_position;
        self.wants.push(Want::Flat(Flat { field: "", columns, optional: true }));
    }

    /// Takes every column of the result as a `C`, or under a prefix each whose name begins with it. The row binds them
    /// with [`ColumnCursor::next`](super::ColumnCursor::next) until
    /// [`ColumnCursor::peek_column`](super::ColumnCursor::peek_column) returns none.
    pub(super) fn everything<'b, C: FromColumn<'b>>(&mut self) {
        self.all = true;
        self.push(Column::new::<C>("", Cow::Borrowed("")));
    }

    /// Makes a column of the result that no field reads a mismatch.
    pub fn deny_unknown(&mut self) {
        self.deny_unknown = true;
    }

    /// The columns in binding order, those of flattened rows included.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Column> {
        let mut columns = Vec::new();
        self.collect(&mut columns);
        columns.into_iter()
    }

    /// How many columns the row needs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().len()
    }

    /// Whether the row needs no column at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the columns are taken by position (tuples) rather than by name.
    #[must_use]
    pub fn by_position(&self) -> bool {
        self.by_position
    }

    /// Whether the row is no more than the value of its column.
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.wants.as_slice(), [Want::Column(column)] if column.is_scalar())
    }

    /// Whether the row takes whatever columns the result has.
    pub(super) fn is_everything(&self) -> bool {
        self.all
    }

    /// Whether the row looks at columns that it does not name, so that a table must be read whole.
    #[must_use]
    pub fn needs_whole_result(&self) -> bool {
        self.by_position || self.deny_unknown || self.is_empty() || self.has_everything()
    }

    /// Whether the row, or one that shares its columns, takes whatever columns the result has.
    pub(super) fn has_everything(&self) -> bool {
        let flat = |want: &Want| matches!(want, Want::Flat(flat) if flat.columns.has_everything());
        self.all || self.wants.iter().any(flat)
    }

    pub(super) fn denies_unknown(&self) -> bool {
        self.deny_unknown
    }

    fn collect<'a>(&'a self, into: &mut Vec<&'a Column>) {
        for want in &self.wants {
            match want {
                Want::Column(column) => into.push(column),
                Want::Flat(flat) => flat.columns.collect(into),
            }
        }
    }

    fn prefix(&mut self, prefix: &str) {
        if prefix.is_empty() {
            return;
        }
        for want in &mut self.wants {
            match want {
                Want::Column(column) => column.prefix(prefix),
                Want::Flat(flat) => flat.columns.prefix(prefix),
            }
        }
    }

    fn push(&mut self, column: Column) -> &mut Column {
        let at = self.wants.len();
        self.wants.insert(at, Want::Column(column));
        match self.wants.last_mut() {
            Some(Want::Column(column)) => column,
            _ => unreachable!("a column was inserted two lines above"),
        }
    }
}

/// One column that a row needs.
#[derive(Debug, Clone)]
pub struct Column {
    pub(super) field: &'static str,
    pub(super) name: Cow<'static, str>,
    pub(super) aliases: Vec<Cow<'static, str>>,
    pub(super) required: bool,
    /// Whether it is a value of a tuple, and no field with a name.
    pub(super) by_position: bool,
    pub(super) type_name: &'static str,
    pub(super) accepts: fn(&DataType) -> Result<Shape, Refusal>,
}

impl Column {
    fn new<'b, C: FromColumn<'b>>(field: &'static str, name: Cow<'static, str>) -> Self {
        Self {
            field,
            name,
            aliases: Vec::new(),
            required: true,
            by_position: false,
            type_name: std::any::type_name::<C>(),
            accepts: C::accepts,
        }
    }

    /// Lets the result lack this column; the row then binds it with [`ColumnCursor::next_or_default`].
    ///
    /// [`ColumnCursor::next_or_default`]: super::ColumnCursor::next_or_default
    pub fn optional(&mut self) -> &mut Self {
        self.required = false;
        self
    }

    /// Adds a second name, tried where the result has no column of the first.
    pub fn alias(&mut self, name: &'static str) -> &mut Self {
        self.aliases.push(Cow::Borrowed(name));
        self
    }

    fn prefix(&mut self, prefix: &str) {
        for name in std::iter::once(&mut self.name).chain(&mut self.aliases) {
            *name = Cow::Owned(format!("{prefix}{name}"));
        }
    }

    /// Whether it is a value by itself, and no field of a row.
    pub(super) fn is_scalar(&self) -> bool {
        self.by_position && self.field.is_empty()
    }

    /// The name of the Rust field, for messages.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// The column's name in the result (for a tuple: the position).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The other names that are tried, in order.
    #[must_use]
    pub fn aliases(&self) -> Vec<&str> {
        self.aliases.iter().map(Cow::as_ref).collect()
    }

    /// Whether the result must have this column.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }
}
