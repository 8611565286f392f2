//! Statistics of columns.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};

use super::DataFrame;
use crate::error::{Error, Result};
use crate::plan::{IntoColumn, IntoNames, Statistics};
use crate::types::{Literal, LiteralError, ToLiteral};

/// Statistics of a frame's columns: [`DataFrame::stat`].
#[doc(alias = "DataFrameStatFunctions")]
#[derive(Debug, Clone)]
#[must_use = "it computes with one of its methods"]
pub struct FrameStatistics(DataFrame);

impl DataFrame {
    /// Statistics of the columns.
    pub fn stat(&self) -> FrameStatistics {
        FrameStatistics(self.clone())
    }

    /// A frame of count, mean, standard deviation, least and greatest value of these columns, or of all with
    /// `describe(())`, as texts.
    pub fn describe(&self, columns: impl IntoNames) -> Self {
        self.with(self.relation.statistics(Statistics::Describe { columns: columns.into_names() }))
    }

    /// A frame of these statistics of all columns, as texts: `count`, `mean`, `stddev`, `min`, `max`, `50%`, …, or of the
    /// usual ones with `summary(())`.
    pub fn summary(&self, statistics: impl IntoNames) -> Self {
        self.with(self.relation.statistics(Statistics::Summary { statistics: statistics.into_names() }))
    }
}

impl FrameStatistics {
    fn frame(&self, statistics: Statistics) -> DataFrame {
        self.0.with(self.0.relation.statistics(statistics))
    }

    /// A frame of how often each pair of values of two columns occurs.
    pub fn crosstab(&self, first: impl Into<String>, second: impl Into<String>) -> DataFrame {
        self.frame(Statistics::Crosstab { first: first.into(), second: second.into() })
    }

    /// A frame of one row: for each column, the values that occur in at least this fraction of the rows, and maybe some
    /// others.
    ///
    /// Not on Sail.
    #[doc(alias = "freqItems")]
    pub fn freq_items(&self, columns: impl IntoNames, support: Option<f64>) -> DataFrame {
        self.frame(Statistics::FreqItems { columns: columns.into_names(), support })
    }

    /// For each of these values of a column, about that fraction of its rows, chosen at random; no rows of other
    /// values. Servers find strings, `BOOLEAN`s, integers and floats alone: cast a column of another type, such as
    /// `DECIMAL` or `DATE`, with `cast("string")`, and give its values as strings.
    #[doc(alias = "sampleBy")]
    pub fn sample_by<V: ToLiteral>(
        &self,
        column: impl IntoColumn,
        fractions: impl IntoIterator<Item = (V, f64)>,
        seed: i64,
    ) -> DataFrame {
        let fractions: Result<Vec<(Literal, f64)>, LiteralError> =
            fractions.into_iter().map(|(value, fraction)| Ok((value.to_literal()?, fraction))).collect();
        self.0.with(self.0.relation.sample_by(column.into_column(), fractions, seed))
    }

    /// The sample covariance of two columns. Spark counts a NULL as 0, and returns 0 for fewer than two rows. Sail
    /// leaves out rows with a NULL, and the result is NaN if fewer than two remain.
    ///
    /// # Errors
    ///
    /// As [`DataFrame::collect`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrame::collect`].
    pub async fn cov(&self, first: impl Into<String>, second: impl Into<String>) -> Result<f64> {
        let statistics = Statistics::Cov { first: first.into(), second: second.into() };
        number(&self.frame(statistics).collect().await?)
    }

    /// The correlation of two columns; NaN where it is undefined, as for fewer than two rows. Spark counts a NULL as 0;
    /// Sail leaves out rows with a NULL.
    ///
    /// # Errors
    ///
    /// As [`DataFrame::collect`].
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrame::collect`].
    pub async fn corr(&self, first: impl Into<String>, second: impl Into<String>) -> Result<f64> {
        let statistics = Statistics::Corr { first: first.into(), second: second.into() };
        number(&self.frame(statistics).collect().await?)
    }

    /// The approximate values below which these fractions of each column lie, off by at most the relative error; none for
    /// a column without a value.
    ///
    /// # Errors
    ///
    /// As [`DataFrame::collect`]. Sail does not have it.
    ///
    /// # Cancel safety
    ///
    /// As [`DataFrame::collect`].
    #[doc(alias = "approxQuantile")]
    pub async fn approx_quantile(
        &self,
        columns: impl IntoNames,
        probabilities: &[f64],
        relative_error: f64,
    ) -> Result<Vec<Vec<f64>>> {
        let (columns, probabilities) = (columns.into_names(), probabilities.to_vec());
        let shape = (columns.len(), probabilities.len());
        let statistics = Statistics::ApproxQuantile { columns, probabilities, relative_error };
        quantiles(&self.frame(statistics).collect().await?, shape).ok_or_else(unexpected)
    }
}

/// The one number of an answer. Sail answers NULL where there is none.
fn number(batches: &[RecordBatch]) -> Result<f64> {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0);
    let column = batch.and_then(|batch| batch.columns().first());
    let values = column.and_then(|column| column.as_primitive_opt::<Float64Type>());
    let value = values.and_then(|values| values.iter().next()).ok_or_else(unexpected)?;
    Ok(value.unwrap_or(f64::NAN))
}

/// One row with one array of arrays: for each column as many quantiles as were asked for, or none.
fn quantiles(batches: &[RecordBatch], (columns, probabilities): (usize, usize)) -> Option<Vec<Vec<f64>>> {
    let batch = batches.iter().find(|batch| batch.num_rows() > 0)?;
    let lists = batch.columns().first()?.as_list_opt::<i32>()?.iter().next().flatten()?;
    let of_column = |values: Option<Arc<dyn Array>>| {
        let values: Vec<f64> = values?.as_primitive_opt::<Float64Type>()?.iter().collect::<Option<_>>()?;
        (values.is_empty() || values.len() == probabilities).then_some(values)
    };
    let quantiles: Vec<_> = lists.as_list_opt::<i32>()?.iter().map(of_column).collect::<Option<_>>()?;
    (quantiles.len() == columns).then_some(quantiles)
}

fn unexpected() -> Error {
    Error::protocol("unexpected answer to a request for a statistic")
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{Float64Builder, ListBuilder};
    use arrow_array::{ArrayRef, Float64Array, Int64Array};

    use super::*;

    fn answer(column: ArrayRef) -> Result<f64> {
        number(&[RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap()])
    }

    #[test]
    fn a_statistic_that_is_null_is_nan() {
        assert_eq!(
            answer(Arc::new(Float64Array::from(vec![Some(0.5)]))).unwrap().to_bits(),
            0.5_f64.to_bits()
        );
        assert!(answer(Arc::new(Float64Array::from(vec![None::<f64>]))).unwrap().is_nan());
        answer(Arc::new(Float64Array::from(Vec::<f64>::new()))).unwrap_err();
        answer(Arc::new(Int64Array::from(vec![1]))).unwrap_err();
    }
    #[test]
    fn quantiles_are_those_that_were_asked_for_or_an_error() {
        let read = |columns: &[&[Option<f64>]], shape| {
            let mut lists = ListBuilder::new(ListBuilder::new(Float64Builder::new()));
            for quantiles in columns {
                quantiles.iter().for_each(|quantile| lists.values().values().append_option(*quantile));
                lists.values().append(true);
            }
            lists.append(true);
            let column = Arc::new(lists.finish()) as ArrayRef;
            quantiles(&[RecordBatch::try_from_iter([("x", column)]).unwrap()], shape)
        };
        let two: &[_] = &[Some(1.0), Some(2.0)];
        assert_eq!(read(&[two, &[]], (2, 2)), Some(vec![vec![1.0, 2.0], vec![]]));
        assert_eq!(read(&[&[None, Some(2.0)]], (1, 2)), None);
        assert_eq!(read(&[two], (1, 3)), None);
        assert_eq!(read(&[two], (2, 2)), None);
    }
}
