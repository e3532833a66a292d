//! `fabric new`: what a service, an event and a handler begin with. Everything that is written compiles, and is tested by what is
//! written beside it.

mod args;
mod draft;
mod names;
mod template;

pub use args::New;

use std::path::{Path, PathBuf};

use fabric::{Pattern, Topic};

use self::{args::Service, draft::Draft, names::Crate, template::EventNames};
use crate::{Outcome, args::Common, exit::Failure, output};

pub fn run(common: &Common, new: &New) -> Outcome {
    let written = match new {
        New::Service(service) => new_service(service)?,
        New::Event(event) => new_event(&event.topic, &event.dir)?,
        New::Handler(handler) => {
            new_handler(&Crate::at(&handler.dir)?, handler.subscription.as_str(), &handler.on, &handler.dir)?
        }
    }
    .write()?;
    output::show(common.json, &written, ToString::to_string)
}

fn new_service(arguments: &Service) -> Outcome<Draft> {
    let name = &arguments.name;
    let topic = match &arguments.event {
        Some(topic) => topic.clone(),
        None => Topic::try_new(&format!("{name}.item.added")).map_err(|error| Failure::Usage(error.to_string()))?,
    };
    let own = Crate { name: name.clone() };
    let event = EventNames::of(&topic);
    let subscription = format!("{}_log", topic.aggregate());
    let folder = arguments.dir.clone().unwrap_or_else(|| PathBuf::from(name));
    let mut draft = Draft::new(&folder);
    draft.create("Cargo.toml", template::manifest(&own, fabric_path(arguments)?.as_deref()));
    for (path, text) in template::service(&own, &event, &subscription) {
        draft.create(path, text);
    }
    draft.create(&event.file(), template::event(&own, &topic, &event));
    draft.create(&handler_file(&subscription), template::typed_handler(&own, &topic, &event, &subscription));
    if arguments.fabric_path.is_none() {
        draft.then(format!("add {:?} to the `members` of your workspace", folder.display().to_string()));
    }
    draft.then(format!("cargo test --manifest-path {}", folder.join("Cargo.toml").display()));
    Ok(draft)
}

/// The repository to depend on, so that it is found from wherever the crate is.
fn fabric_path(arguments: &Service) -> Outcome<Option<PathBuf>> {
    let Some(given) = &arguments.fabric_path else { return Ok(None) };
    let whole = given.canonicalize().ok().filter(|path| path.join("libs/fabric/Cargo.toml").is_file());
    let not_there = || Failure::Usage(format!("--fabric-path: {} has no libs/fabric/Cargo.toml", given.display()));
    whole.map(Some).ok_or_else(not_there)
}

fn new_event(topic: &Topic, folder: &Path) -> Outcome<Draft> {
    let own = Crate::at(folder)?;
    let event = EventNames::of(topic);
    let mut draft = Draft::new(folder);
    draft.create(&event.file(), template::event(&own, topic, &event));
    let EventNames { type_name, module } = &event;
    draft.insert("src/events/mod.rs", "mod ", &format!("mod {module};"))?;
    draft.insert("src/events/mod.rs", "pub use ", &format!("pub use {module}::{type_name};"))?;
    draft.insert("src/events/mod.rs", "Descriptor::of::<", &format!("Descriptor::of::<{type_name}>(),"))?;
    draft.then(format!("give {type_name} its fields, in {}", folder.join(event.file()).display()));
    draft.then(format!("fabric new handler {}.NAME --on {topic} --dir {}", own.name, folder.display()));
    Ok(draft)
}

fn new_handler(own: &Crate, subscription: &str, on: &Pattern, folder: &Path) -> Outcome<Draft> {
    let name = names::of_subscription(own, subscription)?;
    let sample = names::sample_of(on)?;
    let event = EventNames::of(&sample);
    let is_own = on.as_str() == sample.as_str() && folder.join(event.file()).is_file();
    let text = if is_own {
        template::typed_handler(own, &sample, &event, name)
    } else {
        template::handler_of_any(own, on, &sample, name)
    };
    let mut draft = Draft::new(folder);
    draft.create(&handler_file(name), text);
    draft.insert("src/handlers/mod.rs", "pub mod ", &format!("pub mod {name};"))?;
    draft.insert("src/lib.rs", ".subscribe(", &format!(".subscribe(handlers::{name}::subscription())"))?;
    draft.then(format!("say what follows from {on}, in {}", folder.join(handler_file(name)).display()));
    draft.then(format!("cargo test --manifest-path {}", folder.join("Cargo.toml").display()));
    Ok(draft)
}

fn handler_file(name: &str) -> String {
    format!("src/handlers/{name}.rs")
}
