//! Why a pattern matches a topic, word by word.

use crate::pattern::{Pattern, words_of_key};

/// A pattern that matches a topic, and why it does.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Because {
    /// The pattern, which is the binding key.
    pub pattern: Pattern,
    /// Which words of the topic each word of the pattern has matched.
    pub parts: Vec<Part>,
    /// The same in a sentence.
    pub why: String,
}

/// A word of a pattern, and what it has matched.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// The word: literal, `*` or `#`.
    pub word: String,
    /// The words of the topic; none for a `#` that stands for nothing.
    pub matched: Vec<String>,
}

impl Because {
    /// Why a pattern matches a routing key; none if it does not. Where a `#` could stand for more or for fewer words, it stands for
    /// fewer.
    pub fn of(pattern: &Pattern, key: &str) -> Option<Self> {
        if !pattern.matches(key) {
            return None;
        }
        let words: Vec<&str> = pattern.words().collect();
        let key: Vec<&str> = words_of_key(key).collect();
        let mut parts = Vec::with_capacity(words.len());
        let (mut words, mut key) = (words.as_slice(), key.as_slice());
        while let Some((word, rest)) = words.split_first() {
            let taken = match *word {
                "#" => (0..=key.len()).find(|taken| fits(rest, key.get(*taken..).unwrap_or_default()))?,
                _ => 1,
            };
            let (matched, left) = key.split_at_checked(taken)?;
            let matched = matched.iter().map(|&word| word.to_owned()).collect();
            parts.push(Part { word: (*word).to_owned(), matched });
            (words, key) = (rest, left);
        }
        let why = sentence(&parts);
        Some(Self { pattern: pattern.clone(), parts, why })
    }
}

/// Whether the rest of a pattern matches the rest of a key.
fn fits(words: &[&str], key: &[&str]) -> bool {
    // No words at all are not a pattern, and match no words.
    Pattern::try_new(&words.join(".")).map_or(key.is_empty(), |pattern| pattern.matches(&key.join(".")))
}

fn sentence(parts: &[Part]) -> String {
    if let [Part { word, .. }] = parts
        && word == "#"
    {
        return "# stands for every topic".to_owned();
    }
    if parts.iter().all(|part| !matches!(part.word.as_str(), "*" | "#")) {
        return "it names this topic".to_owned();
    }
    let literal: Vec<&str> = parts.iter().filter(|part| !is_wildcard(part)).map(|part| part.word.as_str()).collect();
    let mut clauses = Vec::new();
    if !literal.is_empty() {
        let noun = if literal.len() == 1 { "is the same word" } else { "are the same words" };
        clauses.push(format!("{} {noun}", literal.join(" and ")));
    }
    clauses.extend(parts.iter().filter(|part| is_wildcard(part)).map(|part| match part.matched.as_slice() {
        [] => format!("{} stands for no word", part.word),
        words => format!("{} stands for {}", part.word, words.join(".")),
    }));
    clauses.join(", ")
}

fn is_wildcard(part: &Part) -> bool {
    matches!(part.word.as_str(), "*" | "#")
}
