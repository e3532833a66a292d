//! What stands in `#[event(...)]`, read and checked.

use proc_macro2::Span;
use syn::{DeriveInput, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Path, meta::ParseNestedMeta};

/// The attributes of an event, complete and checked.
#[derive(Debug)]
pub struct Attributes {
    pub topic: LitStr,
    pub version: u16,
    pub aggregate: String,
    pub owner: String,
    pub publishers: Vec<String>,
    pub roles: Vec<String>,
    pub key: FieldPath,
    pub subject: Option<FieldPath>,
    pub is_local: bool,
    pub upcasters: Vec<Path>,
    pub core: Path,
    pub description: String,
}

/// A field, or a field within a field: `student.id`.
#[derive(Debug)]
pub struct FieldPath {
    pub first: Ident,
    pub rest: Vec<Ident>,
    /// Where it was written: what is wrong with the field is shown there.
    pub span: Span,
}

/// The longest routing key that AMQP can carry.
const TOPIC_BYTES_MAX: usize = 255;

const KNOWN: &str = "topic, key, subject, version, upcasters, aggregate, owner, publishers, roles, scope and crate";

impl Attributes {
    /// Reads the attributes and the doc comment of a type.
    pub fn of(input: &DeriveInput) -> syn::Result<Self> {
        let mut written = Written::default();
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("event")) {
            attribute.parse_nested_meta(|meta| written.read(&meta))?;
        }
        written.check(input)
    }
}

/// The attributes as they were written, before anything is checked or filled in.
#[derive(Default)]
struct Written {
    topic: Option<LitStr>,
    key: Option<LitStr>,
    subject: Option<LitStr>,
    version: Option<LitInt>,
    aggregate: Option<LitStr>,
    owner: Option<LitStr>,
    publishers: Option<LitStr>,
    roles: Option<LitStr>,
    scope: Option<LitStr>,
    upcasters: Option<LitStr>,
    core: Option<LitStr>,
}

impl Written {
    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "topic" => set(&mut self.topic, meta),
            "key" => set(&mut self.key, meta),
            "subject" => set(&mut self.subject, meta),
            "version" => set(&mut self.version, meta),
            "aggregate" => set(&mut self.aggregate, meta),
            "owner" => set(&mut self.owner, meta),
            "publishers" => set(&mut self.publishers, meta),
            "roles" => set(&mut self.roles, meta),
            "scope" => set(&mut self.scope, meta),
            "upcasters" => set(&mut self.upcasters, meta),
            "crate" => set(&mut self.core, meta),
            _ => Err(meta.error(format!("unknown attribute of an event; the known ones are {KNOWN}"))),
        }
    }

    fn check(self, input: &DeriveInput) -> syn::Result<Attributes> {
        let missing = |what: &str| syn::Error::new(input.ident.span(), format!("an event needs `#[event({what})]`"));
        let topic = self.topic.ok_or_else(|| missing("topic = \"context.aggregate.action\""))?;
        let key = self.key.ok_or_else(|| missing("key = \"field\""))?;
        let [context, aggregate] = leading_words(&topic)?;
        let version = self.version.as_ref().map_or(Ok(1), version)?;
        Ok(Attributes {
            version,
            is_local: self.scope.as_ref().map_or(Ok(false), is_local)?,
            upcasters: upcasters(self.upcasters.as_ref(), version, input.ident.span())?,
            aggregate: self.aggregate.as_ref().map_or(Ok(aggregate), word)?,
            owner: self.owner.as_ref().map_or(Ok(context), word)?,
            publishers: self.publishers.as_ref().map_or(Ok(Vec::new()), words)?,
            roles: self.roles.as_ref().map_or(Ok(Vec::new()), words)?,
            key: field_path(&key)?,
            subject: self.subject.as_ref().map(field_path).transpose()?,
            core: self.core.map_or_else(|| syn::parse_str("::fabric::core"), |path| path.parse())?,
            description: description(input)?,
            topic,
        })
    }
}

/// Takes the value of `name = value`, once.
fn set<T: syn::parse::Parse>(slot: &mut Option<T>, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    let value = meta.value()?.parse()?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error("this attribute was given already")),
    }
}

/// Checks the topic, and gives its first and second word.
fn leading_words(topic: &LitStr) -> syn::Result<[String; 2]> {
    let text = topic.value();
    let words: Vec<&str> = text.split('.').collect();
    let &[context, aggregate, action] = words.as_slice() else {
        let count = words.len();
        let message = format!("a topic has three words `context.aggregate.action`, this one has {count}");
        return Err(syn::Error::new(topic.span(), message));
    };
    if let Some(bad) = [context, aggregate, action].into_iter().find(|word| !is_word(word)) {
        let message = format!("`{bad}` in a topic must start with a letter and have only a-z, 0-9 and _");
        return Err(syn::Error::new(topic.span(), message));
    }
    if text.len() > TOPIC_BYTES_MAX {
        let message = format!("a topic has at most {TOPIC_BYTES_MAX} bytes, this one has {}", text.len());
        return Err(syn::Error::new(topic.span(), message));
    }
    Ok([context.to_owned(), aggregate.to_owned()])
}

fn is_local(scope: &LitStr) -> syn::Result<bool> {
    match scope.value().as_str() {
        "local" => Ok(true),
        "integration" => Ok(false),
        other => Err(syn::Error::new(scope.span(), format!("a scope is `local` or `integration`, not `{other}`"))),
    }
}

/// One function for each older version, the first from version 1 to 2.
fn upcasters(written: Option<&LitStr>, version: u16, span: Span) -> syn::Result<Vec<Path>> {
    let text = written.map(LitStr::value).unwrap_or_default();
    let span = written.map_or(span, LitStr::span);
    let paths = text.split_whitespace().map(syn::parse_str::<Path>).collect::<syn::Result<Vec<_>>>();
    let paths = paths.map_err(|error| syn::Error::new(span, error.to_string()))?;
    let (found, wanted) = (paths.len(), usize::from(version) - 1);
    if found == wanted {
        return Ok(paths);
    }
    let message = format!(
        "version {version} needs {wanted} upcaster(s), one for each older version, and there are {found}: \
         `upcasters = \"from_1 from_2 …\"`, each a `fn(Value) -> Result<Value, String>`"
    );
    Err(syn::Error::new(span, message))
}

fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn word(literal: &LitStr) -> syn::Result<String> {
    let text = literal.value();
    if is_word(&text) {
        return Ok(text);
    }
    let message = format!("`{text}` must start with a letter and have only a-z, 0-9 and _");
    Err(syn::Error::new(literal.span(), message))
}

fn words(literal: &LitStr) -> syn::Result<Vec<String>> {
    literal.value().split_whitespace().map(|text| word(&LitStr::new(text, literal.span()))).collect()
}

fn version(literal: &LitInt) -> syn::Result<u16> {
    match literal.base10_parse() {
        Ok(version) if version > 0 => Ok(version),
        _ => Err(syn::Error::new(literal.span(), "a version is a whole number from 1 to 65535")),
    }
}

fn field_path(literal: &LitStr) -> syn::Result<FieldPath> {
    let text = literal.value();
    let names: syn::Result<Vec<Ident>> = text.split('.').map(|name| identifier(name, literal.span())).collect();
    match names {
        Ok(mut names) if !names.is_empty() => {
            let first = names.remove(0);
            Ok(FieldPath { first, rest: names, span: literal.span() })
        }
        _ => Err(syn::Error::new(literal.span(), format!("`{text}` is not a field: write `field` or `field.inner`"))),
    }
}

fn identifier(name: &str, span: Span) -> syn::Result<Ident> {
    syn::parse_str::<Ident>(name).map(|mut ident| {
        ident.set_span(span);
        ident
    })
}

/// The first paragraph of the doc comment, on one line.
fn description(input: &DeriveInput) -> syn::Result<String> {
    let lines: Vec<String> = input.attrs.iter().filter_map(doc_text).collect();
    let paragraph: Vec<&str> = lines
        .iter()
        .flat_map(|text| if text.is_empty() { vec![""] } else { text.lines().collect() })
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect();
    if paragraph.is_empty() {
        let message =
            "an event needs a doc comment: its first paragraph says what happened, and becomes its description";
        return Err(syn::Error::new(input.ident.span(), message));
    }
    Ok(paragraph.join(" "))
}

fn doc_text(attribute: &syn::Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_str;

    use super::*;

    fn read(attributes: &str) -> Result<Attributes, String> {
        let source = format!("{attributes} struct GradePosted {{ student_id: String }}");
        Attributes::of(&parse_str(&source).expect("the test's own source")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_follows_from_the_topic() {
        let read =
            read("#[doc = \" A grade.\"] #[event(topic = \"gradebook.grade.posted\", key = \"student_id\")]").unwrap();
        assert_eq!((read.version, read.aggregate.as_str(), read.owner.as_str()), (1, "grade", "gradebook"));
        assert_eq!((read.roles.len(), read.publishers.len(), read.subject.is_none()), (0, 0, true));
        assert_eq!(read.description, "A grade.");
        assert_eq!(read.core, parse_str("::fabric::core").unwrap());
    }

    #[test]
    fn everything_may_be_given_in_one_attribute_or_in_several() {
        let read = read(
            "/// A grade was posted:
             /// everybody sees it.
             ///
             /// More about it.
             #[event(topic = \"gradebook.grade.posted\", version = 3, aggregate = \"result\", owner = \"academic\")]
             #[event(upcasters = \"from_1 old::from_2\", scope = \"local\")]
             #[event(key = \"student.id\", subject = \"student_id\")]
             #[event(roles = \"teacher  admin\", publishers = \"social kyc\")]
             #[event(crate = \"::fabric_core\")]",
        )
        .unwrap();
        assert_eq!((read.version, read.aggregate.as_str(), read.owner.as_str()), (3, "result", "academic"));
        assert_eq!((read.upcasters.len(), read.is_local), (2, true));
        assert_eq!(
            (read.roles, read.publishers),
            (vec!["teacher".into(), "admin".into()], vec!["social".into(), "kyc".into()])
        );
        assert_eq!((read.key.first.to_string(), read.key.rest[0].to_string()), ("student".into(), "id".into()));
        assert_eq!(read.subject.map(|path| path.first.to_string()), Some("student_id".into()));
        assert_eq!(read.description, "A grade was posted: everybody sees it.");
        assert_eq!(read.core, parse_str("::fabric_core").unwrap());
    }

    #[test]
    fn each_mistake_has_its_own_message() {
        let long = format!("a.b.{}", "c".repeat(252));
        let table: &[(&str, &str)] = &[
            ("", "needs `#[event(topic = \"context.aggregate.action\")]`"),
            ("topic = \"a.b.c\"", "needs `#[event(key = \"field\")]`"),
            ("topic = \"a.b\", key = \"k\"", "three words `context.aggregate.action`, this one has 2"),
            ("topic = \"a.b.c.d\", key = \"k\"", "this one has 4"),
            ("topic = \"a.B.c\", key = \"k\"", "`B` in a topic must start with a letter"),
            ("topic = \"a..c\", key = \"k\"", "`` in a topic must start with a letter"),
            ("topic = \"a.b.1c\", key = \"k\"", "`1c` in a topic"),
            ("topic = \"a.b.#\", key = \"k\"", "`#` in a topic"),
            (&format!("topic = \"{long}\", key = \"k\""), "at most 255 bytes, this one has 256"),
            ("topic = \"a.b.c\", key = \"k\", version = 0", "whole number from 1 to 65535"),
            ("topic = \"a.b.c\", key = \"k\", version = 65536", "whole number from 1 to 65535"),
            ("topic = \"a.b.c\", key = \"k\", version = 2", "version 2 needs 1 upcaster(s)"),
            ("topic = \"a.b.c\", key = \"k\", upcasters = \"x\"", "version 1 needs 0 upcaster(s)"),
            ("topic = \"a.b.c\", key = \"k\", version = 2, upcasters = \"1x\"", "expected"),
            ("topic = \"a.b.c\", key = \"k\", scope = \"mine\"", "`local` or `integration`, not `mine`"),
            ("topic = \"a.b.c\", key = \"k\", owner = \"Academic\"", "`Academic` must start with a letter"),
            ("topic = \"a.b.c\", key = \"k\", roles = \"teacher, admin\"", "`teacher,` must start with a letter"),
            ("topic = \"a.b.c\", key = \"\"", "`` is not a field"),
            ("topic = \"a.b.c\", key = \"a..b\"", "`a..b` is not a field"),
            ("topic = \"a.b.c\", key = \"k\", key = \"k\"", "given already"),
            (
                "topik = \"a.b.c\"",
                "the known ones are topic, key, subject, version, upcasters, aggregate, owner, publishers, roles, scope and crate",
            ),
            ("topic = 5", "expected string literal"),
        ];
        for (attributes, expected) in table {
            let error = read(&format!("/// Doc.\n #[event({attributes})]")).unwrap_err();
            assert!(error.contains(expected), "{attributes}\n  said: {error}\n  wanted: {expected}");
        }
    }

    #[test]
    fn an_event_without_a_description_is_refused() {
        for doc in ["", "///\n", "#[doc = include_str!(\"x\")]", "#[doc(hidden)]"] {
            let error = read(&format!("{doc} #[event(topic = \"a.b.c\", key = \"k\")]")).unwrap_err();
            assert!(error.contains("needs a doc comment"), "{error}");
        }
    }
}
