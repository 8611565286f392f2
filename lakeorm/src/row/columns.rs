//! What a row asks of a result: pure data, so that resolving is one function and not generated code.

use std::borrow::Cow;

use arrow_schema::DataType;

use super::LakeRow;
use crate::column::{FromColumn, Refusal, Shape};

/// The columns that a row needs, in the order in which it binds them.
#[derive(Debug, Default)]
pub struct Columns {
    columns: Vec<Column>,
    by_position: bool,
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
        self.push(Column::new::<C>(field, Cow::Borrowed(field)))
    }

    /// The columns in binding order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Column> {
        self.columns.iter()
    }

    /// How many columns the row needs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether the row needs no column at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether the columns are taken by position (tuples) rather than by name.
    #[must_use]
    pub fn by_position(&self) -> bool {
        self.by_position
    }

    fn push(&mut self, column: Column) -> &mut Column {
        // `push` then `last_mut` would leave an `Option` that is never `None`.
        let at = self.columns.len();
        self.columns.insert(at, column);
        #[expect(clippy::indexing_slicing, reason = "the element was inserted on the line above")]
        &mut self.columns[at]
    }
}

/// One column that a row needs.
#[derive(Debug, Clone)]
pub struct Column {
    pub(super) field: &'static str,
    pub(super) name: Cow<'static, str>,
    pub(super) aliases: Vec<&'static str>,
    pub(super) required: bool,
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
            type_name: std::any::type_name::<C>(),
            accepts: C::accepts,
        }
    }

    /// Lets the result lack this column; the row then binds it with [`Slots::next_or_default`].
    ///
    /// [`Slots::next_or_default`]: super::Slots::next_or_default
    pub fn optional(&mut self) -> &mut Self {
        self.required = false;
        self
    }

    /// Adds a second name, tried where the result has no column of the first.
    pub fn alias(&mut self, name: &'static str) -> &mut Self {
        self.aliases.push(name);
        self
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
    pub fn aliases(&self) -> &[&'static str] {
        &self.aliases
    }

    /// Whether the result must have this column.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.required
    }
}
