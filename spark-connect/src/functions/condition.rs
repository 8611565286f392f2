//! Conditions, `NULL`s and errors.

functions! {
    assert_true(condition: column) "`NULL`, or an error where the condition is not true.";
    assert_true_with_message(condition: column, message: value) = "assert_true"
        "`NULL`, or an error with that text where the condition is not true.";
    coalesce(columns: columns) "The first of several columns that is not `NULL`.";
    equal_null(first: column, second: column) "Whether two are equal, counting two `NULL`s as equal.";
    ifnull(first: column, second: column) "The first, or the second where the first is `NULL`.";
    isnan(column: column) "Whether it is `NaN`.";
    isnotnull(column: column) "Whether it is not `NULL`.";
    isnull(column: column) "Whether it is `NULL`.";
    nullif(first: column, second: column) "The first, or `NULL` where the two are equal.";
    nullifzero(column: column) "The number, or `NULL` where it is zero.";
    nvl(first: column, second: column) "The first, or the second where the first is `NULL`.";
    nvl2(condition: column, first: column, second: column)
        "The first where the condition is not `NULL`, else the second.";
    raise_error(message: value) "An error with that text, where it is evaluated.";
    #[doc(alias = "typeof")]
    typeof_(column: column) = "typeof" "The name of the type, in DDL.";
    zeroifnull(column: column) "The number, or zero where it is `NULL`.";
}
