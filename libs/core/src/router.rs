//! Many patterns at once: which of them match a topic, in time that depends on the topic's words and not on how many patterns there are.
//!
//! The patterns form a trie whose edges are words, `*` or `#`. A topic is read word by word while the set of reachable nodes is
//! kept, as one does with a non-deterministic automaton: a node behind `#` stays in the set whatever the word is. So nothing is
//! visited twice and there is no backtracking, however many `#` a pattern has.

use std::collections::HashMap;

use crate::pattern::{Pattern, words_of_key};

/// Maps patterns to values, and finds the values of all patterns that match a key.
///
/// ```
/// use fabric_core::{Pattern, router::Router};
/// let mut router = Router::default();
/// router.insert(&Pattern::try_new("gradebook.*.posted")?, "grades");
/// router.insert(&Pattern::everything(), "audit");
/// assert_eq!(router.matches("gradebook.grade.posted"), [&"grades", &"audit"]);
/// assert_eq!(router.matches("kyc.document.verified"), [&"audit"]);
/// # Ok::<(), fabric_core::pattern::InvalidPattern>(())
/// ```
#[derive(Debug, Clone)]
pub struct Router<T> {
    nodes: Vec<Node<T>>,
}

#[derive(Debug, Clone)]
struct Node<T> {
    words: HashMap<Box<str>, usize>,
    one: Option<usize>,
    many: Option<usize>,
    /// Whether the edge to this node is `#`: then any further word leads back here.
    is_many: bool,
    values: Vec<T>,
}

const ROOT: usize = 0;

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::new(false)] }
    }
}

impl<T> Node<T> {
    fn new(is_many: bool) -> Self {
        Self { words: HashMap::new(), one: None, many: None, is_many, values: Vec::new() }
    }
}

impl<T: PartialEq> Router<T> {
    /// Adds a value under a pattern. The same value under the same pattern counts once.
    pub fn insert(&mut self, pattern: &Pattern, value: T) {
        let end = pattern.words().fold(ROOT, |at, word| self.child(at, word));
        if let Some(node) = self.nodes.get_mut(end)
            && !node.values.contains(&value)
        {
            node.values.push(value);
        }
    }

    /// The values of all patterns that match the key, each value once, in the order in which the trie was grown.
    pub fn matches(&self, key: &str) -> Vec<&T> {
        let mut found: Vec<&T> = Vec::new();
        self.visit(key, |value| {
            if !found.contains(&value) {
                found.push(value);
            }
        });
        found
    }

    fn child(&mut self, at: usize, word: &str) -> usize {
        let next = self.nodes.len();
        let Some(node) = self.nodes.get_mut(at) else { return at };
        let child = match word {
            // `#.#` means `#`: staying here keeps the trie small.
            "#" if node.is_many => return at,
            "#" => *node.many.get_or_insert(next),
            "*" => *node.one.get_or_insert(next),
            literal => *node.words.entry(literal.into()).or_insert(next),
        };
        if child == next {
            self.nodes.push(Node::new(word == "#"));
        }
        child
    }
}

impl<T> Router<T> {
    /// Calls `each` with the value of every matching pattern: a value under two matching patterns comes twice.
    pub fn visit<'a>(&'a self, key: &str, mut each: impl FnMut(&'a T)) {
        let mut active = Vec::with_capacity(8);
        let mut next = Vec::with_capacity(8);
        self.enter(ROOT, &mut active);
        for word in words_of_key(key) {
            next.clear();
            for node in active.iter().filter_map(|at| self.nodes.get(*at).map(|node| (*at, node))) {
                self.step(node, word, &mut next);
            }
            std::mem::swap(&mut active, &mut next);
        }
        active.sort_unstable();
        for node in active.iter().filter_map(|at| self.nodes.get(*at)) {
            node.values.iter().for_each(&mut each);
        }
    }

    /// Whether any pattern matches the key.
    pub fn is_match(&self, key: &str) -> bool {
        let mut any = false;
        self.visit(key, |_| any = true);
        any
    }

    fn step(&self, (at, node): (usize, &Node<T>), word: &str, next: &mut Vec<usize>) {
        if node.is_many {
            self.enter(at, next);
        }
        if let Some(child) = node.one {
            self.enter(child, next);
        }
        if let Some(child) = node.words.get(word) {
            self.enter(*child, next);
        }
    }

    /// A `#` may stand for no word at all, so who enters a node enters the node behind its `#` as well.
    fn enter(&self, at: usize, set: &mut Vec<usize>) {
        if set.contains(&at) {
            return;
        }
        set.push(at);
        if let Some(many) = self.nodes.get(at).and_then(|node| node.many) {
            self.enter(many, set);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_found_once_however_many_of_its_patterns_match() {
        let mut router = Router::default();
        for pattern in ["a.#", "#.c", "#.#", "a.*.c", "a.b.c"] {
            router.insert(&Pattern::try_new(pattern).unwrap(), "queue");
        }
        assert_eq!(router.matches("a.b.c"), [&"queue"]);
    }

    proptest! {
        #[test]
        fn the_trie_agrees_with_each_pattern_alone(
            patterns in proptest::collection::vec(
                proptest::collection::vec(proptest::sample::select(vec!["a", "b", "c", "*", "#"]), 1..6), 0..40),
            keys in proptest::collection::vec(
                proptest::collection::vec(proptest::sample::select(vec!["a", "b", "c", ""]), 0..6), 1..20),
        ) {
            let patterns: Vec<Pattern> = patterns.iter().map(|words| Pattern::try_new(&words.join(".")).unwrap()).collect();
            let mut router = Router::default();
            for (index, pattern) in patterns.iter().enumerate() {
                router.insert(pattern, index);
            }
            for key in keys {
                let key = key.join(".");
                let mut found: Vec<usize> = router.matches(&key).into_iter().copied().collect();
                found.sort_unstable();
                let expected: Vec<usize> =
                    patterns.iter().enumerate().filter(|(_, pattern)| pattern.matches(&key)).map(|(index, _)| index).collect();
                prop_assert_eq!(found, expected, "{}", key);
            }
        }
    }
}
