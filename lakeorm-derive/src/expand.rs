//! Step 4: the implementation. It only quotes; every question has been answered before.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, Ident, LitStr, Path, PathArguments, Type, parse_quote};

use crate::ast::{Container, Field};
use crate::attr::DefaultValue;
use crate::ctxt::Ctxt;
use crate::generics::{Impl, Parts, assertions, predicates};
use crate::{fallback, this, valid};

/// The whole derive.
pub(crate) fn lake_row(input: TokenStream) -> TokenStream {
    let input = match this::parse(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut ctxt = Ctxt::default();
    let container = Container::from_input(&input, &mut ctxt);
    valid::check(&container, &mut ctxt);
    match ctxt.finish() {
        Ok(()) => implementation(&container),
        // A struct without a size of its own is no value, and what stands in for a row would be.
        Err(messages) if container.fields.last().is_some_and(|last| valid::is_unsized(last.ty)) => messages,
        Err(messages) => {
            let krate = container.attrs.krate.as_ref().map(|path| &path.value);
            fallback::lake_row(&input, krate, &messages)
        }
    }
}

pub(crate) fn default_crate() -> TokenStream {
    quote!(::lakeorm)
}

impl Container<'_> {
    /// The name of the column that a field is read from.
    pub(crate) fn column_name(&self, field: &Field<'_>) -> String {
        if let Some(rename) = &field.attrs.rename {
            return rename.value.value();
        }
        let name = unraw(field.ident);
        match &self.attrs.rename_all {
            Some(case) => case.value.apply(&name),
            None => name,
        }
    }
}

fn implementation(container: &Container<'_>) -> TokenStream {
    let krate = container.attrs.krate.as_ref().map_or_else(default_crate, |path| {
        let path = &path.value;
        quote!(#path)
    });
    let implementation = Impl::new(container.input, predicates(container));
    let Parts { ident, ty_generics, impl_generics, reader_generics, where_clause } = implementation.parts();
    let name = unraw(ident);
    let columns: Vec<Column<'_>> = columns(container);
    let deny_unknown =
        container.attrs.deny_unknown_columns.is_some().then(|| quote!(columns.deny_unknown();));
    let as_value = as_value(container);
    let readers = columns.iter().map(Column::reader);
    let binds = columns.iter().map(Column::bind);
    let directs = columns.iter().map(Column::direct);
    let reads = container.fields.iter().map(|field| read(field, &columns));
    let declarations = columns.iter().map(Column::declaration);
    let sure = columns.iter().map(Column::sure);
    let asked = assertions(container);
    quote! {
        #[allow(
            deprecated, missing_docs, missing_debug_implementations, private_bounds, unreachable_pub,
            reason = "generated"
        )]
        const _: () = {
            use #krate::__private as __lake;

            #asked

            pub struct __Readers #impl_generics #where_clause {
                #(#readers,)*
                marker: __lake::PhantomData<fn(&'__b ()) -> #ident #ty_generics>,
            }

            impl #impl_generics __Readers #reader_generics #where_clause {
                #[inline(always)]
                fn read<__W: __lake::Way>(
                    &self,
                    row: __lake::usize,
                ) -> __lake::Result<#ident #ty_generics, __lake::ReadError> {
                    __lake::Ok(#ident { #(#reads,)* })
                }
            }

            #[automatically_derived]
            impl #impl_generics __lake::LakeRow<'__b> for #ident #ty_generics #where_clause {
                type Readers = __Readers #reader_generics;
                const NAME: &'static __lake::str = #name;
                const SURE: __lake::bool = #(#sure)&&*;

                fn columns(columns: &mut __lake::Columns) {
                    #(#declarations)*
                    #deny_unknown
                }

                fn bind(
                    slots: &mut __lake::Slots<'__b, '_>,
                ) -> __lake::Result<Self::Readers, __lake::ReadError> {
                    __lake::Ok(__Readers { #(#binds,)* marker: __lake::PhantomData })
                }

                #[inline(always)]
                fn direct(readers: &Self::Readers, rows: __lake::usize) -> __lake::usize {
                    #(let rows = #directs;)*
                    rows
                }

                #[inline(always)]
                fn read(readers: &Self::Readers, row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                    readers.read::<__lake::Here>(row)
                }

                fn read_apart(
                    readers: &Self::Readers,
                    row: __lake::usize,
                ) -> __lake::Result<Self, __lake::ReadError> {
                    readers.read::<__lake::Apart>(row)
                }

                #[inline(always)]
                fn read_direct(
                    readers: &Self::Readers,
                    row: __lake::usize,
                ) -> __lake::Result<Self, __lake::ReadError> {
                    readers.read::<__lake::Direct>(row)
                }
            }

            #as_value
        };
    }
}

/// The same struct as the value of a STRUCT column. Only calls, so that a struct which is never nested costs next to
/// nothing to compile.
fn as_value(container: &Container<'_>) -> TokenStream {
    // One bound instead of the fields': a field of a type that does not exist would be taken for any type.
    let implementation = Impl::new(container.input, vec![parse_quote!(Self: __lake::LakeRow<'__b>)]);
    let Parts { ident, ty_generics, impl_generics, where_clause, .. } = implementation.parts();
    quote! {
        #[automatically_derived]
        impl #impl_generics __lake::FromColumn<'__b> for #ident #ty_generics #where_clause {
            type Reader = <Self as __lake::LakeRow<'__b>>::Readers;
            const SURE: __lake::bool = <Self as __lake::LakeRow<'__b>>::SURE;

            #[inline]
            fn accepts(found: &__lake::DataType) -> __lake::Result<__lake::Shape, __lake::Refusal> {
                __lake::accept_struct::<Self>(found)
            }

            #[inline]
            fn bind(
                array: &'__b dyn __lake::Array,
                shape: &__lake::Shape,
            ) -> __lake::Result<Self::Reader, __lake::ReadError> {
                __lake::bind_struct::<Self>(array, shape)
            }

            #[inline]
            fn direct(reader: &Self::Reader, rows: __lake::usize) -> __lake::usize {
                <Self as __lake::LakeRow<'__b>>::direct(reader, rows)
            }

            #[inline]
            fn read(reader: &Self::Reader, row: __lake::usize) -> __lake::Result<Self, __lake::ReadError> {
                <Self as __lake::LakeRow<'__b>>::read(reader, row)
            }

            #[inline(always)]
            fn read_direct(
                reader: &Self::Reader,
                row: __lake::usize,
            ) -> __lake::Result<Self, __lake::ReadError> {
                <Self as __lake::LakeRow<'__b>>::read_direct(reader, row)
            }
        }
    }
}

/// A field that is read from a column.
struct Column<'a> {
    field: &'a Field<'a>,
    name: String,
    /// The reader's name in the struct of readers.
    reader: Ident,
}

fn columns<'a>(container: &'a Container<'a>) -> Vec<Column<'a>> {
    let read = container.fields.iter().filter(|field| field.attrs.skip.is_none());
    read.enumerate()
        .map(|(i, field)| Column {
            field,
            name: container.column_name(field),
            reader: format_ident!("f{i}", span = at(field.ty)),
        })
        .collect()
}

impl Column<'_> {
    fn is_optional(&self) -> bool {
        self.field.attrs.default.is_some() && self.field.attrs.flatten.is_none()
    }

    fn reader(&self) -> TokenStream {
        let Self { field, reader, .. } = self;
        let ty = field.ty;
        if field.attrs.flatten.is_some() {
            return quote_spanned!(at(ty)=> #reader: __lake::BoundRow<'__b, #ty>);
        }
        let ty = column_type(field);
        let bound = quote_spanned!(at(field.ty)=> __lake::Bound<'__b, #ty>);
        if self.is_optional() { quote!(#reader: __lake::Option<#bound>) } else { quote!(#reader: #bound) }
    }

    fn declaration(&self) -> TokenStream {
        let Self { field, name, .. } = self;
        let rust_name = unraw(field.ident);
        if let Some(flatten) = &field.attrs.flatten {
            let ty = field.ty;
            let prefix = flatten.value.prefix.as_ref().map(LitStr::value).unwrap_or_default();
            return quote_spanned!(at(ty)=> columns.flatten::<#ty>(#rust_name, #prefix););
        }
        let ty = column_type(field);
        let optional = self.is_optional().then(|| quote!(.optional()));
        let aliases = field.attrs.aliases.iter().map(|alias| &alias.value);
        quote_spanned!(at(field.ty)=> columns.named::<#ty>(#rust_name, #name)#optional #(.alias(#aliases))*;)
    }

    /// Whether the field can always be read: a conversion may fail.
    fn sure(&self) -> TokenStream {
        let Self { field, .. } = self;
        let (attrs, ty) = (&field.attrs, field.ty);
        if attrs.json.is_some() || attrs.try_from.is_some() || attrs.with.is_some() {
            return quote!(false);
        }
        match attrs.flatten {
            Some(_) => quote_spanned!(at(ty)=> <#ty as __lake::LakeRow<'__b>>::SURE),
            None => quote_spanned!(at(ty)=> <#ty as __lake::FromColumn<'__b>>::SURE),
        }
    }

    fn bind(&self) -> TokenStream {
        let reader = &self.reader;
        let at = at(self.field.ty);
        if self.field.attrs.flatten.is_some() {
            quote_spanned!(at=> #reader: slots.row()?)
        } else if self.is_optional() {
            quote_spanned!(at=> #reader: slots.next_or_default()?)
        } else {
            quote_spanned!(at=> #reader: slots.next()?)
        }
    }
}

impl Column<'_> {
    fn direct(&self) -> TokenStream {
        let reader = &self.reader;
        if self.is_optional() {
            quote!(match &readers.#reader {
                __lake::Some(column) => column.direct(rows),
                __lake::None => rows,
            })
        } else {
            quote!(readers.#reader.direct(rows))
        }
    }
}

/// The type that the column decodes into, before the field's conversion.
pub(crate) fn column_type(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let optional = option_of(ty);
    let plain = match (&field.attrs.json, &field.attrs.try_from, &field.attrs.with) {
        (Some(_), ..) => {
            let target = optional.unwrap_or(ty);
            quote_spanned!(at(ty)=> __lake::Json<#target>)
        }
        (_, Some(from), _) => from.value.to_token_stream(),
        (.., Some(with)) => return item_of(&with.value, "Column"),
        _ => return ty.to_token_stream(),
    };
    if optional.is_some() { quote_spanned!(at(ty)=> __lake::Option<#plain>) } else { plain }
}

/// The `T` of an `Option<T>`, by its name: a macro sees no types.
pub(crate) fn option_of(ty: &Type) -> Option<&Type> {
    only_argument(ty).filter(|(outer, _)| *outer == "Option").map(|(_, inner)| inner)
}

/// `Outer` and `T` of an `Outer<T>`.
pub(crate) fn only_argument(ty: &Type) -> Option<(&Ident, &Type)> {
    let path = match ty {
        Type::Path(path) => path,
        // What a macro by example was given as a type.
        Type::Group(group) => return only_argument(&group.elem),
        Type::Paren(paren) => return only_argument(&paren.elem),
        _ => return None,
    };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some((&last.ident, inner)),
            _ => None,
        },
        _ => None,
    }
}

fn read(field: &Field<'_>, columns: &[Column<'_>]) -> TokenStream {
    let ident = field.ident;
    let column = columns.iter().find(|column| std::ptr::eq(column.field, field));
    let Some(column) = column else {
        let default = default(field);
        return quote!(#ident: #default);
    };
    let reader = &column.reader;
    if column.is_optional() {
        let default = default(field);
        let value = value(field, &quote!(column));
        quote! {
            #ident: match &self.#reader {
                __lake::Some(column) => #value,
                __lake::None => #default,
            }
        }
    } else {
        let value = value(field, &quote!(&self.#reader));
        quote!(#ident: #value)
    }
}

/// Reads the field's value from its column. The types are written out: where the compiler takes a column type for
/// granted, it would infer that one.
fn value(field: &Field<'_>, column: &TokenStream) -> TokenStream {
    let (at, ty) = (at(field.ty), field.ty);
    let optional = option_of(ty);
    let target = optional.unwrap_or(ty);
    let attrs = &field.attrs;
    if attrs.flatten.is_some() {
        return quote_spanned!(at=> __lake::read_row::<__W, #ty>(#column, row)?);
    }
    if let Some(with) = &attrs.with {
        let (decode, from) = (item_of(&with.value, "decode"), column_type(field));
        return quote_spanned!(at=> __lake::read_with::<__W, #from, #ty>(#column, row, #decode)?);
    }
    let from = attrs.try_from.as_ref().map(|from| &from.value);
    match (attrs.json.is_some(), from, optional) {
        (true, _, None) => quote_spanned!(at=> __lake::read_json::<__W, #target>(#column, row)?),
        (true, _, Some(_)) => quote_spanned!(at=> __lake::read_json_option::<__W, #target>(#column, row)?),
        (_, Some(from), None) => {
            quote_spanned!(at=> __lake::read_try_from::<__W, #from, #target>(#column, row)?)
        }
        (_, Some(from), Some(_)) => {
            quote_spanned!(at=> __lake::read_try_from_option::<__W, #from, #target>(#column, row)?)
        }
        _ => quote_spanned!(at=> __lake::read::<__W, #ty>(#column, row)?),
    }
}

fn default(field: &Field<'_>) -> TokenStream {
    match field.attrs.default.as_ref().map(|default| &default.value) {
        Some(DefaultValue::Function(path)) => {
            let at = Span::call_site().located_at(path.span());
            quote_spanned!(at=> #path())
        }
        Some(DefaultValue::Trait) | None => {
            let ty = field.ty;
            quote_spanned!(at(ty)=> <#ty as __lake::Default>::default())
        }
    }
}

/// An item of a module that the user names: where it is missing, the module is the place to look.
fn item_of(module: &Path, name: &str) -> TokenStream {
    let item = Ident::new(name, Span::call_site().located_at(module.span()));
    quote!(#module::#item)
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
