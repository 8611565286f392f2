//! The rows around a row, for window functions.

use super::{Column, IntoColumns, PlanError};
use crate::proto::expression::window::WindowFrame;
use crate::proto::expression::window::window_frame::{FrameBoundary, FrameType, frame_boundary::Boundary};
use crate::types::expression as literal;
use crate::types::{Literal, ToLiteral, Value};

/// The rows that a window function sees: those of the same partition, in an order, and of these a frame.
///
/// Without a frame it is the whole partition, or, where there is an order, the rows up to the current one and its
/// equals.
///
/// ```
/// use spark_connect::functions::{avg, col};
/// use spark_connect::{Window, WindowBound};
///
/// let last_week = Window::partition_by(["carrier"])
///     .order_by(["day"])
///     .rows_between(WindowBound::preceding(6), WindowBound::current_row());
/// let smooth = avg("delay").over(last_week);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a window does nothing until a function is `over` it"]
pub struct Window {
    pub(super) partitions: Vec<Column>,
    pub(super) orders: Vec<Column>,
    pub(super) frame: Option<Frame>,
}

impl Window {
    /// The window of all rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The window of the rows that are equal in these columns.
    pub fn partition_by(columns: impl IntoColumns) -> Self {
        Self { partitions: columns.into_columns(), ..Self::default() }
    }

    /// The rows in this order: a column goes from its smallest value on, `NULL`s first, unless it says otherwise.
    pub fn order_by(self, columns: impl IntoColumns) -> Self {
        Self { orders: columns.into_columns(), ..self }
    }

    /// The rows between two bounds, counted in rows.
    pub fn rows_between(self, lower: WindowBound, upper: WindowBound) -> Self {
        let (lower, upper) = (lower.in_rows(), upper.in_rows());
        Self { frame: Some(Frame { is_rows: true, lower, upper }), ..self }
    }

    /// The rows between two bounds, which are distances of the one column that the order has.
    pub fn range_between(self, lower: WindowBound, upper: WindowBound) -> Self {
        Self { frame: Some(Frame { is_rows: false, lower, upper }), ..self }
    }
}

impl AsRef<Self> for Window {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// The first or the last row of a window's frame.
#[derive(Debug, Clone)]
pub struct WindowBound(BoundPosition);

#[derive(Debug, Clone)]
enum BoundPosition {
    Unbounded,
    CurrentRow,
    /// This far after the current row; before it if the distance is negative.
    Away(Result<Literal, PlanError>),
}

impl WindowBound {
    /// The first row of the partition as a lower bound, and the last as an upper one.
    #[doc(alias = "unboundedPreceding")]
    #[doc(alias = "unboundedFollowing")]
    #[doc(alias = "UNBOUNDED_PRECEDING")]
    #[doc(alias = "UNBOUNDED_FOLLOWING")]
    #[must_use]
    pub fn unbounded() -> Self {
        Self(BoundPosition::Unbounded)
    }

    /// The current row, and, in a frame of distances, its equals.
    #[doc(alias = "currentRow")]
    #[doc(alias = "CURRENT_ROW")]
    #[must_use]
    pub fn current_row() -> Self {
        Self(BoundPosition::CurrentRow)
    }

    /// `distance` rows, or this much, before the current row: a number, or an interval where the order is one of time.
    #[must_use]
    pub fn preceding(distance: impl ToLiteral) -> Self {
        let distance = literal_of(&distance).and_then(|distance| {
            negated(&distance).ok_or_else(|| PlanError::new("a window's bound is a number or an interval"))
        });
        Self(BoundPosition::Away(distance))
    }

    /// `distance` rows, or this much, after the current row.
    #[must_use]
    pub fn following(distance: impl ToLiteral) -> Self {
        Self(BoundPosition::Away(literal_of(&distance)))
    }

    /// Servers take 32 bits for a count of rows, of the type of 32 bits.
    fn in_rows(self) -> Self {
        let BoundPosition::Away(Ok(distance)) = &self.0 else { return self };
        let rows = match *distance.value() {
            Value::Byte(rows) => Some(i32::from(rows)),
            Value::Short(rows) => Some(i32::from(rows)),
            Value::Integer(rows) => Some(rows),
            Value::Long(rows) => i32::try_from(rows).ok(),
            _ => None,
        };
        let refused = || PlanError::new("a frame of rows is bounded by counts of rows, below 2147483648");
        Self(BoundPosition::Away(rows.map(Literal::integer).ok_or_else(refused)))
    }

    fn literal(&self) -> Option<&Literal> {
        match &self.0 {
            BoundPosition::Away(Ok(distance)) => Some(distance),
            _ => None,
        }
    }

    fn mistake(&self) -> Option<PlanError> {
        match &self.0 {
            BoundPosition::Away(Err(mistake)) => Some(mistake.clone()),
            _ => None,
        }
    }

    fn to_proto(&self) -> Option<Box<FrameBoundary>> {
        let boundary = match &self.0 {
            BoundPosition::Unbounded => Boundary::Unbounded(true),
            BoundPosition::CurrentRow => Boundary::CurrentRow(true),
            BoundPosition::Away(Ok(distance)) => Boundary::Value(Box::new(literal(distance))),
            BoundPosition::Away(Err(_)) => return None,
        };
        Some(Box::new(FrameBoundary { boundary: Some(boundary) }))
    }
}

fn literal_of(distance: &impl ToLiteral) -> Result<Literal, PlanError> {
    distance.to_literal().map_err(|error| PlanError::new(format!("a window's bound cannot be sent: {error}")))
}

fn negated(distance: &Literal) -> Option<Literal> {
    Some(match *distance.value() {
        Value::Byte(value) => Literal::byte(value.checked_neg()?),
        Value::Short(value) => Literal::short(value.checked_neg()?),
        Value::Integer(value) => Literal::integer(value.checked_neg()?),
        Value::Long(value) => Literal::long(value.checked_neg()?),
        Value::Float(value) => Literal::float(-value),
        Value::Double(value) => Literal::double(-value),
        Value::YearMonthInterval(months) => Literal::year_month_interval(months.checked_neg()?),
        Value::DayTimeInterval(micros) => Literal::day_time_interval(micros.checked_neg()?),
        _ => return None,
    })
}

/// The rows of a partition that count for a row.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    is_rows: bool,
    lower: WindowBound,
    upper: WindowBound,
}

impl Frame {
    pub(super) fn mistake(&self) -> Option<PlanError> {
        self.lower.mistake().or_else(|| self.upper.mistake())
    }

    /// The values of its bounds.
    pub(super) fn literals(&self) -> impl Iterator<Item = &Literal> {
        [&self.lower, &self.upper].into_iter().filter_map(WindowBound::literal)
    }

    pub(super) fn to_proto(&self) -> WindowFrame {
        let frame_type = if self.is_rows { FrameType::Row } else { FrameType::Range };
        WindowFrame {
            frame_type: frame_type.into(),
            lower: self.lower.to_proto(),
            upper: self.upper.to_proto(),
        }
    }
}
