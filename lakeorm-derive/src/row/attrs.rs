//! Step 2: `#[lake(…)]` of a row. It only reads; which attributes go together is `valid`'s question.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, LitStr, Meta, Path, Type};

use crate::attrs::{
    Derive, Place, Spanning, TableAttrs, TableFieldAttrs, accepts, assigned, case, flag, key, lake_metas,
    path, set, span_of, string, ty,
};
use crate::case::Case;
use crate::ctxt::Ctxt;

/// `#[lake(…)]` on the struct.
#[derive(Default)]
pub(crate) struct ContainerAttrs {
    pub(crate) rename_all: Option<Spanning<Case>>,
    pub(crate) deny_unknown_columns: Option<Spanning<()>>,
    pub(crate) krate: Option<Spanning<Path>>,
    pub(crate) table: TableAttrs,
}

/// `#[lake(…)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) rename: Option<Spanning<LitStr>>,
    pub(crate) aliases: Vec<Spanning<LitStr>>,
    pub(crate) default: Option<Spanning<DefaultValue>>,
    pub(crate) skip: Option<Spanning<()>>,
    pub(crate) flatten: Option<Spanning<Flatten>>,
    pub(crate) json: Option<Spanning<()>>,
    pub(crate) try_from: Option<Spanning<Type>>,
    pub(crate) with: Option<Spanning<Path>>,
    pub(crate) decimal: Option<Spanning<Digits>>,
    pub(crate) table: TableFieldAttrs,
}

/// `decimal(precision, scale)`
#[derive(Clone, Copy)]
pub(crate) struct Digits {
    pub(crate) precision: u8,
    pub(crate) scale: u8,
}

/// `flatten`, `flatten(prefix = "…")`
#[derive(Default)]
pub(crate) struct Flatten {
    pub(crate) prefix: Option<LitStr>,
}

/// The value of a field whose column is missing.
pub(crate) enum DefaultValue {
    /// `default`
    Trait,
    /// `default = path`
    Function(ExprPath),
}

impl ContainerAttrs {
    pub(crate) fn parse(attrs: &[Attribute], derive: Derive, ctxt: &mut Ctxt) -> Self {
        let mut found = Self::default();
        for meta in lake_metas(attrs, ctxt) {
            let word = key(&meta);
            if derive == Derive::Row && word == "deny_unknown_fields" {
                let message = "a result has columns: `deny_unknown_fields` is `deny_unknown_columns` here";
                ctxt.error(meta.path().span(), message);
                continue;
            }
            if !accepts(derive, Place::Type, &meta, ctxt) {
                continue;
            }
            match word.as_str() {
                "rename_all" => {
                    let case = string(&meta, ctxt).and_then(|name| case(&name, ctxt));
                    set(&mut found.rename_all, case, &meta, ctxt);
                }
                "deny_unknown_columns" => {
                    set(&mut found.deny_unknown_columns, flag(&meta, ctxt), &meta, ctxt);
                }
                "crate" => set(&mut found.krate, path(&meta, ctxt), &meta, ctxt),
                _ => found.table.read(&meta, ctxt),
            }
        }
        found
    }
}

impl FieldAttrs {
    pub(crate) fn parse(attrs: &[Attribute], derive: Derive, ctxt: &mut Ctxt) -> Self {
        let mut found = Self::default();
        for meta in lake_metas(attrs, ctxt) {
            let (word, span) = (key(&meta), meta.path().span());
            if let Some(here) = elsewhere(&word) {
                ctxt.error(span, format!("`{word}` is written `{here}` here"));
                continue;
            }
            if !accepts(derive, Place::Field, &meta, ctxt) {
                continue;
            }
            match word.as_str() {
                "rename" => set(&mut found.rename, string(&meta, ctxt), &meta, ctxt),
                "alias" => {
                    found.aliases.extend(string(&meta, ctxt).map(|value| Spanning { value, span }));
                }
                "default" => set(&mut found.default, default_value(&meta, ctxt), &meta, ctxt),
                "skip" => set(&mut found.skip, flag(&meta, ctxt), &meta, ctxt),
                "flatten" => set(&mut found.flatten, flatten(&meta, ctxt), &meta, ctxt),
                "json" => set(&mut found.json, flag(&meta, ctxt), &meta, ctxt),
                "try_from" => set(&mut found.try_from, ty(&meta, ctxt), &meta, ctxt),
                "with" => set(&mut found.with, path(&meta, ctxt), &meta, ctxt),
                "decimal" => set(&mut found.decimal, decimal(&meta, ctxt), &meta, ctxt),
                _ => found.table.read(&meta, ctxt),
            }
        }
        found
    }
}

impl FieldAttrs {
    /// The attributes that name columns.
    pub(crate) fn naming(&self) -> Vec<(&'static str, Span)> {
        let rename = self.rename.iter().map(|rename| ("rename", rename.span));
        rename.chain(self.aliases.iter().map(|alias| ("alias", alias.span))).collect()
    }

    /// The attributes that say how the column's value becomes the field's.
    pub(crate) fn conversions(&self) -> Vec<(&'static str, Span)> {
        let json = self.json.iter().map(|json| ("json", json.span));
        let try_from = self.try_from.iter().map(|ty| ("try_from", ty.span));
        json.chain(try_from).chain(self.with.iter().map(|with| ("with", with.span))).collect()
    }

    /// The digits of the field's DECIMAL.
    pub(crate) fn digits(&self) -> Option<Digits> {
        self.decimal.as_ref().map(|decimal| decimal.value)
    }

    /// Whether the field has a column of its own.
    pub(crate) fn reads_one_column(&self) -> bool {
        self.skip.is_none() && self.flatten.is_none()
    }
}

/// The name here of another derive's attribute.
fn elsewhere(key: &str) -> Option<&'static str> {
    match key {
        "prefix" => Some("flatten(prefix = \"…\")"),
        "deserialize_with" => Some("with = path::to::module"),
        "skip_deserializing" => Some("skip"),
        "from" => Some("try_from = \"…\""),
        _ => None,
    }
}

fn default_value(meta: &Meta, ctxt: &mut Ctxt) -> Option<DefaultValue> {
    match assigned(meta) {
        Err(Meta::Path(_)) => Some(DefaultValue::Trait),
        Ok(Expr::Path(expr)) => Some(DefaultValue::Function(expr.clone())),
        other => {
            ctxt.error(
                span_of(other),
                "`default` takes the path of a function that gives the value, without quotes and without a call: \
                 `default = path::to::it`",
            );
            None
        }
    }
}

fn flatten(meta: &Meta, ctxt: &mut Ctxt) -> Option<Flatten> {
    const FORMS: &str = "`flatten` is written `flatten` or `flatten(prefix = \"…\")`";
    match meta {
        Meta::Path(_) => Some(Flatten::default()),
        Meta::List(list) => match list.parse_args::<Meta>() {
            Ok(inner) if inner.path().is_ident("prefix") => {
                Some(Flatten { prefix: Some(string(&inner, ctxt)?) })
            }
            Ok(inner) => {
                ctxt.error(inner.span(), FORMS);
                None
            }
            Err(error) => {
                ctxt.error(error.span(), FORMS);
                None
            }
        },
        Meta::NameValue(_) => {
            ctxt.error(meta.span(), FORMS);
            None
        }
    }
}

fn decimal(meta: &Meta, ctxt: &mut Ctxt) -> Option<Digits> {
    let numbers = meta.require_list().and_then(|list| {
        list.parse_args_with(syn::punctuated::Punctuated::<syn::LitInt, syn::Token![,]>::parse_terminated)
    });
    let digits = numbers.ok().and_then(|numbers| {
        let mut numbers = numbers.iter().map(syn::LitInt::base10_parse::<u8>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(precision)), Some(Ok(scale)), None) => Some(Digits { precision, scale }),
            _ => None,
        }
    });
    match digits {
        Some(Digits { precision: 1..=38, scale }) if digits.is_some_and(|all| scale <= all.precision) => {
            digits
        }
        _ => {
            ctxt.error(
                meta.span(),
                "`decimal` takes all digits, 1 to 38, and those after the point, at most as many: `decimal(18, 2)`",
            );
            None
        }
    }
}
