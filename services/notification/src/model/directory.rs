//! Whom a notice can reach, and what it can call things.

use std::collections::HashMap;

use fabric::{Latest, Moment};
use fabric_catalog::values::{EmailAddress, Id, Language, PersonName};

/// People and assignments, as far as notices need them.
#[derive(Debug, Default)]
pub struct Directory {
    people: HashMap<Id, Person>,
    titles: HashMap<Id, Latest<String>>,
}

/// A person, as far as notices need one.
#[derive(Debug, Default)]
pub struct Person {
    /// Where e-mails go, if anywhere.
    pub email: Latest<Option<EmailAddress>>,
    /// Given name: the one that the person prefers.
    pub given_name: Latest<PersonName>,
    /// Family name.
    pub family_name: Latest<PersonName>,
    /// The language that the person reads best.
    pub language: Latest<Option<Language>>,
    /// Who acts for the person.
    pub guardians: Latest<Vec<Id>>,
}

impl Directory {
    /// A person who is known.
    pub fn person(&self, id: &Id) -> Option<&Person> {
        self.people.get(id)
    }

    /// A person, to be changed.
    pub fn person_mut(&mut self, id: Id) -> &mut Person {
        self.people.entry(id).or_default()
    }

    /// What somebody is called, if it is known.
    pub fn name_of(&self, id: &Id) -> Option<String> {
        let person = self.people.get(id)?;
        let names: Vec<&str> = [&person.given_name, &person.family_name]
            .into_iter()
            .filter_map(|name| Some(name.get()?.as_str()))
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// Who acts for somebody.
    pub fn guardians_of(&self, id: &Id) -> &[Id] {
        self.people.get(id).and_then(|person| person.guardians.get()).map_or(&[], Vec::as_slice)
    }

    /// What an assignment is called, if it is known.
    pub fn title_of(&self, assignment: &Id) -> Option<&str> {
        self.titles.get(assignment).and_then(Latest::get).map(String::as_str)
    }

    /// Takes in what an assignment is called.
    pub fn set_title(&mut self, assignment: Id, at: Moment, title: String) {
        self.titles.entry(assignment).or_default().set(at, title);
    }
}

impl Person {
    /// Takes in what a person is called.
    pub fn set_name(&mut self, at: Moment, given: PersonName, family: PersonName) {
        self.given_name.set(at, given);
        self.family_name.set(at, family);
    }
}
