//! `#[lake(…)]` of a value: on the type, and on a variant.

use proc_macro2::Span;
use syn::{Attribute, Ident, LitStr, Path};

use crate::attrs::{Derive, Place, Spanning, accepts, case, flag, key, lake_metas, path, set, string};
use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::ty::unraw;

/// `#[lake(…)]` on the type.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(super) rename_all: Option<Spanning<Case>>,
    pub(super) integer: Option<Spanning<()>>,
    pub(crate) krate: Option<Spanning<Path>>,
}

impl Attrs {
    pub(crate) fn parse(attrs: &[Attribute], ctxt: &mut Ctxt) -> Self {
        let mut found = Self::default();
        for meta in lake_metas(attrs, ctxt) {
            if !accepts(Derive::Value, Place::Type, &meta, ctxt) {
                continue;
            }
            match key(&meta).as_str() {
                "rename_all" => {
                    let case = string(&meta, ctxt).and_then(|name| case(&name, ctxt));
                    set(&mut found.rename_all, case, &meta, ctxt);
                }
                "integer" => set(&mut found.integer, flag(&meta, ctxt), &meta, ctxt),
                "crate" => set(&mut found.krate, path(&meta, ctxt), &meta, ctxt),
                _ => {}
            }
        }
        if let (Some(case), Some(_)) = (&found.rename_all, &found.integer) {
            ctxt.error(
                case.span,
                "`rename_all` is about texts, but `integer` reads numbers; remove one of them",
            );
        }
        found
    }

    pub(crate) fn is_integer(&self) -> bool {
        self.integer.is_some()
    }
}

#[derive(Default)]
pub(super) struct VariantAttrs {
    pub(super) rename: Option<Spanning<LitStr>>,
    pub(super) other: Option<Spanning<()>>,
    /// Whether there was an attribute that does not exist.
    pub(super) unknown: bool,
}

impl VariantAttrs {
    pub(super) fn parse(attrs: &[Attribute], ctxt: &mut Ctxt) -> Self {
        let mut found = Self::default();
        for meta in lake_metas(attrs, ctxt) {
            if !accepts(Derive::Value, Place::Variant, &meta, ctxt) {
                found.unknown = true;
                continue;
            }
            match key(&meta).as_str() {
                "rename" => set(&mut found.rename, string(&meta, ctxt), &meta, ctxt),
                "other" => set(&mut found.other, flag(&meta, ctxt), &meta, ctxt),
                _ => {}
            }
        }
        found
    }

    pub(super) fn text(&self, ident: &Ident, attrs: &Attrs) -> (String, Span) {
        if let Some(rename) = &self.rename {
            return (rename.value.value(), rename.value.span());
        }
        let name = unraw(ident);
        let text = attrs.rename_all.as_ref().map(|case| case.value.apply_to_variant(&name));
        (text.unwrap_or(name), ident.span())
    }
}
