//! Expressions over columns, as plain data.

use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use super::extent::Extent;
use super::window::Frame;
use super::{Misread, PlanError, Relation, note};
use crate::sql::{acts, may_act};
use crate::types::{DataType, Literal, LiteralError};

mod build;
mod conditions;
mod convert;
mod into;
mod lambda;
mod lists;
mod methods;
mod operators;

pub(crate) use build::{call, function, quoted};
pub use into::{IntoColumn, IntoCondition, IntoMembers, IntoValue, Members};
pub(crate) use lambda::IntoLambda;
pub use lists::{IntoColumns, IntoNames};
pub(crate) use lists::{for_lists, for_texts, for_tuples};
pub use methods::{Cast, IntoDataType};

/// An expression over the columns of a frame. Clones are cheap.
///
/// A text names a column where a column is wanted, is a value where a value is wanted, and SQL where a frame wants a
/// condition, as in PySpark. What PySpark writes `~late` is `!late`; the method `not` is that of [`std::ops::Not`].
///
/// ```
/// use spark_connect::functions::{col, lit, when};
///
/// let late = col("arr_delay").gt(15).and(col("carrier").ne("UA"));
/// let in_time = !&late;
/// let label = when(late, "late").otherwise(lit("on time")).alias("label");
/// let per_hour = col("distance") / col("air_time") * 60;
/// ```
#[derive(Clone)]
#[must_use = "an expression does nothing until a frame has it"]
pub struct Column(Arc<Expression>);

struct Expression {
    kind: Kind,
    children: Vec<Column>,
    /// The relation that a subquery computes.
    subquery: Option<Relation>,
    extent: Extent,
    /// Whether it gives the same however often and in which order it is evaluated.
    is_plain: bool,
    /// The line of the program that wrote it.
    written_at: &'static Location<'static>,
}

/// The operation of an expression on its children.
#[derive(Clone)]
enum Kind {
    Literal(Literal),
    /// A column by its name in SQL, of that relation if it says so.
    Attribute {
        name: String,
        relation: Option<i64>,
    },
    /// All columns, or those of something.
    Star {
        target: Option<String>,
        relation: Option<i64>,
    },
    /// The columns whose names match.
    Regex {
        pattern: String,
        relation: Option<i64>,
    },
    /// SQL.
    Text(String),
    Function {
        name: &'static str,
        is_distinct: bool,
    },
    /// A function by its name, which is the caller's.
    Call(String),
    /// All of the children, which are two.
    And,
    /// One of the children, which are two.
    Or,
    Alias {
        names: Vec<String>,
        metadata: Option<String>,
    },
    Cast {
        to: CastTarget,
        or_null: bool,
    },
    Order {
        descending: bool,
        nulls_first: bool,
    },
    /// The children are the body.
    Lambda {
        parameters: Vec<String>,
    },
    Variable(String),
    /// The children are the function, then partitions, then orders.
    Window {
        partitions: usize,
        frame: Option<Frame>,
    },
    /// A field, element or entry of the first child.
    Extract,
    /// The first child with a field: the second child, or without it.
    UpdateField(String),
    Named(String),
    /// The children are the values that are looked for.
    Subquery(Subquery),
    /// Nothing that could be sent.
    Refused,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subquery {
    Scalar,
    Exists,
    In,
}

#[derive(Clone)]
enum CastTarget {
    Type(DataType),
    Ddl(String),
}

impl Column {
    #[track_caller]
    fn new(kind: Kind, children: Vec<Self>) -> Self {
        Self::checked(kind, children, None, None)
    }

    #[track_caller]
    fn checked(
        kind: Kind,
        children: Vec<Self>,
        subquery: Option<Relation>,
        mistake: Option<PlanError>,
    ) -> Self {
        let parts = children.iter().map(Self::extent).chain(subquery.iter().map(Relation::extent));
        let mut extent = Extent::over(parts, !conditions::joins(&kind, &children));
        extent.note(mistake);
        extent.note_misread(kind.misread());
        extent.note_newer(kind.newer().map(PlanError::new));
        extent.acts |= kind.acts();
        let is_plain = kind.is_plain() && children.iter().all(Self::is_plain);
        let written_at = Location::caller();
        let (kind, children, subquery) = match extent.is_refused() {
            // A part that cannot be sent need not be kept.
            true => (Kind::Refused, Vec::new(), None),
            false => (kind, children, subquery),
        };
        Self(Arc::new(Expression { kind, children, subquery, extent, is_plain, written_at }))
    }

    #[track_caller]
    pub(super) fn literal(literal: Literal) -> Self {
        Self::new(Kind::Literal(literal), Vec::new())
    }

    /// A value, which may be none that can be sent.
    #[track_caller]
    pub(crate) fn value(literal: Result<Literal, LiteralError>) -> Self {
        match literal {
            Ok(literal) => Self::literal(literal),
            Err(error) => Self::refused(format!("a value of an expression cannot be sent: {error}")),
        }
    }

    /// An expression that cannot be sent, for that reason.
    #[track_caller]
    pub(crate) fn refused(reason: String) -> Self {
        Self::checked(Kind::Refused, Vec::new(), None, Some(PlanError::new(reason)))
    }

    /// The arguments, if it is a call of `struct`.
    fn fields_of_struct(&self) -> Option<&[Self]> {
        matches!(self.0.kind, Kind::Function { name: "struct", .. }).then_some(self.0.children.as_slice())
    }

    #[track_caller]
    pub(super) fn subquery(kind: Subquery, values: Vec<Self>, relation: Relation) -> Self {
        Self::checked(Kind::Subquery(kind), values, Some(relation), None)
    }

    pub(super) fn extent(&self) -> &Extent {
        &self.0.extent
    }

    pub(super) fn is_plain(&self) -> bool {
        self.0.is_plain
    }

    pub(crate) fn is_order(&self) -> bool {
        matches!(self.0.kind, Kind::Order { .. })
    }

    /// Whether it is every column.
    pub(crate) fn is_star(&self) -> bool {
        matches!(self.0.kind, Kind::Star { target: None, relation: None })
    }

    /// Every part of it once for each time that it is there.
    pub(super) fn each<'c>(&'c self, mut visit: impl FnMut(&'c Self)) {
        let mut pending = vec![self];
        while let Some(column) = pending.pop() {
            visit(column);
            pending.extend(column.0.children.iter().rev());
        }
    }

    pub(super) fn literals<'c>(&'c self, literals: &mut Vec<&'c Literal>) {
        self.each(|column| match &column.0.kind {
            Kind::Literal(literal) => literals.push(literal),
            Kind::Window { frame: Some(frame), .. } => literals.extend(frame.literals()),
            _ => {}
        });
    }

    /// The names and texts that the caller wrote, without values.
    pub(super) fn names(&self, names: &mut String) {
        self.each(|column| {
            column.0.kind.names(names);
            note(names, [convert::call_site(column.0.written_at)]);
        });
    }

    /// The relations of the subqueries in it, but not of those in them.
    pub(super) fn relations<'c>(&'c self, relations: &mut Vec<&'c Relation>) {
        self.each(|column| relations.extend(&column.0.subquery));
    }

    /// The relations that columns in it name.
    pub(super) fn named_relations(&self, named: &mut HashSet<i64>) {
        self.each(|column| match &column.0.kind {
            Kind::Attribute { relation, .. } | Kind::Star { relation, .. } | Kind::Regex { relation, .. } => {
                named.extend(*relation)
            }
            _ => {}
        });
    }
}

impl Kind {
    /// The names and texts of its own that the caller wrote.
    fn names(&self, names: &mut String) {
        match self {
            Self::Attribute { name, .. }
            | Self::Star { target: Some(name), .. }
            | Self::Regex { pattern: name, .. }
            | Self::Text(name)
            | Self::Call(name)
            | Self::Variable(name)
            | Self::UpdateField(name)
            | Self::Named(name)
            | Self::Cast { to: CastTarget::Ddl(name), .. } => note(names, [name]),
            Self::Function { name, .. } => note(names, [name]),
            Self::Alias { names: aliases, .. } => note(names, aliases),
            Self::Cast { to: CastTarget::Type(data_type), .. } => note(names, [data_type.to_string()]),
            _ => {}
        }
    }

    /// Whether the expression itself gives the same whenever it is evaluated, as far as can be known.
    fn is_plain(&self) -> bool {
        match self {
            Self::Text(_) | Self::Call(_) | Self::Subquery(_) => false,
            Self::Window { .. } | Self::Refused => false,
            Self::Function { name, .. } => !UNSTEADY.contains(name),
            _ => true,
        }
    }

    /// Whether it calls a function that acts outside of the server.
    fn acts(&self) -> bool {
        match self {
            Self::Text(text) => may_act(text),
            Self::Function { name, .. } => acts(name),
            Self::Call(name) => acts(name.as_str()),
            _ => false,
        }
    }

    /// Whether Spark before 4.0 takes it for something else without an error.
    fn misread(&self) -> Option<Misread> {
        match self {
            Self::Star { relation: Some(_), .. } => Some(Misread::Star),
            Self::Cast { or_null: true, .. } => Some(Misread::TryCast),
            _ => None,
        }
    }

    /// The refusal of what Spark before 4.0 does not know, whose own error names nothing.
    fn newer(&self) -> Option<&'static str> {
        match self {
            Self::Subquery(Subquery::Scalar) => {
                Some("`scalar` needs Spark 4.0: join the frame, or write the subquery in SQL")
            }
            Self::Subquery(Subquery::Exists) => {
                Some("`exists` needs Spark 4.0: use a join of the kind `LeftSemi` or `LeftAnti`")
            }
            Self::Subquery(Subquery::In) => {
                Some("`is_in` of a frame needs Spark 4.1: use a join of the kind `LeftSemi`")
            }
            Self::Named(_) => Some("`named_argument` needs Spark 4.0: give the arguments by their positions"),
            _ => None,
        }
    }
}

/// Functions that give something else for each row, or each time.
const UNSTEADY: &[&str] = &[
    "assert_true",
    "current_time",
    "java_method",
    "monotonically_increasing_id",
    "raise_error",
    "rand",
    "randn",
    "random",
    "randstr",
    "reflect",
    "shuffle",
    "spark_partition_id",
    "try_reflect",
    "uniform",
    "uuid",
];

/// The chain of conditions has no bound, so it is not left to recursion.
impl Drop for Expression {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.children);
        while let Some(Column(expression)) = pending.pop() {
            if let Some(mut expression) = Arc::into_inner(expression) {
                pending.append(&mut expression.children);
            }
        }
    }
}

/// Names and functions; of a value its type.
impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Expression { kind, children, extent, .. } = &*self.0;
        match kind {
            Kind::Literal(literal) => return literal.fmt(f),
            Kind::Attribute { name, .. } | Kind::Variable(name) => return f.write_str(name),
            Kind::Star { .. } => return f.write_str("*"),
            Kind::Regex { pattern, .. } => return write!(f, "/{pattern}/"),
            Kind::Text(sql) => return write!(f, "expr({sql})"),
            Kind::Refused => return f.write_str("refused"),
            Kind::Function { name, .. } => f.write_str(name)?,
            Kind::Call(name) | Kind::Named(name) | Kind::UpdateField(name) => f.write_str(name)?,
            Kind::And => f.write_str("and")?,
            Kind::Or => f.write_str("or")?,
            Kind::Alias { names, .. } => write!(f, "alias[{}]", names.join(", "))?,
            Kind::Cast { .. } => f.write_str("cast")?,
            Kind::Order { descending, .. } => f.write_str(if *descending { "desc" } else { "asc" })?,
            Kind::Lambda { .. } => f.write_str("lambda")?,
            Kind::Window { .. } => f.write_str("over")?,
            Kind::Extract => f.write_str("extract")?,
            Kind::Subquery(kind) => write!(f, "{kind:?}")?,
        }
        // A chain of conditions has no bound.
        if extent.parts > 1000 {
            return write!(f, "({} parts)", extent.parts);
        }
        f.write_str("(")?;
        for (position, child) in children.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { ", " })?;
            child.fmt(f)?;
        }
        f.write_str(")")
    }
}
