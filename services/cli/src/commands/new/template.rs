//! The texts that are written.

use fabric::{Pattern, Topic};

use super::{ground::Ground, names::Crate};

/// What an event is called in Rust.
pub struct EventNames {
    /// Its type, such as `LunchOrdered`.
    pub type_name: String,
    /// Its module, such as `lunch_ordered`.
    pub module: String,
}

impl EventNames {
    /// The names of a topic's event.
    pub fn of(topic: &Topic) -> Self {
        let module = format!("{}_{}", topic.aggregate(), topic.action());
        Self { type_name: capitalized(&module), module }
    }

    /// Its file.
    pub fn file(&self) -> String {
        format!("src/events/{}.rs", self.module)
    }
}

/// `Cargo.toml`.
pub fn manifest(own: &Crate, ground: &Ground) -> String {
    let (text, fabric) = match ground {
        Ground::Workspace => (include_str!("templates/manifest_of_workspace.toml"), String::new()),
        Ground::Copy(path) => (include_str!("templates/manifest_with_path.toml"), path.display().to_string()),
    };
    // The path may hold signs that mean something in TOML.
    let quoted = |folder: &str| toml::Value::String(format!("{fabric}/libs/{folder}")).to_string();
    let values = [("fabric", quoted("fabric")), ("catalog", quoted("catalog")), ("testkit", quoted("testkit"))];
    let values = values.iter().map(|(name, path)| (*name, path.as_str())).chain([("service", own.name.as_str())]);
    filled(text, &values.collect::<Vec<_>>())
}

/// The files around the first event and its handler.
pub fn service(own: &Crate, event: &EventNames, subscription: &str) -> [(&'static str, String); 6] {
    let values = [
        ("service", own.name.as_str()),
        ("Event", event.type_name.as_str()),
        ("event", event.module.as_str()),
        ("name", subscription),
    ];
    [
        ("src/lib.rs", include_str!("templates/lib.txt")),
        ("src/main.rs", include_str!("templates/main.txt")),
        ("src/model.rs", include_str!("templates/model.txt")),
        ("src/events/mod.rs", include_str!("templates/events.txt")),
        ("src/handlers/mod.rs", include_str!("templates/handlers.txt")),
        ("tests/it.rs", include_str!("templates/it.txt")),
    ]
    .map(|(path, text)| (path, filled(text, &values)))
}

/// An event with its test.
pub fn event(own: &Crate, topic: &Topic, event: &EventNames) -> String {
    let aggregate = topic.aggregate().replace('_', " ");
    let article = if aggregate.starts_with(['a', 'e', 'i', 'o']) { "An" } else { "A" };
    // Without an owner it is the topic's first word.
    let owner = if topic.context() == own.name { String::new() } else { format!(", owner = \"{}\"", own.name) };
    let json_field = uncapitalized(&capitalized(&format!("{}_id", topic.aggregate())));
    filled(
        include_str!("templates/event.txt"),
        &[
            ("topic", topic.as_str()),
            ("description", &format!("{article} {aggregate} was {}.", topic.action().replace('_', " "))),
            ("what", &aggregate),
            ("Event", &event.type_name),
            ("aggregate", topic.aggregate()),
            ("jsonField", &json_field),
            ("owner", &owner),
        ],
    )
}

/// A subscription to an event of this crate, with its handler and test.
pub fn typed_handler(own: &Crate, topic: &Topic, event: &EventNames, subscription: &str) -> String {
    filled(
        include_str!("templates/handler.txt"),
        &[
            ("service", &own.name),
            ("name", subscription),
            ("topic", topic.as_str()),
            ("Event", &event.type_name),
            ("event", &event.module),
        ],
    )
}

/// An event of the catalogue.
pub struct Known {
    /// Its topic.
    pub topic: Topic,
    /// What its type is called, in the module of its context.
    pub type_name: String,
}

/// A subscription to an event of the catalogue, with its handler and test.
pub fn catalogue_handler(own: &Crate, event: &Known, subscription: &str) -> String {
    filled(
        include_str!("templates/handler_of_catalogue.txt"),
        &[
            ("service", &own.name),
            ("name", subscription),
            ("topic", event.topic.as_str()),
            ("context", event.topic.context()),
            ("Event", &event.type_name),
            ("event", &EventNames::of(&event.topic).module),
        ],
    )
}

/// A subscription to events of whatever type that are in the catalogue, with its handler, and a test with one of them.
pub fn handler_of_some(own: &Crate, pattern: &Pattern, event: &Known, subscription: &str) -> String {
    filled(
        include_str!("templates/handler_of_some.txt"),
        &[
            ("service", &own.name),
            ("name", subscription),
            ("pattern", pattern.as_str()),
            ("context", event.topic.context()),
            ("Event", &event.type_name),
        ],
    )
}

/// A subscription to events of whatever type that only others know, with its handler, and a test with one that is made up.
pub fn handler_of_any(own: &Crate, pattern: &Pattern, sample: &Topic, subscription: &str) -> String {
    filled(
        include_str!("templates/handler_of_any.txt"),
        &[("service", &own.name), ("name", subscription), ("pattern", pattern.as_str()), ("sample", sample.as_str())],
    )
}

/// The text with each `{{name}}` replaced by its value.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

/// `lunch_ordered` as `LunchOrdered`.
fn capitalized(words: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    words.split('_').map(capital).collect()
}

fn uncapitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
