//! Collects mistakes, so that all of them are reported at once.

use proc_macro2::{Span, TokenStream};

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: Option<syn::Error>,
    said_by_the_compiler: bool,
}

impl Ctxt {
    pub(crate) fn error(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// Notes a mistake that the compiler reports itself. Nothing is added to what it says, but no code is made of it.
    pub(crate) fn leave_to_the_compiler(&mut self) {
        self.said_by_the_compiler = true;
    }

    /// The messages, if there is any mistake.
    pub(crate) fn finish(self) -> Result<(), TokenStream> {
        match self.errors {
            Some(errors) => Err(errors.to_compile_error()),
            None if self.said_by_the_compiler => Err(TokenStream::new()),
            None => Ok(()),
        }
    }
}
