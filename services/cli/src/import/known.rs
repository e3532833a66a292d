//! What is remembered of the rows that have gone by: only what later rows refer to, and ids only as hashes.
//!
//! | remembered | until | bytes of memory |
//! |---|---|---|
//! | ids of organizations, sessions, courses, users, categories | the end | 10 to 21 each |
//! | classes with their schools, line items with their classes, categories and scales | the end | about 200 each |
//! | ids of enrollments, results, demographics, roles | the end of their file | 10 to 21 each |
//! | ids of users whose rows are still to come | the end of the users | 10 to 21 each |
//! | what people are, and where (1.2) | the end of the users | 32 a row |
//!
//! An id is kept as 64 bits of a hash with a secret of this run: 8 bytes, and what a hash table needs around them. Two ids of a
//! file with ten million rows have the same hash once in 370,000 imports; then one of them is rejected as a duplicate.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::{BuildHasher, BuildHasherDefault, Hasher},
};

use academic::commands::{AssignmentFacts, ClassFacts};
use fabric_catalog::values::{Id, PersonRole};
use jiff::civil::Date;

use super::file::File;

/// The hash of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u64);

/// A set of ids.
pub type Ids = HashSet<Key, BuildHasherDefault<AsItIs>>;

/// What a person is at an organization.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// What the person is there.
    pub role: PersonRole,
    /// Whether it is the person's main role.
    pub is_primary: bool,
    /// The first day.
    pub begin_date: Option<Date>,
    /// The last day.
    pub end_date: Option<Date>,
}

#[derive(Debug, Clone, Copy)]
struct RoleRow {
    user: Key,
    org: u32,
    held: Held,
}

/// What is remembered.
#[derive(Debug, Default)]
pub struct Known {
    secret: RandomState,
    accepted: [Ids; File::ALL.len()],
    /// Ids of rows that are still to come, for references to rows further down.
    expected: [Ids; File::ALL.len()],
    classes: HashMap<Key, ClassFacts, BuildHasherDefault<AsItIs>>,
    line_items: HashMap<Key, AssignmentFacts, BuildHasherDefault<AsItIs>>,
    roles: Vec<RoleRow>,
    role_orgs: Vec<Id>,
}

impl Known {
    /// Remembers that a row with this id will come.
    pub fn expect(&mut self, file: File, id: &str) {
        let key = self.key(id);
        self.expected[file.index()].insert(key);
    }

    /// Remembers that the row with this id has come, whatever becomes of it.
    pub fn has_come(&mut self, file: File, id: &str) {
        let key = self.key(id);
        self.expected[file.index()].remove(&key);
    }

    /// Whether a row of the file with this id was accepted, or will come.
    pub fn has_or_expects(&self, file: File, id: &str) -> bool {
        let key = self.key(id);
        self.accepted[file.index()].contains(&key) || self.expected[file.index()].contains(&key)
    }

    /// Remembers an accepted row.
    pub fn accept(&mut self, file: File, id: &str) {
        let key = self.key(id);
        self.accepted[file.index()].insert(key);
    }

    /// Whether a row of the file with this id was accepted.
    pub fn has(&self, file: File, id: &str) -> bool {
        self.accepted[file.index()].contains(&self.key(id))
    }

    /// Remembers a class.
    pub fn add_class(&mut self, id: &Id, facts: ClassFacts) {
        self.classes.insert(self.key(id.as_str()), facts);
    }

    /// Remembers a line item.
    pub fn add_line_item(&mut self, id: &Id, facts: AssignmentFacts) {
        self.line_items.insert(self.key(id.as_str()), facts);
    }

    /// Remembers what a person is at an organization.
    pub fn add_role(&mut self, user: &Id, org: &Id, held: Held) {
        // A bundle has few organizations, and the rows of one often follow each other.
        let place = self.role_orgs.iter().rposition(|known| known == org).unwrap_or_else(|| {
            self.role_orgs.push(org.clone());
            self.role_orgs.len() - 1
        });
        let (user, org) = (self.key(user.as_str()), u32::try_from(place).unwrap_or(u32::MAX));
        self.roles.push(RoleRow { user, org, held });
    }

    /// What a person is at which organizations, in the order of the rows.
    pub fn roles_of(&self, user: &Id) -> impl Iterator<Item = (Held, &Id)> {
        let user = self.key(user.as_str());
        let start = self.roles.partition_point(|row| row.user < user);
        let rows = self.roles.iter().skip(start).take_while(move |row| row.user == user);
        rows.filter_map(|row| Some((row.held, self.role_orgs.get(row.org as usize)?)))
    }

    /// Forgets what no row of a further file refers to.
    pub fn end_of(&mut self, file: File) {
        self.expected[file.index()] = Ids::default();
        match file {
            // Sorting keeps rows of a person in their order, and makes them easy to find.
            File::Roles => self.roles.sort_by_key(|row| row.user),
            File::Users => (self.roles, self.role_orgs) = (Vec::new(), Vec::new()),
            _ => {}
        }
        if matches!(file, File::Roles | File::Enrollments | File::Results | File::Demographics) {
            self.accepted[file.index()] = Ids::default();
        }
    }

    /// How many bytes the sets of ids take.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        let sets = self.accepted.iter().chain(&self.expected);
        // A table has eight places for every seven that it says it has room for, and a byte of its own beside each.
        sets.map(|set| set.capacity() * 8 / 7 * (size_of::<Key>() + 1)).sum()
    }

    fn key(&self, id: &str) -> Key {
        Key(self.secret.hash_one(id))
    }
}

/// What the academic service's commands ask of a bundle.
impl academic::commands::Known for Known {
    fn has_organization(&self, id: &Id) -> bool {
        self.has_or_expects(File::Orgs, id.as_str())
    }

    fn has_session(&self, id: &Id) -> bool {
        self.has_or_expects(File::AcademicSessions, id.as_str())
    }

    fn has_course(&self, id: &Id) -> bool {
        self.has(File::Courses, id.as_str())
    }

    fn has_category(&self, id: &Id) -> bool {
        self.has(File::Categories, id.as_str())
    }

    fn class(&self, id: &Id) -> Option<ClassFacts> {
        self.classes.get(&self.key(id.as_str())).cloned()
    }

    fn assignment(&self, id: &Id) -> Option<AssignmentFacts> {
        self.line_items.get(&self.key(id.as_str())).cloned()
    }

    /// The standard asks of a result only that its student is there, not that the student is in the class.
    fn is_student(&self, _: &Id, person: &Id) -> bool {
        self.has(File::Users, person.as_str())
    }

    fn is_enrolled(&self, _: &Id, _: &Id) -> bool {
        false
    }
}

/// What the user service's commands ask of a bundle.
impl user::commands::import::References for Known {
    fn has_person(&self, id: &Id) -> bool {
        self.has(File::Users, id.as_str())
    }

    fn has_class(&self, id: &Id) -> bool {
        self.has(File::Classes, id.as_str())
    }

    fn has_organization(&self, id: &Id) -> bool {
        self.has(File::Orgs, id.as_str())
    }
}

/// Takes a hash for what it is.
#[derive(Debug, Default, Clone, Copy)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
