//! `Self`, written out: much of the generated code stands where `Self` is another type or none.

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::DeriveInput;

/// The input as a tree, with the type's own name wherever it says `Self`.
pub(crate) fn parse(tokens: TokenStream) -> syn::Result<DeriveInput> {
    let input: DeriveInput = syn::parse2(tokens.clone())?;
    if !says_self(tokens.clone()) {
        return Ok(input);
    }
    let (_, ty_generics, _) = input.generics.split_for_impl();
    let this = input.ident.to_token_stream().into_iter().chain(quote!(#ty_generics)).collect();
    syn::parse2(written_out(tokens, &this))
}

fn says_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => says_self(group.stream()),
        _ => false,
    })
}

fn written_out(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    let mut written = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let this = this.clone().into_iter().map(|mut token| {
                    token.set_span(ident.span());
                    token
                });
                let this: TokenStream = this.collect();
                let leads = matches!(tokens.peek(), Some(TokenTree::Punct(punct))
                    if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
                // `Row<T>::new` is no expression, but `<Row<T>>::new` is one.
                written.extend(if leads { quote!(<#this>) } else { this });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), written_out(group.stream(), this));
                inner.set_span(group.span());
                written.extend([TokenTree::Group(inner)]);
            }
            other => written.extend([other]),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn self_is_the_type_in_types_and_in_paths() {
        let input = parse(quote! {
            struct Row<'a, T> {
                #[lake(skip, default = Self::none)]
                next: Link<Self>,
                text: &'a [T; Self::N],
            }
        });
        let expected = quote! {
            struct Row<'a, T> {
                #[lake(skip, default = <Row<'a, T>>::none)]
                next: Link<Row<'a, T> >,
                text: &'a [T; <Row<'a, T>>::N],
            }
        };
        let plain = |tokens: TokenStream| tokens.to_string().replace(' ', "");
        assert_eq!(plain(input.unwrap().to_token_stream()), plain(expected));
    }
}
