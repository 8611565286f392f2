//! The rules of a row, by the crate that the feature names.

use crate::table::Violation;

/// The rules that a row breaks, without the values.
#[cfg(feature = "garde")]
pub fn violations<T: Validate>(row: &T) -> Vec<Violation> {
    row.violations()
}

/// A row with rules. In the place of `garde::Validate`, whose own error would not say how a struct comes by them.
#[cfg(feature = "garde")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rules that `#[lake(validate)]` could check",
    label = "`garde::Validate` of garde 0.23 is not implemented for it, or needs a context that has no `Default`",
    note = "the trait of another version of garde is another one: in Cargo.toml write `garde = {{ version = \"0.23\", features = [\"derive\"] }}`",
    note = "add `#[derive(garde::Validate)]` and to each field its rule, as `#[garde(range(min = 1))]`, or `#[garde(skip)]`; or remove `validate`"
)]
pub trait Validate {
    #[doc(hidden)]
    fn violations(&self) -> Vec<Violation>;
}

#[cfg(feature = "garde")]
#[diagnostic::do_not_recommend]
impl<T: garde::Validate<Context: Default>> Validate for T {
    fn violations(&self) -> Vec<Violation> {
        let Err(report) = self.validate() else { return Vec::new() };
        report.iter().map(|(field, error)| Violation::new(field.to_string(), error.message())).collect()
    }
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
