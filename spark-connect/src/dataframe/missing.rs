//! Values that are missing.

use super::DataFrame;
use crate::plan::IntoNames;
use crate::types::{Literal, LiteralError, ToLiteral};

/// Methods for missing values: [`DataFrame::na`].
#[doc(alias = "DataFrameNaFunctions")]
#[derive(Debug, Clone)]
#[must_use = "it makes a frame with one of its methods"]
pub struct MissingValues(DataFrame);

impl DataFrame {
    /// Methods for `NULL` and `NaN`.
    pub fn na(&self) -> MissingValues {
        MissingValues(self.clone())
    }
}

impl MissingValues {
    /// A value in place of `NULL` and `NaN`, in all columns of the value's kind: strings, BOOLEANs or numbers.
    ///
    /// A number is cast to the type of each column, so one with a fraction loses it where the column holds integers: on
    /// Spark `fill(0.5)` puts 0 there. [`fill_columns`](Self::fill_columns) says which columns are meant.
    #[doc(alias = "fillna")]
    pub fn fill(&self, value: impl ToLiteral) -> DataFrame {
        let values = widened(&value).map(|value| vec![value]);
        self.0.with(self.0.relation.fill_missing(Vec::new(), values))
    }

    /// A value in place of `NULL` and `NaN` in each of these columns, cast to the column's type: a string fills a DATE.
    /// Sail fills only columns of the value's kind, as [`fill`](Self::fill) does, and leaves the others as they are.
    #[doc(alias = "fillna")]
    pub fn fill_columns<N: Into<String>, V: ToLiteral>(
        &self,
        columns: impl IntoIterator<Item = (N, V)>,
    ) -> DataFrame {
        let (names, values): (Vec<String>, Vec<Result<Literal, LiteralError>>) =
            columns.into_iter().map(|(name, value)| (name.into(), widened(&value))).unzip();
        self.0.with(self.0.relation.fill_missing(names, values.into_iter().collect()))
    }

    /// A value in place of `NULL` and `NaN` in these columns, as [`fill_columns`](Self::fill_columns) has one for each.
    /// At least one column has to be named. Each gets the value cast to its type, whereas PySpark's `subset` leaves out
    /// columns of another kind.
    ///
    /// ```no_run
    /// # fn run(frame: spark_connect::DataFrame) {
    /// let filled = frame.na().fill_in(0, ["delay", "distance"]);
    /// # }
    /// ```
    #[doc(alias = "fillna")]
    pub fn fill_in(&self, value: impl ToLiteral, columns: impl IntoNames) -> DataFrame {
        let columns = columns.into_names();
        let values = widened(&value).map(|value| vec![value; columns.len()]);
        self.0.with(self.0.relation.fill_missing(columns, values))
    }

    /// The rows in which no value is missing.
    #[doc(alias = "dropna")]
    pub fn drop(&self) -> DataFrame {
        self.0.with(self.0.relation.drop_missing(Vec::new(), None))
    }

    /// The rows in which some value is there.
    #[doc(alias = "dropna")]
    pub fn drop_all(&self) -> DataFrame {
        self.0.with(self.0.relation.drop_missing(Vec::new(), Some(1)))
    }

    /// The rows in which at least `least` of these columns, or of all with `()`, have a value.
    #[doc(alias = "dropna")]
    pub fn drop_below(&self, least: u32, columns: impl IntoNames) -> DataFrame {
        self.0.with(self.0.relation.drop_missing(columns.into_names(), Some(least)))
    }

    /// The rows in which none of these columns lacks a value. At least one has to be named.
    #[doc(alias = "dropna")]
    pub fn drop_in(&self, columns: impl IntoNames) -> DataFrame {
        self.0.with(self.0.relation.drop_missing_in(columns.into_names()))
    }

    /// The rows with some values replaced by others, in these columns, or with `()` in all columns of the values' kind:
    /// strings, BOOLEANs or numbers.
    ///
    /// ```no_run
    /// # fn run(frame: spark_connect::DataFrame) {
    /// let everywhere = frame.na().replace([("n/a", "unknown"), ("-", "unknown")], ());
    /// let in_one = frame.na().replace([(-1, 0)], "delay");
    /// # }
    /// ```
    ///
    /// Servers compare and replace numbers as `DOUBLE`, which rounds integers beyond ±2⁵³. So an integer to replace is
    /// refused from ±2⁵³ on, and one in its place beyond that: use [`when`](crate::functions::when) for them. An `f64` to
    /// replace beyond that needs its columns named.
    pub fn replace<V: ToLiteral>(
        &self,
        pairs: impl IntoIterator<Item = (V, V)>,
        columns: impl IntoNames,
    ) -> DataFrame {
        let pairs = pairs.into_iter().map(|(old, new)| Ok((widened(&old)?, widened(&new)?)));
        self.0.with(self.0.relation.replace_values(columns.into_names(), pairs.collect()))
    }
}

/// Servers take no smaller integers and floats here.
fn widened(value: &impl ToLiteral) -> Result<Literal, LiteralError> {
    use crate::types::Value;
    let literal = value.to_literal()?;
    Ok(match *literal.value() {
        Value::Byte(value) => Literal::long(value.into()),
        Value::Short(value) => Literal::long(value.into()),
        Value::Integer(value) => Literal::long(value.into()),
        Value::Float(value) => Literal::double(value.into()),
        _ => literal,
    })
}
