//! Step 2: `#[lake(…)]`. It only reads; which attributes go together is `valid`'s question.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, ExprPath, Lit, LitStr, Meta, Path, Token, Type};

use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::near::unknown;

/// A value and the place of its key.
pub(crate) struct Spanning<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// `#[lake(…)]` on the struct.
#[derive(Default)]
pub(crate) struct ContainerAttrs {
    pub(crate) rename_all: Option<Spanning<Case>>,
    pub(crate) deny_unknown_columns: Option<Spanning<()>>,
    pub(crate) krate: Option<Spanning<Path>>,
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
}

/// `flatten`, `flatten(prefix = "…")`
#[derive(Default)]
pub(crate) struct Flatten {
    pub(crate) prefix: Option<LitStr>,
}

/// What a missing column's field becomes.
pub(crate) enum DefaultValue {
    /// `default`
    Trait,
    /// `default = path`
    Function(ExprPath),
}

impl ContainerAttrs {
    const KEYS: [&'static str; 3] = ["rename_all", "deny_unknown_columns", "crate"];

    pub(crate) fn parse(attrs: &[Attribute], ctxt: &mut Ctxt) -> Self {
        let mut found = Self::default();
        for meta in lake_metas(attrs, ctxt) {
            let span = meta.path().span();
            match key(&meta).as_str() {
                "rename_all" => {
                    let case = string(&meta, ctxt).and_then(|name| case(&name, ctxt));
                    set(&mut found.rename_all, case, "rename_all", span, ctxt);
                }
                "deny_unknown_columns" => {
                    let denied = flag(&meta, ctxt);
                    set(&mut found.deny_unknown_columns, denied, "deny_unknown_columns", span, ctxt);
                }
                "crate" => set(&mut found.krate, path(&meta, ctxt), "crate", span, ctxt),
                other if FieldAttrs::KEYS.contains(&other) => {
                    ctxt.error(span, format!("`{other}` belongs on a field, not on the struct"));
                }
                "deny_unknown_fields" => {
                    ctxt.error(
                        span,
                        "a result has columns: `deny_unknown_fields` is `deny_unknown_columns` here",
                    );
                }
                other => ctxt.error(span, unknown("attribute of a struct", other, &Self::KEYS)),
            }
        }
        found
    }
}

impl FieldAttrs {
    const KEYS: [&'static str; 8] =
        ["rename", "alias", "default", "skip", "flatten", "json", "try_from", "with"];

    pub(crate) fn parse(attrs: &[Attribute], ctxt: &mut Ctxt) -> Self {
        let mut found = Self::default();
        for meta in lake_metas(attrs, ctxt) {
            let span = meta.path().span();
            match key(&meta).as_str() {
                "rename" => set(&mut found.rename, string(&meta, ctxt), "rename", span, ctxt),
                "alias" => {
                    found.aliases.extend(string(&meta, ctxt).map(|value| Spanning { value, span }));
                }
                "default" => set(&mut found.default, default_value(&meta, ctxt), "default", span, ctxt),
                "skip" => set(&mut found.skip, flag(&meta, ctxt), "skip", span, ctxt),
                "flatten" => set(&mut found.flatten, flatten(&meta, ctxt), "flatten", span, ctxt),
                "json" => set(&mut found.json, flag(&meta, ctxt), "json", span, ctxt),
                "try_from" => set(&mut found.try_from, ty(&meta, ctxt), "try_from", span, ctxt),
                "with" => set(&mut found.with, path(&meta, ctxt), "with", span, ctxt),
                other if ContainerAttrs::KEYS.contains(&other) => {
                    ctxt.error(span, format!("`{other}` belongs on the struct, not on a field"));
                }
                other => match elsewhere(other) {
                    Some(here) => ctxt.error(span, format!("`{other}` is written `{here}` here")),
                    None => ctxt.error(span, unknown("attribute of a field", other, &Self::KEYS)),
                },
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

    /// Whether the field has a column of its own.
    pub(crate) fn reads_one_column(&self) -> bool {
        self.skip.is_none() && self.flatten.is_none()
    }
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
pub(crate) fn set<T>(
    slot: &mut Option<Spanning<T>>,
    value: Option<T>,
    key: &str,
    span: Span,
    ctxt: &mut Ctxt,
) {
    if slot.is_some() {
        return ctxt.error(span, format!("`{key}` is given twice; remove one of them"));
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

/// What an attribute of other derives is called here.
fn elsewhere(key: &str) -> Option<&'static str> {
    match key {
        "prefix" => Some("flatten(prefix = \"…\")"),
        "deserialize_with" => Some("with = path::to::module"),
        "skip_deserializing" => Some("skip"),
        "from" => Some("try_from = \"…\""),
        _ => None,
    }
}

/// What stands behind the `=`, if anything does.
fn assigned(meta: &Meta) -> Result<&Expr, &Meta> {
    let Meta::NameValue(pair) = meta else { return Err(meta) };
    let mut value = &pair.value;
    // What a macro by example was given as a path or an expression.
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    Ok(value)
}

fn span_of(found: Result<&Expr, &Meta>) -> Span {
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

fn ty(meta: &Meta, ctxt: &mut Ctxt) -> Option<Type> {
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
