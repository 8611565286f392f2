//! Types as their tokens say them: a macro sees no more.

use std::fmt;

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

/// Whether it, or a type in it, is a name alone that may stand for any other type: none of the language, and no parameter.
pub(crate) fn may_be_alias(ty: &Type, parameters: &[&Ident]) -> bool {
    let inside = |inner: &Type| may_be_alias(inner, parameters);
    let path = match ungrouped(ty) {
        Type::Path(path) => path,
        Type::Reference(reference) => return inside(&reference.elem),
        Type::Array(array) => return inside(&array.elem),
        Type::Slice(slice) => return inside(&slice.elem),
        Type::Tuple(tuple) => return tuple.elems.iter().any(inside),
        _ => return false,
    };
    let Some(last) = path.path.segments.last() else { return false };
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(|argument| match argument {
            GenericArgument::Type(inner) => inside(inner),
            _ => false,
        }),
        _ => plain_name(ty).is_none() && !parameters.contains(&&last.ident),
    }
}

/// What a type of the language or its standard library makes of the types inside of it, for a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Option,
    Pointer,
    List,
    Map,
    Tuple,
}

/// What the type is to the types inside of it, told by its name, and these types.
fn parts(ty: &Type) -> Option<(Around, Vec<&Type>)> {
    let last = match ungrouped(ty) {
        Type::Reference(reference) => return Some((Around::Pointer, vec![&*reference.elem])),
        Type::Array(array) => return Some((Around::List, vec![&*array.elem])),
        Type::Slice(slice) => return Some((Around::List, vec![&*slice.elem])),
        Type::Tuple(tuple) => return Some((Around::Tuple, tuple.elems.iter().collect())),
        Type::Path(path) => path.path.segments.last()?,
        _ => return None,
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let around = match last.ident.to_string().as_str() {
        "Option" => Around::Option,
        "Box" | "Rc" | "Arc" | "Cow" => Around::Pointer,
        "Vec" => Around::List,
        "HashMap" | "BTreeMap" => Around::Map,
        _ => return None,
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    });
    Some((around, types.collect()))
}

/// Whether its column has NULLs, as its name says.
pub(crate) fn holds_null(ty: &Type) -> bool {
    match parts(ty) {
        Some((Around::Option, _)) => true,
        Some((Around::Pointer, inner)) => inner.into_iter().any(holds_null),
        _ => false,
    }
}

/// Whether its column has a MAP in it, as its name says: a list of pairs is one too.
pub(crate) fn holds_map(ty: &Type) -> bool {
    let is_pair =
        |ty: &Type| parts(ty).is_some_and(|(around, inner)| around == Around::Tuple && inner.len() == 2);
    parts(ty).is_some_and(|(around, inner)| {
        around == Around::Map
            || inner.into_iter().any(|inner| holds_map(inner) || around == Around::List && is_pair(inner))
    })
}

/// The name of the first plain type in it, if it holds no others.
pub(crate) fn only_plain(ty: &Type) -> Option<String> {
    if let Some(name) = plain_name(ty) {
        return Some(name);
    }
    let (_, inner) = parts(ty)?;
    let names: Option<Vec<String>> = inner.into_iter().map(only_plain).collect();
    names?.into_iter().next()
}

/// What a type is, where the names in it say that.
pub(crate) enum Known {
    /// One value, of a type of this name.
    Plain(String),
    /// Several, in this.
    Nested(&'static str),
}

impl Known {
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        if let Some(name) = plain_name(ty) {
            return Some(Self::Plain(name));
        }
        let (around, inner) = parts(ty)?;
        let first = inner.first()?;
        match around {
            Around::Option | Around::Pointer => Self::of(first),
            Around::List if plain_name(first).is_some_and(|name| name == "u8") => {
                Some(Self::Plain("[u8]".to_owned()))
            }
            // An element of an unknown name may be a byte by another one.
            Around::List => Self::of(first).map(|_| Self::Nested("a list")),
            Around::Map => Some(Self::Nested("a map")),
            Around::Tuple => Some(Self::Nested("a tuple")),
        }
    }
}

/// As a message names it.
impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => write!(f, "`{name}`"),
            Self::Nested(what) => f.write_str(what),
        }
    }
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
