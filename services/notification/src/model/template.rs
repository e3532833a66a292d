//! Templates: what notices say, with `{variable}` where something is filled in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fabric_catalog::values::{Language, PrivateText};
use jiff::Timestamp;

use super::builtin;

/// The templates that are there: those that ship with the service, and over them those that were written since.
#[derive(Debug, Default)]
pub struct Templates {
    written: HashMap<(String, String), Written>,
    archived: HashMap<String, Timestamp>,
}

/// A template that somebody wrote, in its newest revision.
#[derive(Debug, Clone)]
struct Written {
    revision: u32,
    text: Text,
    at: Timestamp,
}

/// A subject and a body: with places for variables in a template, without them in a notice.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The first line, for channels that have one.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Why a template does not become a notice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// Nobody wrote it.
    #[error("there is no such template")]
    UnknownTemplate,
    /// Something is to be filled in that is not there.
    #[error("the template needs the variable `{0}`")]
    MissingVariable(String),
}

/// A brace that begins or ends no variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a brace does not enclose a variable's name: letters, digits and _")]
pub struct Malformed;

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Variable(&'a str),
}

/// The language of templates that are there in no better one.
pub const LANGUAGE: &str = "en";

impl Templates {
    /// Takes in a revision of a template. An older one changes nothing.
    pub fn write(&mut self, name: String, language: &Language, revision: u32, text: Text, at: Timestamp) {
        let key = (name, language.as_str().to_owned());
        if self.written.get(&key).is_none_or(|written| written.revision <= revision) {
            self.written.insert(key, Written { revision, text, at });
        }
    }

    /// Takes in that a template is not to be used any more, in any language, unless it is written anew.
    pub fn archive(&mut self, name: String, at: Timestamp) {
        let archived = self.archived.entry(name).or_insert(at);
        *archived = at.max(*archived);
    }

    /// The newest revision of a template that somebody wrote.
    pub fn revision(&self, name: &str, language: &Language) -> Option<u32> {
        self.written.get(&(name.to_owned(), language.as_str().to_owned())).map(|written| written.revision)
    }

    /// Fills in a template, in the best language that there is: the wanted one, the same without its country, English.
    pub fn render(
        &self,
        name: &str,
        language: Option<&Language>,
        variables: &BTreeMap<String, PrivateText<1_000>>,
    ) -> Result<Text, RenderError> {
        let wanted = language.map_or(LANGUAGE, Language::as_str);
        let without_country = wanted.split('-').next().unwrap_or(wanted);
        let found = [wanted, without_country, LANGUAGE].into_iter().find_map(|language| self.text(name, language));
        let Text { subject, body } = found.ok_or(RenderError::UnknownTemplate)?;
        Ok(Text { subject: fill(&subject, variables)?, body: fill(&body, variables)? })
    }

    fn text(&self, name: &str, language: &str) -> Option<Text> {
        let archived = self.archived.get(name);
        let written = self.written.get(&(name.to_owned(), language.to_owned()));
        match written.filter(|written| archived.is_none_or(|archived| *archived < written.at)) {
            Some(written) => Some(written.text.clone()),
            None if language == LANGUAGE && archived.is_none() => builtin::text(name),
            None => None,
        }
    }
}

impl Text {
    /// The variables that must be given, sorted. Fails when a brace stands where none belongs.
    pub fn variables(&self) -> Result<BTreeSet<String>, Malformed> {
        let names = |piece| match piece {
            Piece::Variable(name) => Some(name.to_owned()),
            Piece::Plain(_) => None,
        };
        Ok(pieces(&self.subject)?.into_iter().chain(pieces(&self.body)?).filter_map(names).collect())
    }
}

/// What a notice says is about people.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text(…)")
    }
}

/// Fills in variables. What is filled in is not looked at again, so a variable cannot smuggle in another.
fn fill(text: &str, variables: &BTreeMap<String, PrivateText<1_000>>) -> Result<String, RenderError> {
    // A template with a wrong brace is not taken, so there is none here; as it stands is the best that could be said.
    let Ok(pieces) = pieces(text) else { return Ok(text.to_owned()) };
    let value = |piece| match piece {
        Piece::Plain(text) => Ok(text),
        Piece::Variable(name) => {
            variables.get(name).map(PrivateText::as_str).ok_or_else(|| RenderError::MissingVariable(name.to_owned()))
        }
    };
    pieces.into_iter().map(value).collect()
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Malformed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}').ok_or(Malformed)?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if plain.contains('}') || !is_name {
            return Err(Malformed);
        }
        pieces.extend([Piece::Plain(plain), Piece::Variable(name)]);
        rest = behind;
    }
    if rest.contains('}') {
        return Err(Malformed);
    }
    pieces.push(Piece::Plain(rest));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(subject: &str, body: &str) -> Text {
        Text { subject: subject.into(), body: body.into() }
    }

    fn given(variables: &[(&str, &str)]) -> BTreeMap<String, PrivateText<1_000>> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), value.parse().unwrap())).collect()
    }

    #[test]
    fn variables_are_filled_in_once() {
        let variables = given(&[("who", "Ada"), ("what", "{who}")]);
        let table = [
            ("Hello", Ok("Hello")),
            ("Hello {who}, {who}!", Ok("Hello Ada, Ada!")),
            ("{what}", Ok("{who}")),
            ("{whom}", Err(RenderError::MissingVariable("whom".into()))),
        ];
        for (template, expected) in table {
            assert_eq!(fill(template, &variables), expected.map(str::to_owned), "{template}");
        }
    }

    #[test]
    fn braces_enclose_names() {
        let table = [
            ("", "plain", Ok(vec![])),
            ("{b}", "{a} {b}", Ok(vec!["a", "b"])),
            ("{", "", Err(Malformed)),
            ("", "}", Err(Malformed)),
            ("", "{}", Err(Malformed)),
            ("", "{a b}", Err(Malformed)),
            ("", "{{a}}", Err(Malformed)),
            ("", "a} {b", Err(Malformed)),
        ];
        for (subject, body, expected) in table {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(text(subject, body).variables(), expected, "{subject:?} {body:?}");
        }
    }

    #[test]
    fn the_best_language_and_the_newest_revision_count() {
        let mut templates = Templates::default();
        let language = |tag: &str| Language::try_new(tag).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        templates.write("grade_posted".into(), &language("de"), 2, text("Neue Note", ""), at(2));
        templates.write("grade_posted".into(), &language("de"), 1, text("Alte Note", ""), at(1));
        templates.write("only_german".into(), &language("de"), 1, text("Hallo", ""), at(1));
        let subject = |templates: &Templates, name: &str, tag: Option<&str>| {
            let tag = tag.map(language);
            templates.render(name, tag.as_ref(), &given(&[("assignment", "Algebra")])).map(|text| text.subject)
        };
        let table = [
            ("grade_posted", Some("de"), Ok("Neue Note")),
            ("grade_posted", Some("de-AT"), Ok("Neue Note")),
            ("grade_posted", Some("fr"), Ok("A new grade")),
            ("grade_posted", None, Ok("A new grade")),
            ("only_german", Some("de"), Ok("Hallo")),
            ("only_german", None, Err(RenderError::UnknownTemplate)),
            ("unheard_of", None, Err(RenderError::UnknownTemplate)),
        ];
        for (name, tag, expected) in table {
            assert_eq!(subject(&templates, name, tag), expected.map(str::to_owned), "{name} {tag:?}");
        }
        templates.archive("grade_posted".into(), at(3));
        assert_eq!(subject(&templates, "grade_posted", Some("de")), Err(RenderError::UnknownTemplate));
        templates.write("grade_posted".into(), &language("de"), 3, text("Wieder da", ""), at(4));
        assert_eq!(subject(&templates, "grade_posted", Some("de")).as_deref(), Ok("Wieder da"));
        assert_eq!(templates.revision("grade_posted", &language("de")), Some(3));
    }
}
