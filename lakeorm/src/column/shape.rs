//! The shape of a column's values: where a NULL has room, and where it has not.

/// What a value type makes of a column: a tree that mirrors the column's nesting and says at each level whether a
/// NULL has room there. The null check of a batch walks it.
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
    /// A list of elements.
    List(Box<Shape>),
    /// A map from keys to values.
    Map(Box<Shape>, Box<Shape>),
}

/// A child of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    index: usize,
    label: String,
    shape: Shape,
}

impl Shape {
    /// A value without children.
    #[must_use]
    pub fn leaf() -> Self {
        Self { nullable: false, kind: ShapeKind::Leaf }
    }

    /// A struct with these children.
    #[must_use]
    pub fn structure(children: Vec<Child>) -> Self {
        Self { nullable: false, kind: ShapeKind::Struct(children) }
    }

    /// A list of such elements.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self { nullable: false, kind: ShapeKind::List(Box::new(element)) }
    }

    /// A map of such keys and values.
    #[must_use]
    pub fn map(key: Self, value: Self) -> Self {
        Self { nullable: false, kind: ShapeKind::Map(Box::new(key), Box::new(value)) }
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
    pub fn new(index: usize, label: impl Into<String>, shape: Shape) -> Self {
        Self { index, label: label.into(), shape }
    }

    /// The position in the Arrow struct.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The Rust name.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The child's own shape.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}
