//! A topic is the name of an event type and its routing key: `context.aggregate.action`.

use std::{fmt, sync::Arc};

use crate::limits::TOPIC_BYTES_MAX;

/// Three lower-case words `context.aggregate.action`, such as `gradebook.grade.posted`.
///
/// A word is `[a-z][a-z0-9_]*`. The first word names the context, whose exchange carries the event.
///
/// ```
/// let topic: fabric_core::Topic = "gradebook.grade.posted".parse()?;
/// assert_eq!((topic.context(), topic.aggregate(), topic.action()), ("gradebook", "grade", "posted"));
/// # Ok::<(), fabric_core::topic::InvalidTopic>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Parses a topic. Fails when it is not three words, or a word is not `[a-z][a-z0-9_]*`, or it is too long.
    pub fn try_new(text: &str) -> Result<Self, InvalidTopic> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// The whole topic, which is also the routing key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first word: the bounded context, whose exchange carries the event.
    pub fn context(&self) -> &str {
        self.word(0)
    }

    /// The second word: the kind of thing that the event happened to.
    pub fn aggregate(&self) -> &str {
        self.word(1)
    }

    /// The third word: what happened, in the past tense.
    pub fn action(&self) -> &str {
        self.word(2)
    }

    fn word(&self, index: usize) -> &str {
        self.0.split('.').nth(index).unwrap_or_default()
    }
}

/// Why a text is not a topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopic {
    /// Longer than a routing key may be.
    #[error("a topic has at most {TOPIC_BYTES_MAX} bytes, this one has {bytes}")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Not exactly three words.
    #[error("a topic has three words `context.aggregate.action`, this one has {words}")]
    NotThreeWords {
        /// How many words there are.
        words: usize,
    },
    /// A word with characters that no word has.
    #[error("word {position} of a topic must start with a letter and have only a-z, 0-9 and _")]
    BadWord {
        /// Which word, counted from 1.
        position: usize,
    },
}

fn check(text: &str) -> Result<(), InvalidTopic> {
    if text.len() > TOPIC_BYTES_MAX {
        return Err(InvalidTopic::TooLong { bytes: text.len() });
    }
    let words = text.split('.').count();
    if words != 3 {
        return Err(InvalidTopic::NotThreeWords { words });
    }
    match text.split('.').position(|word| !is_word(word)) {
        Some(index) => Err(InvalidTopic::BadWord { position: index + 1 }),
        None => Ok(()),
    }
}

/// Whether the text is one word of a topic: `[a-z][a-z0-9_]*`.
pub fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Past participles that the rule for `ed` does not tell.
const IRREGULAR: &str = "\
    agreed beaten become begun bent bet bitten bled blown born bought bound bred broken brought built burnt burst caught chosen \
    come cost cut dealt decreed disagreed done drawn driven drunk eaten fallen fed felt forbidden forgiven forgotten fought found \
    freed frozen given gone grown guaranteed had heard held hidden hit hung hurt kept known laid learnt led left lent let lit \
    lost made meant met mistaken overridden overtaken paid put quit read rebuilt redriven repaid resent reset retaken rewritten \
    ridden risen run rung said seen sent set shaken shown shrunk shut sold sought spent split spoken spread stolen stood struck \
    stuck sung sunk swept taken taught thought thrown told torn understood undone upheld withdrawn withheld woken won worn \
    written";

/// Whether a topic's third word is in the past tense, as far as its form tells; of several words joined by `_` the last one counts.
///
/// ```
/// use fabric_core::topic::is_past;
///
/// assert!(is_past("posted") && is_past("delivery_failed") && is_past("withdrawn"));
/// assert!(!is_past("post") && !is_past("posting"));
/// ```
pub fn is_past(action: &str) -> bool {
    let verb = action.rsplit('_').next().unwrap_or_default();
    // `feed` and `exceed` end alike and are not.
    let regular = verb.len() > 3 && verb.ends_with("ed") && !verb.ends_with("eed");
    regular || IRREGULAR.split(' ').any(|known| known == verb)
}

impl std::str::FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_new(text)
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({})", self.0)
    }
}

impl serde::Serialize for Topic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Topic {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_three_lower_case_words() {
        let long = format!("a.b.{}", "c".repeat(252));
        let table: &[(&str, Result<(), InvalidTopic>)] = &[
            ("gradebook.grade.posted", Ok(())),
            ("section504.team_meeting.scheduled", Ok(())),
            ("", Err(InvalidTopic::NotThreeWords { words: 1 })),
            ("grade.posted", Err(InvalidTopic::NotThreeWords { words: 2 })),
            ("a.b.c.d", Err(InvalidTopic::NotThreeWords { words: 4 })),
            ("a..c", Err(InvalidTopic::BadWord { position: 2 })),
            ("Grade.b.c", Err(InvalidTopic::BadWord { position: 1 })),
            ("a.b.*", Err(InvalidTopic::BadWord { position: 3 })),
            ("a.b.5c", Err(InvalidTopic::BadWord { position: 3 })),
            ("a.b.é", Err(InvalidTopic::BadWord { position: 3 })),
            (&long, Err(InvalidTopic::TooLong { bytes: 256 })),
        ];
        for (text, expected) in table {
            assert_eq!(Topic::try_new(text).map(|_| ()), *expected, "{text:?}");
        }
    }

    #[test]
    fn the_past_tense_is_told_by_its_form() {
        for action in ["posted", "partially_completed", "set", "read", "eaten", "agreed", "guaranteed", "fed"] {
            assert!(is_past(action), "{action}");
        }
        for action in ["post", "cancel", "posting", "exits", "feed", "exceed", "posted_again", "red", ""] {
            assert!(!is_past(action), "{action}");
        }
    }
}
