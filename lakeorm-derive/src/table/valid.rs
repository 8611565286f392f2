//! The rules of a row that is written, beyond those of a row.

use crate::ctxt::Ctxt;
use crate::row::ast::{Container, Field};

/// Reports every broken rule.
pub(super) fn check(container: &Container<'_>, ctxt: &mut Ctxt) {
    for field in &container.fields {
        decimal_has_a_column(field, ctxt);
    }
}

fn decimal_has_a_column(field: &Field<'_>, ctxt: &mut Ctxt) {
    let Some(decimal) = &field.attrs.decimal else { return };
    let attrs = &field.attrs;
    let others = [
        ("skip", attrs.skip.is_some()),
        ("flatten", attrs.flatten.is_some()),
        ("json", attrs.json.is_some()),
    ];
    if let Some((other, _)) = others.into_iter().find(|(_, given)| *given) {
        ctxt.error(
            decimal.span,
            format!("`decimal` is about one column of numbers, and `{other}` has none; remove one of them"),
        );
    }
}
