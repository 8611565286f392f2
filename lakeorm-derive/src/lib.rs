//! The derive macros of lakeorm. Use them through `lakeorm`, which re-exports them beside the traits they
//! implement.

mod ast;
mod attr;
mod case;
mod ctxt;
mod expand;
mod fallback;
mod generics;
mod near;
mod valid;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Decodes the rows of a result into a struct with named fields.
///
/// ```
/// use lakeorm::LakeRow;
///
/// #[derive(Debug, LakeRow)]
/// #[lake(rename_all = "camelCase")]
/// struct User {
///     id: i64,                            // column "id"
///     sign_up_day: Option<i32>,           // column "signUpDay"; NULL becomes None
///     #[lake(rename = "e-mail")]
///     email: String,                      // column "e-mail"
///     #[lake(default)]
///     score: f64,                         // 0.0 where the result has no column "score"
///     #[lake(skip)]
///     cached: Vec<String>,                // never read; empty
/// }
/// ```
///
/// A field's column has the field's name (`r#type` reads the column "type"). Names match exactly, else without
/// regard to case if only one column matches then. Columns that no field asks for are ignored. Every field's type
/// implements `lakeorm::FromColumn`; a column with NULLs needs an `Option`.
///
/// A struct may borrow from the batch: `struct UserRef<'a> { email: &'a str }` is read with `RowBatch::rows`. Type
/// parameters work too, and get the bound `FromColumn` where the fields need it.
///
/// # On the struct
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `rename_all = "camelCase"` | Renames every field without a `rename`. One of `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`. |
/// | `crate = path::to::lakeorm` | Where the generated code finds lakeorm, for crates that rename or re-export it. |
///
/// # On a field
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `rename = "name"` | The column's name. |
/// | `alias = "name"` | Another name, tried where the result lacks the first. May be repeated. |
/// | `default` | The result may lack the column; the field is then `Default::default()`. |
/// | `default = path::to::function` | The same, with what the function gives. |
/// | `skip` | No column at all; the field is `Default::default()`, or what `default = path` gives. |
///
/// `default` is about a missing column. A NULL in a column that is there stays an error under a field that is not
/// an `Option`: nothing turns into zero unseen.
#[proc_macro_derive(LakeRow, attributes(lake))]
pub fn derive_lake_row(input: TokenStream) -> TokenStream {
    expand::lake_row(input.into()).into()
}
