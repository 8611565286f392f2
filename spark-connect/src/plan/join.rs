//! The rows of two relations beside each other.

use super::convert::Parts;
use super::{Column, IntoColumn, IntoValue, Operator, PlanError, Relation, for_lists, for_tuples};
use crate::proto;
use crate::proto::join::JoinType as Kind;
use crate::proto::relation::RelType;

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JoinType {
    /// Pairs that match.
    Inner,
    /// Pairs that match, and rows of the left without a match.
    Left,
    /// Pairs that match, and rows of the right without a match.
    Right,
    /// Pairs that match, and rows of both sides without a match.
    Full,
    /// Rows of the left with a match, without the columns of the right.
    LeftSemi,
    /// Rows of the left without a match, without the columns of the right.
    LeftAnti,
    /// Every row of the left with every row of the right.
    Cross,
}

/// The match of a join: the names of columns that both sides have, or a condition.
///
/// An empty list of names is refused when the frame runs; [`JoinOn::nothing`] matches every row with every row.
///
/// ```
/// # use spark_connect::{DataFrame, JoinType, functions::col};
/// # fn run(a: DataFrame, b: DataFrame) {
/// let (same, names) = (col("a.k").eq(col("b.k")), vec!["k", "day"]);
/// let inner = a.join(&b, &same, JoinType::Inner);
/// let left = a.join(&b, &names, JoinType::Left);
/// let full = a.join(&b, ("k", "day"), JoinType::Full);
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct JoinOn(pub(super) By);

#[derive(Debug, Clone)]
pub(super) enum By {
    Columns(Vec<String>),
    Condition(Column),
    Nothing,
}

impl JoinOn {
    /// No columns and no condition: every row matches every row.
    #[must_use]
    pub fn nothing() -> Self {
        Self(By::Nothing)
    }

    /// The columns, the condition, and the mistake in them: to a server, an empty list of columns means no condition.
    fn into_parts(self) -> (Vec<String>, Vec<Column>, Option<PlanError>) {
        match self.0 {
            By::Columns(names) => {
                let mistake = names.is_empty().then(|| {
                    PlanError::new(
                        "a join by no columns would match every row with every row: name a column, or use \
                         `JoinOn::nothing()`",
                    )
                });
                (names, Vec::new(), mistake)
            }
            By::Condition(condition) => (Vec::new(), vec![condition], None),
            By::Nothing => (Vec::new(), Vec::new(), None),
        }
    }
}

impl From<Column> for JoinOn {
    fn from(condition: Column) -> Self {
        Self(By::Condition(condition))
    }
}

impl From<&Column> for JoinOn {
    fn from(condition: &Column) -> Self {
        condition.clone().into()
    }
}

impl From<&str> for JoinOn {
    fn from(column: &str) -> Self {
        Self(By::Columns(vec![column.to_owned()]))
    }
}

impl From<String> for JoinOn {
    fn from(column: String) -> Self {
        Self(By::Columns(vec![column]))
    }
}

impl From<&&str> for JoinOn {
    fn from(column: &&str) -> Self {
        (*column).into()
    }
}

impl From<&String> for JoinOn {
    fn from(column: &String) -> Self {
        column.as_str().into()
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for JoinOn {
    fn from(columns: [S; N]) -> Self {
        Self(By::Columns(columns.into_iter().map(Into::into).collect()))
    }
}

impl<S: Into<String>> From<Vec<S>> for JoinOn {
    fn from(columns: Vec<S>) -> Self {
        Self(By::Columns(columns.into_iter().map(Into::into).collect()))
    }
}

// Asks for texts and not for names: a list of names counts as names, so the compiler would try lists of lists without end.
for_lists!((From -> JoinOn, by_columns), but arrays and vectors, AsRef<str>);

fn by_columns(list: impl IntoIterator<Item = impl AsRef<str>>) -> JoinOn {
    JoinOn(By::Columns(list.into_iter().map(|column| column.as_ref().to_owned()).collect()))
}

macro_rules! tuple {
    ($($kind:ident $column:ident),+) => {
        impl<$($kind: AsRef<str>),+> From<($($kind,)+)> for JoinOn {
            fn from(columns: ($($kind,)+)) -> Self {
                let ($($column,)+) = columns;
                by_columns([$($column.as_ref()),+])
            }
        }
    };
}

for_tuples!(tuple);

/// The match of a join as an argument: whatever becomes a [`JoinOn`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing to join on",
    label = "the names of columns or a condition is wanted",
    note = "give names of columns that both sides have: `\"id\"`, `[\"id\", \"day\"]`",
    note = "or a condition: `a.col(\"id\").eq(b.col(\"boss\"))`; `JoinOn::nothing()` matches every row with every row"
)]
pub trait IntoJoinOn {
    /// The match.
    fn into_join_on(self) -> JoinOn;
}

#[diagnostic::do_not_recommend]
impl<T: Into<JoinOn>> IntoJoinOn for T {
    fn into_join_on(self) -> JoinOn {
        self.into()
    }
}

/// How a join finds the row of the right that is nearest in a column.
///
/// ```
/// use spark_connect::{AsOf, AsOfDirection};
/// use spark_connect::functions::{col, expr};
///
/// let before = AsOf::new("t.at", "q.at").tolerance(expr("INTERVAL 1 MINUTE"));
/// let nearest = AsOf::new(col("t.at"), col("q.at") + 1).direction(AsOfDirection::Nearest);
/// ```
#[derive(Debug, Clone)]
#[must_use = "it does nothing until a frame is joined by it"]
pub struct AsOf {
    left: Column,
    right: Column,
    tolerance: Option<Column>,
    exact: bool,
    direction: AsOfDirection,
}

/// In which direction an as-of join looks for the nearest row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AsOfDirection {
    /// At or before the left row.
    Backward,
    /// At or after the left row.
    Forward,
    /// Whichever is nearer.
    Nearest,
}

impl AsOf {
    /// The row of the right whose column is nearest at or before the left row's.
    #[track_caller]
    pub fn new(left: impl IntoColumn, right: impl IntoColumn) -> Self {
        let (left, right) = (left.into_column(), right.into_column());
        Self { left, right, tolerance: None, exact: true, direction: AsOfDirection::Backward }
    }

    /// Looks no further than this.
    #[track_caller]
    pub fn tolerance(self, tolerance: impl IntoValue) -> Self {
        Self { tolerance: Some(tolerance.into_value()), ..self }
    }

    /// Leaves rows of the same value out.
    pub fn without_exact_matches(self) -> Self {
        Self { exact: false, ..self }
    }

    /// Looks in another direction.
    pub fn direction(self, direction: AsOfDirection) -> Self {
        Self { direction, ..self }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Join {
    /// With a condition if there is an expression, else by those columns.
    Plain {
        how: JoinType,
        using: Vec<String>,
    },
    /// The right side may use columns of the left.
    Lateral {
        how: JoinType,
    },
    AsOf {
        how: JoinType,
        using: Vec<String>,
        exact: bool,
        direction: AsOfDirection,
        tolerance: bool,
    },
    /// Row by row.
    Zip,
}

impl Relation {
    pub(crate) fn join(&self, right: &Self, on: JoinOn, how: JoinType) -> Self {
        let (using, condition, empty) = on.into_parts();
        let nothing = using.is_empty() && condition.is_empty();
        let mistake = (how == JoinType::Cross && !nothing).then(|| {
            PlanError::new("a cross join matches every row with every row and takes no columns or condition")
        });
        let mistake = empty.or(mistake);
        let inputs = vec![self.clone(), right.clone()];
        Self::checked(Operator::Join(Join::Plain { how, using }), inputs, condition, mistake)
    }

    pub(crate) fn lateral_join(&self, right: &Self, on: JoinOn, how: JoinType) -> Self {
        let (using, condition, empty) = on.into_parts();
        let mistake =
            (!using.is_empty()).then(|| PlanError::new("a lateral join takes a condition, and no columns"));
        let mistake = empty.or(mistake);
        let inputs = vec![self.clone(), right.clone()];
        Self::checked(Operator::Join(Join::Lateral { how }), inputs, condition, mistake)
    }

    pub(crate) fn as_of_join(&self, right: &Self, by: AsOf, on: JoinOn, how: JoinType) -> Self {
        let (using, condition, empty) = on.into_parts();
        let mistake = (!matches!(how, JoinType::Inner | JoinType::Left))
            .then(|| PlanError::new("an as-of join is inner or left"));
        let mistake = empty.or(mistake);
        let tolerance = by.tolerance.is_some();
        let (exact, direction) = (by.exact, by.direction);
        let columns = [by.left, by.right].into_iter().chain(by.tolerance).chain(condition).collect();
        let join = Join::AsOf { how, using, exact, direction, tolerance };
        Self::checked(Operator::Join(join), vec![self.clone(), right.clone()], columns, mistake)
    }

    pub(crate) fn zip(&self, right: &Self) -> Self {
        Self::new(Operator::Join(Join::Zip), vec![self.clone(), right.clone()], Vec::new())
    }
}

impl Join {
    /// The refusal of what Spark before 4.0 does not know.
    pub(super) fn newer(&self) -> Option<&'static str> {
        match self {
            Self::Plain { .. } => None,
            Self::Lateral { .. } => Some("`lateral_join` needs Spark 4.0: use `JOIN LATERAL` in SQL"),
            Self::AsOf { .. } => Some("`as_of_join` needs Spark 4.0"),
            Self::Zip => Some("`zip` needs Spark 4.3"),
        }
    }

    /// The columns that it is by.
    pub(super) fn using(&self) -> &[String] {
        match self {
            Self::Plain { using, .. } | Self::AsOf { using, .. } => using,
            Self::Lateral { .. } | Self::Zip => &[],
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let (left, right) = (parts.input(), parts.input());
        match self {
            Self::Plain { how, using } => RelType::Join(Box::new(proto::Join {
                left,
                right,
                join_condition: parts.column(),
                join_type: how.kind().into(),
                using_columns: using.clone(),
                join_data_type: None,
            })),
            Self::Lateral { how } => RelType::LateralJoin(Box::new(proto::LateralJoin {
                left,
                right,
                join_condition: parts.column(),
                join_type: how.kind().into(),
            })),
            Self::AsOf { how, using, exact, direction, tolerance } => {
                let (left_as_of, right_as_of) = (parts.column(), parts.column());
                let tolerance = if *tolerance { parts.column() } else { None };
                RelType::AsOfJoin(Box::new(proto::AsOfJoin {
                    left,
                    right,
                    left_as_of,
                    right_as_of,
                    tolerance,
                    join_expr: parts.column(),
                    using_columns: using.clone(),
                    join_type: if *how == JoinType::Left { "left" } else { "inner" }.to_owned(),
                    allow_exact_matches: *exact,
                    direction: direction.name().to_owned(),
                }))
            }
            Self::Zip => RelType::Zip(Box::new(proto::Zip { left, right })),
        }
    }
}

impl JoinType {
    fn kind(self) -> Kind {
        match self {
            Self::Inner => Kind::Inner,
            Self::Left => Kind::LeftOuter,
            Self::Right => Kind::RightOuter,
            Self::Full => Kind::FullOuter,
            Self::LeftSemi => Kind::LeftSemi,
            Self::LeftAnti => Kind::LeftAnti,
            Self::Cross => Kind::Cross,
        }
    }
}

impl AsOfDirection {
    fn name(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
            Self::Nearest => "nearest",
        }
    }
}
