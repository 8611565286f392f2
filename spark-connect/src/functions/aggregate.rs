//! One value for many rows.

use crate::plan::{Column, IntoColumn};

functions! {
    any_value(column: column) "Some value of the group.";
    approx_count_distinct(column: column) "About how many different values there are.";
    approx_count_distinct_with_rsd(column: column, rsd: value) = "approx_count_distinct"
        "About how many different values there are, with at most this relative standard deviation, such as 0.01.";
    approx_percentile(column: column, percentage: value, accuracy: value)
        "About the value below which that fraction of the values lies; an array of fractions gives an array.";
    approx_top_k(column: column, count: value, tracked: value)
        "About the most frequent values and how often they occur, out of at most `tracked` that are counted.";
    array_agg(column: column) "All values as an array, in no order.";
    avg(column: column) "The mean.";
    bit_and(column: column) "The bits that all values have.";
    bit_or(column: column) "The bits that some value has.";
    bit_xor(column: column) "The bits that an odd number of values have.";
    bool_and(column: column) "Whether all values are true.";
    bool_or(column: column) "Whether some value is true.";
    collect_list(column: column) "All values as an array, in no order, `NULL`s left out.";
    collect_set(column: column) "All different values as an array, in no order, `NULL`s left out.";
    corr(first: column, second: column) "The correlation of two columns.";
    collect_union(array: column) "All different elements of the arrays as an array, in no order.";
    #[doc(alias = "countDistinct")]
    count_distinct(columns: columns) = distinct "count"
        "How many different values, or combinations of values, there are.";
    count_if(column: column) "How many values are true.";
    count_min_sketch(column: column, error: value, confidence: value, seed: value)
        "A sketch of how often each value occurs.";
    covar_pop(first: column, second: column) "The population covariance of two columns.";
    covar_samp(first: column, second: column) "The sample covariance of two columns.";
    every(column: column) "Whether all values are true.";
    first(column: column) "The first value that comes, which may be any without an order.";
    first_value(column: column) "The first value that comes, which may be any without an order.";
    grouping(column: column) "1 where the column was left out of the grouping, 0 where it was not.";
    grouping_id(columns: columns) "The bits of `grouping` of several columns, or of all.";
    histogram_numeric(column: column, bins: value) "A histogram, as an array of points and heights.";
    kurtosis(column: column) "How heavy the tails of the distribution are.";
    last(column: column) "The last value that comes, which may be any without an order.";
    last_value(column: column) "The last value that comes, which may be any without an order.";
    listagg(column: column, delimiter: value) "All values as one text, with a delimiter between them.";
    listagg_distinct(column: column, delimiter: value) = distinct "listagg"
        "All different values as one text, with a delimiter between them.";
    max(column: column) "The greatest value.";
    max_by(column: column, order: column) "The value of the row in which the other column is greatest.";
    mean(column: column) = "avg" "The mean.";
    median(column: column) "The value in the middle.";
    min(column: column) "The least value.";
    min_by(column: column, order: column) "The value of the row in which the other column is least.";
    mode(column: column) "The most frequent value.";
    percentile(column: column, percentage: value)
        "The value below which that fraction of the values lies, interpolated.";
    percentile_with_frequency(column: column, percentage: value, frequency: number) = "percentile"
        "The value below which that fraction of the values lies, where each value counts `frequency` times. Sail \
         (0.7.2) passes over the frequency.";
    percentile_approx(column: column, percentage: value, accuracy: value)
        "About the value below which that fraction of the values lies; an array of fractions gives an array.";
    product(column: column) "The product of all values.";
    regr_avgx(y: column, x: column) "The mean of x where neither is `NULL`.";
    regr_avgy(y: column, x: column) "The mean of y where neither is `NULL`.";
    regr_count(y: column, x: column) "How many pairs have no `NULL`.";
    regr_intercept(y: column, x: column) "Where the line of the linear regression meets the y axis.";
    regr_r2(y: column, x: column) "How well the line of the linear regression fits.";
    regr_slope(y: column, x: column) "The slope of the line of the linear regression.";
    regr_sxx(y: column, x: column) "The sum of the squares of x less its mean.";
    regr_sxy(y: column, x: column) "The sum of the products of x and y less their means.";
    regr_syy(y: column, x: column) "The sum of the squares of y less its mean.";
    skewness(column: column) "How far the distribution leans to one side.";
    some(column: column) "Whether some value is true.";
    std(column: column) "The sample standard deviation.";
    stddev(column: column) "The sample standard deviation.";
    stddev_pop(column: column) "The population standard deviation.";
    stddev_samp(column: column) "The sample standard deviation.";
    string_agg(column: column, delimiter: value) "All values as one text, with a delimiter between them.";
    string_agg_distinct(column: column, delimiter: value) = distinct "string_agg"
        "All different values as one text, with a delimiter between them.";
    sum(column: column) "The sum.";
    #[doc(alias = "sumDistinct")]
    sum_distinct(column: column) = distinct "sum" "The sum of the different values.";
    try_avg(column: column) "The mean, `NULL` where the sum is too large.";
    try_sum(column: column) "The sum, `NULL` where it is too large.";
    var_pop(column: column) "The population variance.";
    var_samp(column: column) "The sample variance.";
    variance(column: column) "The sample variance.";
    vector_avg(column: column) "The mean of vectors, element by element.";
    vector_sum(column: column) "The sum of vectors, element by element.";
}

/// Some value of the group that is not `NULL`; `NULL` if there is none.
#[track_caller]
pub fn any_value_ignore_nulls(column: impl IntoColumn) -> Column {
    ignoring_nulls("any_value", column)
}

/// The first value that comes and is not `NULL`, which may be any without an order; `NULL` if there is none.
#[track_caller]
pub fn first_ignore_nulls(column: impl IntoColumn) -> Column {
    ignoring_nulls("first", column)
}

/// The last value that comes and is not `NULL`, which may be any without an order; `NULL` if there is none.
#[track_caller]
pub fn last_ignore_nulls(column: impl IntoColumn) -> Column {
    ignoring_nulls("last", column)
}

/// The first value that comes and is not `NULL`, which may be any without an order; `NULL` if there is none.
#[track_caller]
pub fn first_value_ignore_nulls(column: impl IntoColumn) -> Column {
    ignoring_nulls("first_value", column)
}

/// The last value that comes and is not `NULL`, which may be any without an order; `NULL` if there is none.
#[track_caller]
pub fn last_value_ignore_nulls(column: impl IntoColumn) -> Column {
    ignoring_nulls("last_value", column)
}

/// The most frequent value, and of several that are equally frequent the least. Spark from 4.0 on.
#[track_caller]
pub fn mode_deterministic(column: impl IntoColumn) -> Column {
    crate::plan::function("mode", vec![column.into_column(), super::lit(true)])
}

#[track_caller]
fn ignoring_nulls(name: &'static str, column: impl IntoColumn) -> Column {
    crate::plan::function(name, vec![column.into_column(), super::lit(true)])
}

/// How many rows have a value in the column; `count("*")` is how many rows there are.
#[track_caller]
pub fn count(column: impl IntoColumn) -> Column {
    let column = column.into_column();
    let counted = if column.is_star() { super::lit(1) } else { column };
    crate::plan::function("count", vec![counted])
}
