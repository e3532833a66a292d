//! What a field is called in JSON, as far as serde's attributes on the type say it.

use proc_macro2::TokenStream;
use syn::{
    Attribute, DeriveInput, Expr, ExprLit, FieldsNamed, Ident, Lit, Token, ext::IdentExt, meta::ParseNestedMeta,
    parenthesized,
};

use crate::attributes::FieldPath;

/// The path to a field in the JSON of the type: `#[serde(rename)]` on the field and `#[serde(rename_all = "camelCase")]` on the type are
/// followed. The types of fields within fields are not seen from here, and taken to be written as the type itself is.
pub fn of(path: &FieldPath, input: &DeriveInput, fields: &FieldsNamed) -> String {
    let is_camel_case = value_of("rename_all", &input.attrs).is_some_and(|case| case == "camelCase");
    let written = |name: &Ident| {
        let name = name.unraw().to_string();
        if is_camel_case { camel_case(&name) } else { name }
    };
    let field = fields.named.iter().find(|field| field.ident.as_ref() == Some(&path.first));
    let first = field.and_then(|field| value_of("rename", &field.attrs)).unwrap_or_else(|| written(&path.first));
    std::iter::once(first).chain(path.rest.iter().map(written)).collect::<Vec<_>>().join(".")
}

/// The text of `#[serde(name = "text")]`. What is wrong with serde's attributes is for serde to say.
fn value_of(name: &str, attributes: &[Attribute]) -> Option<String> {
    let mut found = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let _ = attribute.parse_nested_meta(|meta| {
            let text = text_of(&meta)?;
            if meta.path.is_ident(name) {
                found = text.or(found.take());
            }
            Ok(())
        });
    }
    found
}

/// Takes what stands behind an attribute's name: ` = "text"`, something in parentheses, or nothing.
fn text_of(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    if meta.input.peek(Token![=]) {
        return Ok(match meta.value()?.parse()? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        });
    }
    if meta.input.peek(syn::token::Paren) {
        let content;
        parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(None)
}

/// The name as serde's `camelCase` has it.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut camel, word| {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
        camel
    })
}

#[cfg(test)]
mod tests {
    use syn::{Data, Fields, parse_str};

    use super::*;
    use crate::attributes::Attributes;

    fn name(serde: &str, key: &str, field: &str) -> String {
        let source = format!("/// Doc.\n #[event(topic = \"a.b.c\", key = \"{key}\")] {serde} struct S {{ {field} }}");
        let input: DeriveInput = parse_str(&source).expect("the test's own source");
        let path = Attributes::of(&input).expect("the test's own attributes").key;
        match &input.data {
            Data::Struct(data) => match &data.fields {
                Fields::Named(fields) => of(&path, &input, fields),
                _ => unreachable!("the test's own source"),
            },
            _ => unreachable!("the test's own source"),
        }
    }

    #[test]
    fn a_field_is_called_as_serde_calls_it() {
        let camel = "#[serde(rename_all = \"camelCase\")]";
        let table = [
            ("", "student_id", "student_id: Id", "student_id"),
            (camel, "student_id", "student_id: Id", "studentId"),
            (camel, "a_b.c_d", "a_b: Inner", "aB.cD"),
            (camel, "student_id", "#[serde(default, rename = \"pupil_id\")] student_id: Id", "pupil_id"),
            (camel, "student_id", "#[serde(rename(serialize = \"x\"), default = \"f\")] student_id: Id", "studentId"),
            ("#[serde(deny_unknown_fields, bound(a = \"\"), rename_all = \"camelCase\")]", "a_b", "a_b: Id", "aB"),
            ("#[serde(default)] #[serde(rename_all = \"camelCase\")]", "a_b", "a_b: Id", "aB"),
            ("#[serde(rename_all = \"snake_case\")]", "a_b", "a_b: Id", "a_b"),
            (camel, "r#type", "r#type: String", "type"),
            (camel, "section_504_id", "section_504_id: String", "section504Id"),
        ];
        for (serde, key, field, expected) in table {
            assert_eq!(name(serde, key, field), expected, "{serde} {field}");
        }
    }
}
