//! Layers of values, each over the one before: what stands in a file or in the environment is checked here, key by key.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

use super::{
    ConfigError, Place, Source,
    rule::{self, ORDERED, RULES},
};

/// The values of all keys, and where each comes from.
#[derive(Default)]
pub(super) struct Layers {
    values: BTreeMap<&'static str, (Value, Source)>,
}

/// Where a text in TOML comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    Defaults,
    File(&'a Path),
}

const PREFIX: &str = "FABRIC__";
/// Short names for what is often set by hand.
const SHORT_NAMES: &[(&str, &str)] = &[("FABRIC_LOG_EVENTS", "log.events")];

impl Layers {
    /// Lays what a text in TOML says over what is there.
    pub(super) fn add_text(&mut self, text: &str, origin: Origin<'_>) -> Result<(), ConfigError> {
        let place = |start: usize| origin.place(line_of(text, start));
        let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            place: place(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        for (section, content) in table.get_ref() {
            let (section, at) = (section.get_ref(), place(section.span().start));
            match content.get_ref() {
                DeValue::Table(keys) if is_section(section) || !keys.is_empty() => {
                    self.add_section(section, keys, origin.source(), place)?;
                }
                _ if is_section(section) => {
                    let wanted = format!("a section, [{section}]");
                    return Err(ConfigError::Unfit { key: section.to_string(), place: at, wanted });
                }
                _ => return Err(unknown(section, at)),
            }
        }
        Ok(())
    }

    fn add_section(
        &mut self,
        section: &str,
        keys: &DeTable<'_>,
        source: Source,
        place: impl Fn(usize) -> Place,
    ) -> Result<(), ConfigError> {
        for (key, value) in keys {
            self.set(&format!("{section}.{}", key.get_ref()), plain(value), place(key.span().start), source)?;
        }
        Ok(())
    }

    /// Lays what the environment says over what is there. Short names first, so that the full name wins.
    pub(super) fn add_environment(&mut self, environment: &BTreeMap<String, String>) -> Result<(), ConfigError> {
        let short =
            SHORT_NAMES.iter().filter_map(|(name, key)| Some((*name, (*key).to_owned(), environment.get(*name)?)));
        let long = environment.iter().filter_map(|(name, value)| {
            let rest = name.strip_prefix(PREFIX)?;
            Some((name.as_str(), rest.replace("__", ".").to_lowercase(), value))
        });
        for (name, key, text) in short.chain(long) {
            // What was not UTF-8 in the process's environment cannot be what was meant.
            let text = Some(text).filter(|text| !text.contains(char::REPLACEMENT_CHARACTER));
            let value = rule::find(&key).and_then(|(_, rule)| rule.read(text?));
            self.set(&key, value, Place::Environment { name: shown(name).into_owned() }, Source::Environment)?;
        }
        Ok(())
    }

    /// Checks a value and puts it in the place of the one before. No value is one that no rule accepts.
    fn set(&mut self, key: &str, value: Option<Value>, place: Place, source: Source) -> Result<(), ConfigError> {
        let Some((key, rule)) = rule::find(key) else {
            return Err(unknown(key, place));
        };
        let Some(value) = value.filter(|value| rule.accepts(value)) else {
            return Err(ConfigError::Unfit { key: key.to_owned(), place, wanted: rule.wanted() });
        };
        self.values.insert(key, (value, source));
        Ok(())
    }

    /// Checks what must hold between keys.
    pub(super) fn check_order(&self) -> Result<(), ConfigError> {
        let number = |key: &str| self.values.get(key).and_then(|(value, _)| value.as_integer());
        ORDERED
            .iter()
            .find(|(low, high)| number(low) > number(high))
            .map_or(Ok(()), |(low, high)| Err(ConfigError::Crossed { low, high }))
    }

    /// All values as one table of sections.
    pub(super) fn table(&self) -> Table {
        let mut sections = Table::new();
        for (key, (value, _)) in &self.values {
            let (section, name) = key.split_once('.').unwrap_or((key, ""));
            let section = sections.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(section) = section {
                section.insert(name.to_owned(), value.clone());
            }
        }
        sections
    }

    /// All values with where they come from, in the order of `config/fabric.toml`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, rule::Rule, &Value, Source)> {
        RULES.iter().filter_map(|(key, rule)| {
            let (value, source) = self.values.get(key)?;
            Some((*key, *rule, value, *source))
        })
    }
}

impl Origin<'_> {
    fn place(self, line: usize) -> Place {
        match self {
            Self::Defaults => Place::Defaults { line },
            Self::File(path) => Place::File { path: path.to_owned(), line },
        }
    }

    fn source(self) -> Source {
        match self {
            Self::Defaults => Source::Default,
            Self::File(_) => Source::File,
        }
    }
}

fn is_section(name: &str) -> bool {
    RULES.iter().any(|(key, _)| key.split_once('.').is_some_and(|(section, _)| section == name))
}

fn unknown(key: &str, place: Place) -> ConfigError {
    ConfigError::Unknown { key: shown(key).into_owned(), place, nearest: rule::nearest(key) }
}

/// A name for a message. What looks like no name at all may be a value in the wrong place, which could be a password.
fn shown(name: &str) -> Cow<'_, str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.len() <= 100 && name.chars().all(is_name) { name.into() } else { "…".into() }
}

/// A number, text or switch. None for anything else: no key holds it.
fn plain(value: &Spanned<DeValue<'_>>) -> Option<Value> {
    match value.get_ref() {
        DeValue::String(text) => Some(Value::String(text.to_string())),
        DeValue::Boolean(switch) => Some(Value::Boolean(*switch)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(Value::Integer),
        _ => None,
    }
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}
