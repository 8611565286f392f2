//! `#[derive(LakeRow)]`: structs as rows. From syn's tree to ours (`ast`, `attrs`), the rules (`valid`), and the
//! implementation (`bounds`, `columns`, `expand`).

pub(crate) mod ast;
pub(crate) mod attrs;
pub(crate) mod bounds;
pub(crate) mod columns;
mod expand;
pub(crate) mod valid;

use proc_macro2::TokenStream;

use crate::attrs::Derive;
use crate::ctxt::Ctxt;
use crate::ty::is_unsized;
use crate::{fallback, self_type};
use ast::Container;

/// The whole derive.
pub(crate) fn lake_row(input: TokenStream) -> TokenStream {
    let input = match self_type::parse(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut ctxt = Ctxt::default();
    let container = Container::from_input(&input, Derive::Row, &mut ctxt);
    valid::check(&container, Derive::Row, &mut ctxt);
    match ctxt.finish() {
        Ok(()) => expand::implementation(&container),
        // A struct without a size of its own is no value, and what stands in for a row would be.
        Err(messages) if container.fields.last().is_some_and(|last| is_unsized(last.ty)) => messages,
        Err(messages) => {
            let krate = container.attrs.krate.as_ref().map(|path| &path.value);
            fallback::lake_row(&input, krate, &messages)
        }
    }
}
