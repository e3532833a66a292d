//! Patterns over topics, with exactly the meaning that `RabbitMQ` gives to a topic exchange's binding keys.

use std::{fmt, sync::Arc};

use crate::limits::TOPIC_BYTES_MAX;

/// A binding key: words separated by dots, where `*` stands for exactly one word and `#` for any number of words, none included.
///
/// ```
/// let pattern: fabric_core::Pattern = "gradebook.#".parse()?;
/// assert!(pattern.matches("gradebook.grade.posted"));
/// assert!(pattern.matches("gradebook"));
/// assert!(!pattern.matches("attendance.record.marked"));
/// # Ok::<(), fabric_core::pattern::InvalidPattern>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern(Arc<str>);

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// No text at all.
    #[error("a pattern has at least one word; `#` matches every topic")]
    Empty,
    /// Longer than a binding key may be.
    #[error("a pattern has at most {TOPIC_BYTES_MAX} bytes, this one has {bytes}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// A word that is neither literal nor a wildcard.
    #[error("word {position} of a pattern must be `*`, `#`, or have only letters, digits, - and _")]
    BadWord {
        /// Which word, counted from 1.
        position: usize,
    },
}

impl Pattern {
    /// Parses a pattern. Fails when it is empty or too long, or a word mixes a wildcard with other characters.
    pub fn try_new(text: &str) -> Result<Self, InvalidPattern> {
        if text.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        if text.len() > TOPIC_BYTES_MAX {
            return Err(InvalidPattern::TooLong { bytes: text.len() });
        }
        match text.split('.').position(|word| !is_pattern_word(word)) {
            Some(index) => Err(InvalidPattern::BadWord { position: index + 1 }),
            None => Ok(Self(text.into())),
        }
    }

    /// The pattern that matches every topic.
    pub fn everything() -> Self {
        Self("#".into())
    }

    /// The pattern as written, which is the binding key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.split('.')
    }

    /// The first word when it is literal: then only that context's events can match.
    pub fn context(&self) -> Option<&str> {
        self.words().next().filter(|word| !matches!(*word, "*" | "#"))
    }

    /// Whether the routing key matches. Empty words count as words, as they do for `RabbitMQ`; an empty key has no words.
    pub fn matches(&self, key: &str) -> bool {
        let pattern: Vec<&str> = self.words().collect();
        let key: Vec<&str> = words_of_key(key).collect();
        matches_words(&pattern, &key)
    }
}

/// The words of a routing key as `RabbitMQ` sees them: none in an empty key, and empty ones between two dots.
pub fn words_of_key(key: &str) -> impl Iterator<Item = &str> {
    key.split('.').filter(move |_| !key.is_empty())
}

/// Remembers the last `#` and how much it has taken, and gives it one word more on a mismatch: no recursion, at most
/// words × words steps.
fn matches_words(pattern: &[&str], key: &[&str]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while read < key.len() {
        match pattern.get(at) {
            Some(&"#") => {
                retry = Some((at, read));
                at += 1;
            }
            Some(&word) if word == "*" || Some(&word) == key.get(read) => {
                at += 1;
                read += 1;
            }
            _ => match retry {
                Some((many, taken)) => {
                    retry = Some((many, taken + 1));
                    at = many + 1;
                    read = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|word| *word == "#")
}

fn is_pattern_word(word: &str) -> bool {
    matches!(word, "*" | "#")
        || (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')))
}

impl std::str::FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_new(text)
    }
}

impl From<&crate::Topic> for Pattern {
    /// The pattern that matches this one topic: a topic's words are literal pattern words.
    fn from(topic: &crate::Topic) -> Self {
        Self(topic.as_str().into())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.0)
    }
}

impl serde::Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn patterns_mean_what_rabbitmq_means() {
        let table = [
            ("a.b.c", "a.b.c", true),
            ("a.b.c", "a.b", false),
            ("a.*.c", "a.b.c", true),
            ("a.*.c", "a.c", false),
            ("a.*.c", "a..c", true),
            ("*", "", false),
            ("*", "a", true),
            ("#", "", true),
            ("#", "a.b.c", true),
            ("a.#", "a", true),
            ("a.#", "b.a", false),
            ("#.c", "c", true),
            ("#.c", "a.c.b.c", true),
            ("#.c", "a.c.b", false),
            ("a.#.c", "a.c", true),
            ("a.#.c", "a.x.y.c", true),
            ("a.#.b.#.c", "a.b.x.b.c", true),
            ("#.#", "", true),
            ("#.*", "a", true),
            ("#.*", "", false),
            ("*.#.*", "a", false),
            ("*.#.*", "a.b", true),
        ];
        for (pattern, key, expected) in table {
            assert_eq!(Pattern::try_new(pattern).unwrap().matches(key), expected, "{pattern} on {key:?}");
        }
    }

    #[test]
    fn what_is_not_a_pattern_is_refused_with_its_place() {
        let table = [
            ("", InvalidPattern::Empty),
            ("a..b", InvalidPattern::BadWord { position: 2 }),
            ("a.b*", InvalidPattern::BadWord { position: 2 }),
            ("##", InvalidPattern::BadWord { position: 1 }),
            ("a. b", InvalidPattern::BadWord { position: 2 }),
        ];
        for (text, expected) in table {
            assert_eq!(Pattern::try_new(text), Err(expected), "{text:?}");
        }
    }

    /// The definition, written as plainly as possible, to compare with.
    fn by_definition(pattern: &[&str], key: &[&str]) -> bool {
        match (pattern, key) {
            ([], []) => true,
            (["#", rest @ ..], _) => (0..=key.len()).any(|taken| by_definition(rest, &key[taken..])),
            (["*", rest @ ..], [_, key @ ..]) => by_definition(rest, key),
            ([word, rest @ ..], [first, key @ ..]) => word == first && by_definition(rest, key),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(
            pattern in proptest::collection::vec(proptest::sample::select(vec!["a", "b", "*", "#"]), 1..7),
            key in proptest::collection::vec(proptest::sample::select(vec!["a", "b", ""]), 0..7),
        ) {
            // A key of one empty word cannot be told from an empty key on the wire: both have no words.
            let key_text = key.join(".");
            let key: Vec<&str> = words_of_key(&key_text).collect();
            let ours = Pattern::try_new(&pattern.join(".")).unwrap().matches(&key_text);
            prop_assert_eq!(ours, by_definition(&pattern, &key));
        }
    }
}
