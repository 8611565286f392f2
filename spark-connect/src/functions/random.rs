//! Random numbers and texts, each from a seed.

use uuid::Uuid;

use super::IntoNumber;
use crate::plan::{Column, IntoValue};

functions! {
    rand_with_seed(seed: value) = "rand" "A random number from 0 up to 1, different for each row, from a seed.";
    randn_with_seed(seed: value) = "randn"
        "A random number of the normal distribution, different for each row, from a seed.";
    random_with_seed(seed: value) = "random" "A random number from 0 up to 1, different for each row, from a seed.";
    randstr_with_seed(length: number, seed: value) = "randstr" "A text of random letters and digits, from a seed.";
    uniform_with_seed(least: value, greatest: value, seed: value) = "uniform"
        "A random number between two constants, from a seed.";
}

/// A seed that is different each time. A server draws that of a column without one whenever it plans a query, so a
/// frame would be other data at each use: the columns here have one from the start.
pub(crate) fn drawn_seed() -> i64 {
    let (high, _) = Uuid::new_v4().as_u64_pair();
    i64::try_from(high >> 1).unwrap_or_default()
}

/// A random number from 0 up to 1, different for each row.
#[track_caller]
pub fn rand() -> Column {
    rand_with_seed(drawn_seed())
}

/// A random number of the normal distribution, different for each row.
#[track_caller]
pub fn randn() -> Column {
    randn_with_seed(drawn_seed())
}

/// A random number from 0 up to 1, different for each row.
#[track_caller]
pub fn random() -> Column {
    random_with_seed(drawn_seed())
}

/// A text of random letters and digits.
#[track_caller]
pub fn randstr(length: impl IntoNumber) -> Column {
    randstr_with_seed(length, drawn_seed())
}

/// A random number between two constants.
#[track_caller]
pub fn uniform(least: impl IntoValue, greatest: impl IntoValue) -> Column {
    uniform_with_seed(least, greatest, drawn_seed())
}
