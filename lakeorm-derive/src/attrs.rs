//! `#[lake(…)]`: the words that there are, and how their values are read.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token, Type};

use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::near::unknown;

mod table;
mod words;

pub(crate) use table::{Named, Partition, TableAttrs, TableFieldAttrs, Transform};
pub(crate) use words::{Derive, Place, accepts};

/// A value and the place of its key.
pub(crate) struct Spanning<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// Where the generated code finds lakeorm: what `crate = path` says, or the crate of that name.
pub(crate) fn lakeorm(path: Option<&Path>) -> TokenStream {
    path.map_or_else(|| quote!(::lakeorm), |path| quote!(#path))
}

/// The entries of every `#[lake(…)]`.
pub(crate) fn lake_metas(attrs: &[Attribute], ctxt: &mut Ctxt) -> Vec<Meta> {
    let mut metas = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("lake")) {
        match attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
            Ok(list) => metas.extend(list),
            Err(error) => ctxt.error(
                error.span(),
                format!("{error}; write words and `key = value` with commas between: `#[lake(rename = \"id\", default)]`"),
            ),
        }
    }
    metas
}

pub(crate) fn key(meta: &Meta) -> String {
    let segments = meta.path().segments.iter().map(|segment| segment.ident.to_string());
    segments.collect::<Vec<_>>().join("::")
}

/// Stores a value; the same key again is an error at the second place.
pub(crate) fn set<T>(slot: &mut Option<Spanning<T>>, value: Option<T>, meta: &Meta, ctxt: &mut Ctxt) {
    let span = meta.path().span();
    if slot.is_some() {
        return ctxt.error(span, format!("`{}` is given twice; remove one of them", key(meta)));
    }
    if let Some(value) = value {
        *slot = Some(Spanning { value, span });
    }
}

pub(crate) fn case(name: &LitStr, ctxt: &mut Ctxt) -> Option<Case> {
    let case = Case::parse(&name.value());
    if case.is_none() {
        ctxt.error(name.span(), unknown("case", &name.value(), &Case::names()));
    }
    case
}

pub(crate) fn string(meta: &Meta, ctxt: &mut Ctxt) -> Option<LitStr> {
    let key = key(meta);
    match assigned(meta) {
        Ok(Expr::Lit(ExprLit { lit: Lit::Str(value), .. })) if value.value().is_empty() => {
            ctxt.error(value.span(), format!("`{key}` must not be empty"));
            None
        }
        Ok(Expr::Lit(ExprLit { lit: Lit::Str(value), .. })) => Some(value.clone()),
        other => {
            ctxt.error(span_of(other), format!("`{key}` takes a string: `{key} = \"…\"`"));
            None
        }
    }
}

pub(crate) fn path(meta: &Meta, ctxt: &mut Ctxt) -> Option<Path> {
    match assigned(meta) {
        Ok(Expr::Path(expr)) if expr.qself.is_none() => Some(expr.path.clone()),
        other => {
            let key = key(meta);
            ctxt.error(
                span_of(other),
                format!("`{key}` takes a path without quotes: `{key} = path::to::it`"),
            );
            None
        }
    }
}

/// The expression after the `=`, if there is one.
pub(crate) fn assigned(meta: &Meta) -> Result<&Expr, &Meta> {
    match meta {
        Meta::NameValue(pair) => Ok(ungrouped(&pair.value)),
        other => Err(other),
    }
}

/// The expression itself: one that a macro by example was given as a path, a literal or an expression is in a group.
pub(crate) fn ungrouped(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

pub(crate) fn span_of(found: Result<&Expr, &Meta>) -> Span {
    match found {
        Ok(value) => value.span(),
        Err(meta) => meta.span(),
    }
}

pub(crate) fn flag(meta: &Meta, ctxt: &mut Ctxt) -> Option<()> {
    if matches!(meta, Meta::Path(_)) {
        return Some(());
    }
    ctxt.error(meta.span(), format!("`{}` takes no value", key(meta)));
    None
}

pub(crate) fn ty(meta: &Meta, ctxt: &mut Ctxt) -> Option<Type> {
    let at = match assigned(meta) {
        Ok(Expr::Lit(ExprLit { lit: Lit::Str(name), .. })) => match name.parse() {
            Ok(ty) => return Some(ty),
            Err(_) => name.span(),
        },
        other => span_of(other),
    };
    let key = key(meta);
    ctxt.error(at, format!("`{key}` takes the type to read the column as, in quotes: `{key} = \"i64\"`"));
    None
}
