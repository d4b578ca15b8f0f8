//! `#[derive(Keys)]`: reads a struct from a mapping of the configuration, one field for each key.
//!
//! What serde's derive writes for a key is some 400 bytes of machine code, and pilotfish has more than 300 keys. This
//! derive writes a table of names and places, which one function fills for every struct.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, LitStr, Path, Token, Type};

/// Implements `Keys` and `FromNode`.
///
/// Every key that is not a field is a fault, and so is a field whose key is not written, but for an `Option`. Fields take the attributes of serde, which the schema reads as well:
/// `rename = "key"`, `default` and `default = "function"`.
#[proc_macro_derive(Keys, attributes(serde))]
pub fn keys(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(|error| error.to_compile_error().into())
}

/// How a field is read.
struct Key {
    name: String,
    /// The value of the field if the key is not written; `None`: the key is required.
    absent: Option<TokenStream2>,
}

fn expand(input: &DeriveInput) -> Result<TokenStream, Error> {
    let fault = || Error::new_spanned(input, "only structs with named fields have keys");
    for attribute in serde(&input.attrs) {
        attribute.parse_nested_meta(|meta| match meta.path.is_ident("deny_unknown_fields") {
            true => Ok(()),
            false => Err(meta.error("a struct of keys has `deny_unknown_fields` alone")),
        })?;
    }
    let Data::Struct(data) = &input.data else { return Err(fault()) };
    let Fields::Named(fields) = &data.fields else { return Err(fault()) };
    let idents: Vec<&Ident> = fields.named.iter().filter_map(|field| field.ident.as_ref()).collect();
    let keys = fields.named.iter().zip(&idents).map(|(field, ident)| key(field, ident));
    let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let read = match keys.iter().all(|key| key.absent.is_some()) {
        true => in_place(&idents, &keys),
        false => piece_by_piece(&idents, &keys),
    };
    let name = &input.ident;
    Ok(quote! {
        impl crate::config::node::Keys for #name {
            const NAMES: &'static [&'static str] = &[#(#names),*];
        }

        impl crate::config::node::FromNode for #name {
            fn from_node(node: &crate::config::node::Reader<'_>) -> Result<Self, crate::config::node::Error> {
                #read
            }
        }
    }
    .into())
}

/// Fills the struct itself.
fn in_place(idents: &[&Ident], keys: &[Key]) -> TokenStream2 {
    let absent = keys.iter().map(|key| &key.absent);
    quote! {
        let mut keys = Self { #(#idents: #absent),* };
        node.fill(<Self as crate::config::node::Keys>::NAMES, &mut [#(&mut keys.#idents),*])?;
        Ok(keys)
    }
}

/// Fills one variable for each field: those that must be written have no value before.
fn piece_by_piece(idents: &[&Ident], keys: &[Key]) -> TokenStream2 {
    let places = keys.iter().map(|key| match &key.absent {
        Some(absent) => absent.clone(),
        None => quote!(crate::config::node::Required::default()),
    });
    let values = idents.iter().zip(keys).map(|(ident, Key { name, absent })| match absent {
        Some(_) => quote!(#ident),
        None => quote!(#ident: #ident.written(#name)?),
    });
    quote! {
        #(let mut #idents = #places;)*
        node.fill(<Self as crate::config::node::Keys>::NAMES, &mut [#(&mut #idents),*])?;
        Ok(Self { #(#values),* })
    }
}

fn serde(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("serde"))
}

fn key(field: &Field, ident: &Ident) -> Result<Key, Error> {
    let is_option =
        matches!(&field.ty, Type::Path(of) if of.path.segments.last().is_some_and(|of| of.ident == "Option"));
    let mut key = Key { name: ident.to_string(), absent: is_option.then(|| quote!(None)) };
    for attribute in serde(&field.attrs) {
        attribute.parse_nested_meta(|meta| {
            let text = |value: ParseStream<'_>| value.parse::<LitStr>();
            if meta.path.is_ident("rename") {
                key.name = text(meta.value()?)?.value();
            } else if meta.path.is_ident("default") && meta.input.peek(Token![=]) {
                let function: Path = text(meta.value()?)?.parse()?;
                key.absent = Some(quote!(#function()));
            } else if meta.path.is_ident("default") {
                let of = &field.ty;
                key.absent = Some(quote!(<#of as Default>::default()));
            } else {
                return Err(meta.error("a key has `rename` and `default`"));
            }
            Ok(())
        })?;
    }
    Ok(key)
}
