//! Users: what they may do, as far as they are ours.

use std::collections::BTreeSet;

use super::{Compared, MISSING, whole};
use crate::topology::{
    Argument, Change, Class, Permission, Resource, TopicPermission, UserDefinition, expression::exactly, plan::or_noop,
};

/// The tag of those who may do everything with the broker.
const ADMINISTRATOR: &str = "administrator";

/// A part of something by its name.
type Part<T> = (&'static str, fn(&T) -> &String);

pub(super) fn changes(compared: &Compared<'_>) -> Vec<Change> {
    let of_user = |(name, wanted): (&String, &UserDefinition)| {
        let resource = Resource::User(name.clone());
        match compared.actual.definitions.users.get(name) {
            None => vec![whole(resource, Class::Create, MISSING)],
            Some(actual) => of_user(&resource, actual, wanted),
        }
    };
    compared.wanted.users.iter().flat_map(of_user).collect()
}

fn of_user(resource: &Resource, actual: &UserDefinition, wanted: &UserDefinition) -> Vec<Change> {
    let mut fields = Fields { resource, changes: Vec::new() };
    let tags = |user: &UserDefinition| user.tags.iter().cloned().collect::<Vec<_>>().join(",");
    let loses_everything = actual.tags.contains(ADMINISTRATOR) && !wanted.tags.contains(ADMINISTRATOR);
    let (class, reason) = if loses_everything {
        let reason = "it administers the broker, perhaps for whoever runs this: that is somebody else's to take away";
        (Class::Dangerous, reason)
    } else {
        (Class::Safe, "it says what the user may see of the management")
    };
    fields.compare("tags", Some(&tags(actual)), Some(&tags(wanted)), class, reason);
    let both = (actual.permission.as_ref(), wanted.permission.as_ref());
    let parts: [Part<Permission>; 3] = [
        ("permission.configure", |permission| &permission.configure),
        ("permission.read", |permission| &permission.read),
        ("permission.write", |permission| &permission.write),
    ];
    for (field, part) in parts {
        fields.compare(field, both.0.map(part), both.1.map(part), Class::Safe, reason_of(both.0.map(part)));
    }
    let none = exactly([]);
    let exchanges: BTreeSet<&String> = actual.topics.keys().chain(wanted.topics.keys()).collect();
    for exchange in exchanges {
        let (actual, wanted) = (actual.topics.get(exchange), wanted.topics.get(exchange));
        let reason = match (actual, wanted) {
            (None, _) => "without an entry every key is allowed there",
            (Some(_), _) => "it should have exactly the keys that it needs",
        };
        let parts: [Part<TopicPermission>; 2] = [("read", |topic| &topic.read), ("write", |topic| &topic.write)];
        for (verb, part) in parts {
            // Single entries cannot be taken away, and all of them only with every key allowed meanwhile: so one that is not
            // needed allows none.
            let wanted = wanted.map_or(&none, part);
            fields.compare(&format!("topics.{exchange}.{verb}"), actual.map(part), Some(wanted), Class::Safe, reason);
        }
    }
    or_noop(fields.changes, resource)
}

fn reason_of(actual: Option<&String>) -> &'static str {
    match actual.map(String::as_str) {
        None | Some("" | "^$") => "it lacks rights that it needs",
        Some(".*" | "^.*$") => {
            "it has every right, and keeps those that it needs; what else it does with them will be refused"
        }
        Some(_) => "it should have exactly the rights that it needs; what else it does will be refused",
    }
}

struct Fields<'a> {
    resource: &'a Resource,
    changes: Vec<Change>,
}

impl Fields<'_> {
    fn compare(&mut self, field: &str, actual: Option<&String>, wanted: Option<&String>, class: Class, reason: &str) {
        if actual != wanted {
            let text = |text: &String| Argument::Text(text.clone());
            self.changes.push(Change {
                class,
                resource: self.resource.clone(),
                field: Some(field.to_owned()),
                actual: actual.map(text),
                wanted: wanted.map(text),
                reason: reason.to_owned(),
            });
        }
    }
}
