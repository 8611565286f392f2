//! `#[derive(LakeValue)]`: enums and newtypes as the value of one column. The steps are those of `LakeRow`.

mod ast;
mod attrs;
mod expand;
mod numbers;
mod other;
mod reader;
mod written;

use proc_macro2::TokenStream;

use crate::ctxt::Ctxt;
use crate::{fallback, self_type};
use ast::Shape;
use attrs::Attrs;

/// The whole derive.
pub(crate) fn lake_value(input: TokenStream) -> TokenStream {
    let input = match self_type::parse(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut ctxt = Ctxt::default();
    let attrs = Attrs::parse(&input.attrs, &mut ctxt);
    let shape = Shape::from_input(&input, &attrs, &mut ctxt);
    let krate = attrs.krate.as_ref().map(|path| &path.value);
    match (ctxt.finish(), shape) {
        (Ok(()), Some(shape)) => expand::implementation(&input, krate, &attrs, &shape),
        (Err(messages), _) => fallback::lake_value(&input, krate, &messages),
        // A shape is missing only where an error says why.
        (Ok(()), None) => TokenStream::new(),
    }
}
