//! The rules of a row, by the crate that the feature names.

use crate::table::Violation;

/// What is wrong with a row by its rules, without the values.
#[cfg(feature = "garde")]
pub fn violations<T: garde::Validate<Context: Default>>(row: &T) -> Vec<Violation> {
    let Err(report) = row.validate() else { return Vec::new() };
    report.iter().map(|(field, error)| Violation::new(field.to_string(), error.message())).collect()
}

/// In the place of rules where the feature is off.
#[cfg(not(feature = "garde"))]
#[diagnostic::on_unimplemented(
    message = "`#[lake(validate)]` needs the feature `garde` of lakeorm",
    label = "the feature is off",
    note = "turn it on in Cargo.toml: `lakeorm = {{ features = [\"garde\"] }}`"
)]
pub trait Validate {}

#[cfg(not(feature = "garde"))]
pub fn violations<T: Validate>(_: &T) -> Vec<Violation> {
    Vec::new()
}
