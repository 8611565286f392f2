//! The shape of a column's values: where a NULL has room, and where it has not.

/// The nesting of a column as a value type reads it: a tree that says at each level whether a NULL has room there. The
/// null check of a batch walks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    nullable: bool,
    kind: ShapeKind,
}

/// One level of a [`Shape`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeKind {
    /// A value without children, or one whose type looks after its children's NULLs itself.
    Leaf,
    /// A struct. Children that are not listed are not read, so their NULLs do not matter.
    Struct(Vec<Child>),
    /// A row that shares the columns of the row around it (`flatten`): its children are its parent's columns. With
    /// room for a NULL, it is absent where all of them are NULL.
    Flat(Vec<Child>),
    /// A list of elements; of a map too, whose elements are then its entries.
    List(Box<Shape>),
    /// A map from keys to values.
    Map(Box<Shape>, Box<Shape>),
}

/// A child of a struct, or a column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    label: &'static str,
    type_name: &'static str,
    column: Option<(usize, String)>,
    shape: Shape,
}

impl Shape {
    /// A value without children.
    #[must_use]
    pub fn leaf() -> Self {
        Self::new(ShapeKind::Leaf)
    }

    /// A struct with these children.
    #[must_use]
    pub fn structure(children: Vec<Child>) -> Self {
        Self::new(ShapeKind::Struct(children))
    }

    /// A row that shares its parent's columns.
    pub(crate) fn flat(children: Vec<Child>) -> Self {
        Self::new(ShapeKind::Flat(children))
    }

    /// A list of such elements.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::new(ShapeKind::List(Box::new(element)))
    }

    /// A map of such keys and values.
    #[must_use]
    pub fn map(key: Self, value: Self) -> Self {
        Self::new(ShapeKind::Map(Box::new(key), Box::new(value)))
    }

    fn new(kind: ShapeKind) -> Self {
        Self { nullable: false, kind }
    }

    /// The same shape with room for a NULL at its top.
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Whether a NULL has room here.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Whether this is a value without children that must not be NULL.
    pub(crate) fn is_strict_leaf(&self) -> bool {
        !self.nullable && matches!(self.kind, ShapeKind::Leaf)
    }

    /// This level of the tree.
    #[must_use]
    pub fn kind(&self) -> &ShapeKind {
        &self.kind
    }
}

impl Child {
    /// The child at this position of the Arrow struct; `label` is its Rust name, for messages.
    #[must_use]
    pub fn new(index: usize, label: &'static str, shape: Shape) -> Self {
        Self { label, type_name: "_", column: Some((index, label.to_owned())), shape }
    }

    /// A column with this position and name, read into a field of this type.
    pub(crate) fn found(
        label: &'static str,
        type_name: &'static str,
        column: (usize, String),
        shape: Shape,
    ) -> Self {
        Self { label, type_name, column: Some(column), shape }
    }

    /// A column that may be missing, and is.
    pub(crate) fn missing(label: &'static str, type_name: &'static str) -> Self {
        Self { label, type_name, column: None, shape: Shape::leaf() }
    }

    /// A row that shares its parent's columns.
    pub(crate) fn flat(label: &'static str, shape: Shape) -> Self {
        Self { label, type_name: "_", column: None, shape }
    }

    /// The position in the Arrow struct; `None` for a missing column and for a row that shares its parent's.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        self.column.as_ref().map(|(index, _)| *index)
    }

    /// The column's name in the result.
    pub(crate) fn column(&self) -> Option<&str> {
        self.column.as_ref().map(|(_, name)| name.as_str())
    }

    /// The Rust name.
    #[must_use]
    pub fn label(&self) -> &'static str {
        self.label
    }

    /// The field's type, for messages.
    pub(crate) fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The child's own shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}
