//! `fabric new`: what a service, an event and a handler begin with. Everything that is written compiles, and is tested by what is
//! written beside it.

mod args;
mod check;
mod draft;
mod ground;
mod names;
mod template;

pub use args::New;

use std::path::{Path, PathBuf};

use fabric::{Pattern, Topic};

use self::{
    args::Service,
    draft::Draft,
    ground::{Ground, Workspace},
    names::Crate,
    template::{EventNames, Known},
};
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
    let own = Crate { name: name.clone(), topics: vec![topic.clone()], has_catalogue: true };
    check::service(name)?;
    check::event(&own, &topic)?;
    let event = EventNames::of(&topic);
    let subscription = format!("{}_log", topic.aggregate());
    let folder = arguments.dir.clone().unwrap_or_else(|| PathBuf::from(name));
    let workspace = Workspace::above(&folder);
    let ground = Ground::of(&folder, workspace.as_ref(), arguments.fabric_path.as_deref())?;
    let mut draft = Draft::new(&folder);
    draft.create("Cargo.toml", template::manifest(&own, &ground));
    for (path, text) in template::service(&own, &event, &subscription) {
        draft.create(path, text);
    }
    draft.create(&event.file(), template::event(&own, &topic, &event));
    draft.create(&handler_file(&subscription), template::typed_handler(&own, &topic, &event, &subscription));
    if let Some(member) = workspace.and_then(|workspace| workspace.member_to_add(&folder)) {
        draft.then(format!("add {member:?} to the `members` of your workspace"));
    }
    draft.then(format!("cargo test --manifest-path {}", folder.join("Cargo.toml").display()));
    Ok(draft)
}

fn new_event(topic: &Topic, folder: &Path) -> Outcome<Draft> {
    let own = Crate::at(folder)?;
    check::event(&own, topic)?;
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
    check::listened_to(own, on)?;
    let mut draft = Draft::new(folder);
    let is_topic = on.as_str() == sample.as_str();
    let known = known(on);
    if known.is_some() && !own.has_catalogue {
        draft.then(format!("add `fabric-catalog` to the dependencies in {}", folder.join("Cargo.toml").display()));
    }
    let text = match known {
        _ if own.topics.contains(&sample) && is_topic => {
            template::typed_handler(own, &sample, &EventNames::of(&sample), name)
        }
        Some(event) if is_topic => template::catalogue_handler(own, &event, name),
        Some(event) => template::handler_of_some(own, on, &event, name),
        None => template::handler_of_any(own, on, &sample, name),
    };
    draft.create(&handler_file(name), text);
    draft.insert("src/handlers/mod.rs", "pub mod ", &format!("pub mod {name};"))?;
    draft.insert("src/lib.rs", ".subscribe(", &format!(".subscribe(handlers::{name}::subscription())"))?;
    draft.then(format!("say what follows from {on}, in {}", folder.join(handler_file(name)).display()));
    draft.then(format!("cargo test --manifest-path {}", folder.join("Cargo.toml").display()));
    Ok(draft)
}

/// The first event of the catalogue that matches: its context's module has its type.
fn known(on: &Pattern) -> Option<Known> {
    let topic = fabric_catalog::matching(on).next()?.topic;
    let schema = fabric_catalog::schema(topic)?;
    let type_name = schema.get("title")?.as_str()?.to_owned();
    Some(Known { topic: Topic::try_new(topic).ok()?, type_name })
}

fn handler_file(name: &str) -> String {
    format!("src/handlers/{name}.rs")
}
