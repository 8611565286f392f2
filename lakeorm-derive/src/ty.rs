//! Types as their tokens say them: a macro sees no more.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{GenericArgument, Ident, PathArguments, Type};

/// The `T` of an `Option<T>`, by its name: a macro sees no types.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    only_argument(ty).filter(|(outer, _)| *outer == "Option").map(|(_, inner)| inner)
}

/// The type without the parentheses around it, and without the group that holds a type which a macro by example was
/// given.
pub(crate) fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        _ => ty,
    }
}

/// `Outer` and `T` of an `Outer<T>`.
pub(crate) fn only_argument(ty: &Type) -> Option<(&Ident, &Type)> {
    let Type::Path(path) = ungrouped(ty) else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some((&last.ident, inner)),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a type of the language or of a text, which nobody calls another one by.
pub(crate) fn plain_name(ty: &Type) -> Option<String> {
    const PLAIN: [&str; 13] =
        ["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "str", "String"];
    let path = match ungrouped(ty) {
        Type::Path(path) => path,
        Type::Reference(reference) => return plain_name(&reference.elem),
        _ => return None,
    };
    let name = path.path.segments.last()?.ident.to_string();
    PLAIN.contains(&name.as_str()).then_some(name)
}

/// `str` and `[T]`, which no field can be read into.
pub(crate) fn is_unsized(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Slice(_) => true,
        Type::Path(path) => path.path.is_ident("str"),
        _ => false,
    }
}

/// The place of a field's type, with the names of the generated code in scope.
pub(crate) fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The name as it is read, `type` for `r#type`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}
