//! Writes the implementation of `Event`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, FieldsNamed, Type};

use crate::{
    attributes::{Attributes, FieldPath},
    json_name,
};

/// The implementation of `Event` for a type.
pub fn event(input: &DeriveInput) -> syn::Result<TokenStream> {
    let fields = named_fields(input)?;
    let attributes = Attributes::of(input)?;
    let key = key(&attributes.key, fields)?;
    let nobody = || Ok(quote!(::core::option::Option::None));
    let subject = attributes.subject.as_ref().map_or_else(nobody, |path| subject(path, fields))?;
    let key_field = json_name::of(&attributes.key, input, fields);
    let subject_field = attributes.subject.as_ref().map_or_else(
        || quote!(::core::option::Option::None),
        |path| {
            let field = json_name::of(path, input, fields);
            quote!(::core::option::Option::Some(#field))
        },
    );
    let Attributes { topic, version, aggregate, owner, publishers, roles, upcasters, core, description, .. } =
        &attributes;
    let scope = if attributes.is_local { quote!(Local) } else { quote!(Integration) };
    let name = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #core::event::Event for #name #type_generics #where_clause {
            const TOPIC: &'static str = #topic;
            const VERSION: u16 = #version;
            const AGGREGATE: &'static str = #aggregate;
            const OWNER: &'static str = #owner;
            const PUBLISHERS: &'static [&'static str] = &[#(#publishers),*];
            const ROLES: &'static [&'static str] = &[#(#roles),*];
            const SCOPE: #core::event::Scope = #core::event::Scope::#scope;
            const UPCASTERS: &'static [#core::upcast::Upcaster] = &[#(#upcasters),*];
            const DESCRIPTION: &'static str = #description;
            const KEY_FIELD: &'static str = #key_field;
            const SUBJECT_FIELD: ::core::option::Option<&'static str> = #subject_field;

            fn key(&self) -> ::std::borrow::Cow<'_, str> {
                #key
            }

            fn subject(&self) -> ::core::option::Option<::std::borrow::Cow<'_, str>> {
                #subject
            }
        }
    })
}

fn named_fields(input: &DeriveInput) -> syn::Result<&FieldsNamed> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields),
            _ => Err(syn::Error::new(input.ident.span(), "an event is a struct with named fields")),
        },
        _ => Err(syn::Error::new(input.ident.span(), "an event is a struct with named fields")),
    }
}

fn key(path: &FieldPath, fields: &FieldsNamed) -> syn::Result<TokenStream> {
    match reading_of(path, fields)? {
        Reading::Optional(_) => {
            let message = format!("`{}` may be missing, but every event needs a key", path.first);
            Err(syn::Error::new(path.span, message))
        }
        Reading::Always(text) => Ok(text_of(text, &place(path), path.span)),
    }
}

fn subject(path: &FieldPath, fields: &FieldsNamed) -> syn::Result<TokenStream> {
    let place = place(path);
    Ok(match reading_of(path, fields)? {
        Reading::Always(text) => {
            let text = text_of(text, &place, path.span);
            quote!(::core::option::Option::Some(#text))
        }
        Reading::Optional(text) => {
            let text = text_of(text, &quote!(*value), path.span);
            quote_spanned!(path.span => #place.as_ref().map(|value| #text))
        }
    })
}

/// How a field becomes text.
enum Reading {
    /// The field is always there.
    Always(Text),
    /// The field is an `Option`.
    Optional(Text),
}

/// How a value becomes text.
#[derive(Clone, Copy)]
enum Text {
    /// By `AsRef<str>`.
    Borrowed,
    /// By `Display`.
    Printed,
}

/// What can be told from how the field's type is written. The type of a field within a field is not seen from here, so
/// such a path must end at something that is text.
fn reading_of(path: &FieldPath, fields: &FieldsNamed) -> syn::Result<Reading> {
    let names = || fields.named.iter().filter_map(|field| field.ident.as_ref());
    let Some(field) = fields.named.iter().find(|field| field.ident.as_ref() == Some(&path.first)) else {
        let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
        let message = format!("there is no field `{}`; there are {}", path.first, known.join(", "));
        return Err(syn::Error::new(path.span, message));
    };
    if !path.rest.is_empty() {
        return Ok(Reading::Always(Text::Borrowed));
    }
    Ok(match option_argument(&field.ty) {
        Some(inner) => Reading::Optional(text_reading(inner)),
        None => Reading::Always(text_reading(&field.ty)),
    })
}

fn text_reading(ty: &Type) -> Text {
    const PRINTED: [&str; 13] =
        ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "Uuid"];
    let printed = last_segment(ty).is_some_and(|segment| PRINTED.iter().any(|name| segment.ident == name));
    if printed { Text::Printed } else { Text::Borrowed }
}

fn option_argument(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    match &segment.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(syn::GenericArgument::Type(inner)) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        // A type that came through a `macro_rules` variable is wrapped in an invisible group.
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// Where the field is. `self` must be the one of the implementation, even where a `macro_rules` brought attribute and
/// derive together.
fn place(path: &FieldPath) -> TokenStream {
    let (first, rest) = (&path.first, &path.rest);
    let this = syn::Ident::new("self", Span::call_site());
    quote_spanned!(path.span => #this.#first #(.#rest)*)
}

/// The expression carries the span of the attribute, so that "`Score` is not `AsRef<str>`" points at `key = "score"`.
fn text_of(text: Text, place: &TokenStream, span: Span) -> TokenStream {
    match text {
        Text::Borrowed => quote_spanned! {span=>
            ::std::borrow::Cow::Borrowed(::core::convert::AsRef::<str>::as_ref(&#place))
        },
        Text::Printed => quote_spanned! {span=>
            ::std::borrow::Cow::Owned(::std::string::ToString::to_string(&#place))
        },
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_str;

    use super::*;

    fn expand(source: &str) -> Result<String, String> {
        event(&parse_str(source).expect("the test's own source"))
            .map(|tokens| tokens.to_string())
            .map_err(|error| error.to_string())
    }

    /// An event with these fields and this attribute after topic and key.
    fn expand_with(key: &str, more: &str, fields: &str) -> Result<String, String> {
        expand(&format!(
            "/// Doc.\n #[event(topic = \"a.b.c\", key = \"{key}\" {more})] struct Happened {{ {fields} }}"
        ))
    }

    #[test]
    fn fields_become_text_by_how_their_type_is_written() {
        let table: &[(&str, &str, &str)] = &[
            ("k", "k: String", "Cow :: Borrowed (:: core :: convert :: AsRef :: < str > :: as_ref (& self . k))"),
            ("k", "k: Id", "as_ref (& self . k)"),
            ("k", "k: u64", "Cow :: Owned (:: std :: string :: ToString :: to_string (& self . k))"),
            ("k", "k: uuid::Uuid", "to_string (& self . k)"),
            ("s.id", "s: Student", "as_ref (& self . s . id)"),
            ("r#type", "r#type: String", "as_ref (& self . r#type)"),
        ];
        for (key, fields, expected) in table {
            let tokens = expand_with(key, "", fields).unwrap();
            assert!(tokens.contains(expected), "{fields}: {tokens}");
        }
    }

    #[test]
    fn a_subject_may_be_missing() {
        let table: &[(&str, &str, &str)] = &[
            ("", "k: String", "{ :: core :: option :: Option :: None }"),
            (
                ", subject = \"s\"",
                "k: String, s: Id",
                ":: core :: option :: Option :: Some (:: std :: borrow :: Cow :: Borrowed",
            ),
            (
                ", subject = \"s\"",
                "k: String, s: Option<Id>",
                "self . s . as_ref () . map (| value | :: std :: borrow :: Cow :: Borrowed",
            ),
            (
                ", subject = \"s\"",
                "k: String, s: std::option::Option<u32>",
                "map (| value | :: std :: borrow :: Cow :: Owned",
            ),
        ];
        for (subject, fields, expected) in table {
            let tokens = expand_with("k", subject, fields).unwrap();
            assert!(tokens.contains(expected), "{fields}: {tokens}");
        }
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let table: &[(Result<String, String>, &str)] = &[
            (expand_with("x", "", "k: String, id: u8"), "there is no field `x`; there are `k`, `id`"),
            (expand_with("k", ", subject = \"x\"", "k: String"), "there is no field `x`; there are `k`"),
            (expand_with("k", "", "k: Option<String>"), "`k` may be missing, but every event needs a key"),
            (expand("/// Doc.\n struct Happened(String);"), "a struct with named fields"),
            (expand("/// Doc.\n struct Happened;"), "a struct with named fields"),
            (expand("/// Doc.\n enum Happened { Yes }"), "a struct with named fields"),
        ];
        for (result, expected) in table {
            let error = result.as_ref().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_core_is_found_where_the_attribute_says() {
        assert!(
            expand_with("k", "", "k: String")
                .unwrap()
                .contains("impl :: fabric :: core :: event :: Event for Happened")
        );
        let tokens = expand_with("k", ", crate = \"::fabric_core\"", "k: String").unwrap();
        assert!(tokens.contains("impl :: fabric_core :: event :: Event for Happened"), "{tokens}");
    }
}
