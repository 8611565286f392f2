//! Conditions, `NULL`s and errors.

use lakeorm::spark::functions::*;

use super::{Call, Expected, calls};

pub(super) fn calls() -> Vec<Call> {
    let none = || lit(None::<i32>);
    calls! {
        assert_true(lit(true)) => None;
        assert_true_with_message(lit(false), "as it was told") => Expected::Failure("[USER_RAISED_EXCEPTION] … SQLSTATE");
        coalesce([none(), col("id")]) => "1";
        equal_null(none(), none()) => "true";
        ifnull(none(), "id") => "1";
        isnan(lit(f64::NAN)) => "true";
        isnotnull("id") => "true";
        isnull(none()) => "true";
        nullif("id", lit(1)) => None;
        nullifzero(lit(0)) => None;
        nvl(none(), "id") => "1";
        nvl2(none(), lit("there"), lit("nothing")) => "nothing";
        raise_error("as it was told") => Expected::Failure("[USER_RAISED_EXCEPTION] … SQLSTATE");
        typeof_("xs") => "array<int>";
        when(col("id").eq(1), "one") => "one";
        zeroifnull(none()) => "0";
    }
}
