//! Values that are missing, and values in place of others.

use super::convert::Parts;
use super::{Operator, PlanError, Relation};
use crate::proto;
use crate::proto::na_replace::Replacement;
use crate::proto::relation::RelType;
use crate::types::literal_message as literal;
use crate::types::{Literal, LiteralError, Value};

#[derive(Debug, Clone)]
pub(super) enum Missing {
    /// One value for all columns of its type, or one for each column.
    Fill {
        columns: Vec<String>,
        values: Vec<Literal>,
    },
    /// Rows with fewer values than that, or with any that is missing.
    Drop {
        columns: Vec<String>,
        least: Option<i32>,
    },
    Replace {
        columns: Vec<String>,
        pairs: Vec<(Literal, Literal)>,
    },
}

type Literals<T> = Result<Vec<T>, LiteralError>;

impl Relation {
    pub(crate) fn fill_missing(&self, mut columns: Vec<String>, values: Literals<Literal>) -> Self {
        let (mut values, mistake) = sendable(values, "na.fill");
        let mistake = mistake.or_else(|| unfilled(&values));
        if let ([column], [value]) = (columns.as_slice(), values.as_slice()) {
            // Spark fills only columns of the value's kind if there is one value, and casts each of several.
            let (column, value) = (column.clone(), value.clone());
            columns.push(column);
            values.push(value);
        }
        let missing = Missing::Fill { columns, values };
        Self::checked(Operator::Missing(missing), vec![self.clone()], Vec::new(), mistake)
    }

    pub(crate) fn drop_missing(&self, columns: Vec<String>, least: Option<u32>) -> Self {
        let least = least.map(|least| i32::try_from(least).unwrap_or(i32::MAX));
        self.over(Operator::Missing(Missing::Drop { columns, least }), Vec::new())
    }

    /// The rows in which none of these columns lacks a value. To a server, an empty list means all columns.
    pub(crate) fn drop_missing_in(&self, columns: Vec<String>) -> Self {
        match columns.is_empty() {
            true => self
                .refused(PlanError::new("`na().drop_in` needs a column; `na().drop()` is for all of them")),
            false => self.drop_missing(columns, None),
        }
    }

    pub(crate) fn replace_values(&self, columns: Vec<String>, pairs: Literals<(Literal, Literal)>) -> Self {
        let (pairs, mistake) = sendable(pairs, "na.replace");
        let mistake = mistake
            .or_else(|| irreplaceable(&pairs))
            .or_else(|| rounded(&pairs))
            .or_else(|| ambiguous(&columns, &pairs));
        let missing = Missing::Replace { columns, pairs };
        Self::checked(Operator::Missing(missing), vec![self.clone()], Vec::new(), mistake)
    }
}

/// Whether servers fill, replace and sample by the value: by no other kinds.
pub(super) fn is_fillable(literal: &Literal) -> bool {
    use Value::{Boolean, Byte, Double, Float, Integer, Long, Short, String};
    matches!(
        literal.value(),
        Boolean(_) | Byte(_) | Short(_) | Integer(_) | Long(_) | Float(_) | Double(_) | String(_)
    )
}

fn unfilled(values: &[Literal]) -> Option<PlanError> {
    if values.is_empty() {
        return Some(PlanError::new(
            "`na().fill_columns` and `na().fill_in` need a column; `na().fill` is for all of them",
        ));
    }
    (!values.iter().all(is_fillable)).then(|| {
        PlanError::new(
            "`na.fill` takes a STRING, a BOOLEAN, an integer or a float, and no NULL: for a column of another type use \
             `coalesce([column, lit(value)])`",
        )
    })
}

fn irreplaceable(pairs: &[(Literal, Literal)]) -> Option<PlanError> {
    let is_replaced =
        |(old, new): &(Literal, Literal)| is_fillable(old) && (new.is_null() || is_fillable(new));
    (!pairs.iter().all(is_replaced)).then(|| {
        PlanError::new(
            "`na.replace` replaces strings, BOOLEANs, integers and floats by others or NULL: use \
             `when(column.eq(old), new).otherwise(column)`, and `na.fill` in place of a NULL",
        )
    })
}

/// The largest integer up to which a `DOUBLE` holds each one. The next one is rounded to it.
const MAX_EXACT: u64 = 1 << 53;

/// The same as a `DOUBLE`. From here on each is whole.
const FIRST_ROUNDED: f64 = 9_007_199_254_740_992.0;

/// Servers replace numbers by way of `DOUBLE`. An old value at the limit would match integers that are rounded to it; a
/// new one is still exact there.
fn rounded(pairs: &[(Literal, Literal)]) -> Option<PlanError> {
    pairs.iter().any(|(old, new)| is_beyond(MAX_EXACT - 1, old) || is_beyond(MAX_EXACT, new)).then(|| {
        PlanError::new(
            "`na.replace` takes no integer to replace beyond ±9007199254740991, and none in its place beyond \
             ±9007199254740992 (2 to the power of 53), since servers round larger ones: use \
             `when(column.eq(old), new).otherwise(column)`",
        )
    })
}

/// Where no columns are named, a `DOUBLE` is also looked for among integers, where it matches those that are rounded to
/// it. In a named column it is compared as SQL compares the two.
fn ambiguous(columns: &[String], pairs: &[(Literal, Literal)]) -> Option<PlanError> {
    (columns.is_empty() && pairs.iter().any(|(old, _)| matches_rounded(old))).then(|| {
        PlanError::new(
            "without column names `na.replace` replaces no DOUBLE beyond ±9007199254740991, since servers also match \
             integers that round to it: name the DOUBLE columns",
        )
    })
}

fn matches_rounded(old: &Literal) -> bool {
    matches!(old.value(), Value::Double(old) if old.is_finite() && old.abs() >= FIRST_ROUNDED)
}

fn is_beyond(limit: u64, literal: &Literal) -> bool {
    matches!(literal.value(), Value::Long(value) if value.unsigned_abs() > limit)
}

fn sendable<T>(values: Literals<T>, method: &str) -> (Vec<T>, Option<PlanError>) {
    match values {
        Ok(values) => (values, None),
        Err(error) => {
            let mistake = PlanError::new(format!("a value of `{method}` cannot be sent: {error}"));
            (Vec::new(), Some(mistake))
        }
    }
}

impl Missing {
    pub(super) fn literals(&self) -> Vec<&Literal> {
        match self {
            Self::Fill { values, .. } => values.iter().collect(),
            Self::Drop { .. } => Vec::new(),
            Self::Replace { pairs, .. } => pairs.iter().flat_map(|(old, new)| [old, new]).collect(),
        }
    }

    pub(super) fn columns(&self) -> &[String] {
        match self {
            Self::Fill { columns, .. } | Self::Drop { columns, .. } | Self::Replace { columns, .. } => {
                columns
            }
        }
    }

    pub(super) fn to_proto(&self, mut parts: Parts) -> RelType {
        let input = parts.input();
        match self {
            Self::Fill { columns, values } => RelType::FillNa(Box::new(proto::NaFill {
                input,
                cols: columns.clone(),
                values: values.iter().map(literal).collect(),
            })),
            Self::Drop { columns, least } => RelType::DropNa(Box::new(proto::NaDrop {
                input,
                cols: columns.clone(),
                min_non_nulls: *least,
            })),
            Self::Replace { columns, pairs } => {
                let replacement = |(old, new): &(Literal, Literal)| Replacement {
                    old_value: Some(literal(old)),
                    new_value: Some(literal(new)),
                };
                RelType::Replace(Box::new(proto::NaReplace {
                    input,
                    cols: columns.clone(),
                    replacements: pairs.iter().map(replacement).collect(),
                }))
            }
        }
    }
}
