//! Names that become names of Rust too.

use std::path::Path;

use fabric::{Pattern, Topic, core::topic::is_word};

use crate::{Outcome, exit::Failure};

/// The crate of a service.
pub struct Crate {
    /// Its name, which is the service's.
    pub name: String,
    /// The topics of its events.
    pub topics: Vec<Topic>,
    /// Whether it depends on the catalogue.
    pub has_catalogue: bool,
}

impl Crate {
    /// The crate in a folder. Fails when there is none.
    pub fn at(folder: &Path) -> Outcome<Self> {
        let path = folder.join("Cargo.toml");
        let refused = |reason: &dyn std::fmt::Display| {
            Failure::Refused(format!("{}: {reason}; `fabric new service` writes one", path.display()))
        };
        let text = std::fs::read_to_string(&path).map_err(|error| refused(&error))?;
        let manifest: toml::Table = text.parse().map_err(|_| refused(&"it is not TOML"))?;
        let name = manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
        Ok(Self {
            name: name.ok_or_else(|| refused(&"it has no package"))?.to_owned(),
            topics: topics_in(&folder.join("src/events")),
            has_catalogue: manifest.get("dependencies").is_some_and(|all| all.get("fabric-catalog").is_some()),
        })
    }
}

/// The topics of the events in a folder, as their attributes say them. What cannot be read has none.
fn topics_in(folder: &Path) -> Vec<Topic> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = files.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let mut topics: Vec<Topic> = texts
        .flat_map(|text| {
            let named: Vec<Topic> = text
                .split("topic = \"")
                .skip(1)
                .filter_map(|rest| Topic::try_new(rest.split('"').next()?).ok())
                .collect();
            named
        })
        .collect();
    topics.sort_unstable();
    topics
}

/// Checks the name of a service, which is the name of its crate and the first word of its topics.
pub fn service(name: &str) -> Result<String, String> {
    if let Some(reason) = unfit(name) {
        return Err(format!("a service's name {reason}"));
    }
    if TAKEN.contains(&name) {
        return Err(format!("another crate is called {name}"));
    }
    Ok(name.to_owned())
}

/// The name of a service's subscription without the service. Fails when it belongs to another service or is no name of a module.
pub fn of_subscription<'a>(own: &Crate, subscription: &'a str) -> Outcome<&'a str> {
    let usage = |reason: String| Err(Failure::Usage(format!("{subscription}: {reason}")));
    match subscription.split_once('.') {
        None => usage("a subscription is SERVICE.NAME, such as canteen.kitchen_plan".to_owned()),
        Some((service, _)) if service != own.name => usage(format!("this crate is the service {}", own.name)),
        Some((_, name)) => match unfit(name) {
            Some(reason) => usage(format!("the name after the service {reason}")),
            None => Ok(name),
        },
    }
}

/// A topic that the pattern matches. Fails when there is none, since topics have three words.
pub fn sample_of(pattern: &Pattern) -> Outcome<Topic> {
    let given = pattern.words().filter(|word| *word != "#").count();
    let mut missing = 3_usize.saturating_sub(given);
    let mut words = Vec::new();
    for word in pattern.words() {
        match word {
            "#" => words.extend(std::iter::repeat_n("any", std::mem::take(&mut missing))),
            "*" => words.push("any"),
            literal => words.push(literal),
        }
    }
    Topic::try_new(&words.join(".")).map_err(|error| Failure::Usage(format!("no topic matches {pattern}: {error}")))
}

/// Why a name cannot be one of Rust's, if it cannot.
fn unfit(name: &str) -> Option<&'static str> {
    if !is_word(name) {
        return Some("starts with a letter and has only a-z, 0-9 and _");
    }
    KEYWORDS.contains(&name).then_some("must not be a word of Rust's own")
}

/// Names that the crates beside it have.
const TAKEN: [&str; 9] = ["alloc", "core", "fabric", "fabric_testkit", "garde", "serde", "std", "test", "tokio"];

/// What Rust keeps for itself, in lower case.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_must_be_one_of_a_service_and_of_rust() {
        assert_eq!(service("canteen"), Ok("canteen".to_owned()));
        let table = [
            ("Canteen", "starts with a letter"),
            ("", "starts with a letter"),
            ("school-canteen", "only a-z"),
            ("match", "word of Rust's own"),
            ("fabric", "another crate"),
        ];
        for (name, says) in table {
            assert!(service(name).unwrap_err().contains(says), "{name}");
        }
        let own = Crate { name: "canteen".to_owned(), topics: Vec::new(), has_catalogue: true };
        assert!(of_subscription(&own, "canteen.kitchen_plan").is_ok_and(|name| name == "kitchen_plan"));
        for subscription in ["canteen", "library.plan", "canteen.plan.b", "canteen.2", "canteen.type", "canteen."] {
            assert!(matches!(of_subscription(&own, subscription), Err(Failure::Usage(_))), "{subscription}");
        }
    }

    #[test]
    fn a_pattern_has_a_topic_that_it_matches() {
        let table = [
            ("a.b.c", Some("a.b.c")),
            ("a.*.c", Some("a.any.c")),
            ("#", Some("any.any.any")),
            ("a.#", Some("a.any.any")),
            ("a.#.c", Some("a.any.c")),
            ("#.*.#", Some("any.any.any")),
            ("a.b.c.#", Some("a.b.c")),
            ("a.b", None),
            ("a.b.c.d", None),
            ("*.*.*.*.#", None),
        ];
        for (pattern, expected) in table {
            let pattern: Pattern = pattern.parse().unwrap();
            let sample = sample_of(&pattern).ok();
            assert_eq!(sample.as_ref().map(Topic::as_str), expected, "{pattern}");
            assert!(sample.is_none_or(|topic| pattern.matches(topic.as_str())), "{pattern}");
        }
    }
}
