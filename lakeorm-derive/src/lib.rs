//! The derive macros of lakeorm. Use them through `lakeorm`, which re-exports them beside the traits that they implement and
//! documents them there: examples need that crate, and a macro crate that depends on it for its tests has it compiled a second
//! time.

mod attrs;
mod case;
mod ctxt;
mod fallback;
mod generics;
mod lints;
mod near;
mod row;
mod self_type;
mod table;
mod ty;
mod value;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Derives `lakeorm::LakeRow`, where it is documented.
#[proc_macro_derive(LakeRow, attributes(lake))]
pub fn derive_lake_row(input: TokenStream) -> TokenStream {
    row::lake_row(input.into()).into()
}

/// Derives `lakeorm::LakeTable`, where it is documented.
#[proc_macro_derive(LakeTable, attributes(lake))]
pub fn derive_lake_table(input: TokenStream) -> TokenStream {
    table::lake_table(input.into()).into()
}

/// Derives `lakeorm::LakeValue`, where it is documented.
#[proc_macro_derive(LakeValue, attributes(lake))]
pub fn derive_lake_value(input: TokenStream) -> TokenStream {
    value::lake_value(input.into()).into()
}
