//! `#[derive(LakeTable)]`: structs as rows that are written. It reads the struct as `LakeRow` does, and has rules
//! (`valid`) and an implementation (`columns`, `expand`, `definition`) of its own.

mod columns;
mod definition;
mod expand;
mod layout;
mod valid;

use proc_macro2::TokenStream;

use crate::attrs::Derive;
use crate::ctxt::Ctxt;
use crate::row::ast::Container;
use crate::row::valid as row_valid;
use crate::{fallback, self_type};

/// The whole derive.
pub(crate) fn lake_table(input: TokenStream) -> TokenStream {
    let input = match self_type::parse(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut ctxt = Ctxt::default();
    let container = Container::from_input(&input, Derive::Table, &mut ctxt);
    row_valid::check(&container, Derive::Table, &mut ctxt);
    valid::check(&container, &mut ctxt);
    match ctxt.finish() {
        Ok(()) => expand::implementation(&container),
        Err(messages) => {
            let krate = container.attrs.krate.as_ref().map(|path| &path.value);
            fallback::lake_table(&input, krate, &messages)
        }
    }
}
