//! What is remembered of the rows that have gone by: only what later rows refer to, and ids only as hashes.
//!
//! | remembered | until | bytes of memory |
//! |---|---|---|
//! | ids of organizations, sessions, courses, users, categories | the end | 10 to 21 each |
//! | ids of classes with their schools | the end | about 150 each |
//! | ids of line items with their scales, classes and categories | the end | about 150 each |
//! | ids of enrollments, results, demographics | the end of their file | 10 to 21 each |
//! | ids of users that stand in the file | the end of the users | 10 to 21 each |
//! | what people are, and where (1.2) | the end of the users | 32 a row |
//!
//! An id is kept as 64 bits of a hash with a secret of this run: 8 bytes, and what a hash table needs around them. Two ids of a
//! file with ten million rows have the same hash once in 370,000 imports; then one of them is rejected as a duplicate.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::{BuildHasher, BuildHasherDefault, Hasher},
    sync::Arc,
};

use fabric_catalog::values::{Id, PersonRole, Score};
use jiff::civil::Date;
use user::commands::import::References;

use super::file::File;

/// The hash of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u64);

/// A set of ids.
pub type Ids = HashSet<Key, BuildHasherDefault<AsItIs>>;

/// What is remembered of a class.
#[derive(Debug)]
pub struct Class {
    /// The class.
    pub id: Id,
    /// Its school.
    pub school_id: Id,
}

/// What is remembered of a line item.
#[derive(Debug, Clone)]
pub struct LineItem {
    /// Its class.
    pub class: Arc<Class>,
    /// Its category.
    pub category_id: Id,
    /// The lowest score.
    pub min: Score,
    /// The highest score.
    pub max: Score,
}

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
    /// Ids that stand in a file, whether their rows are accepted or not, for references within the file.
    standing: [Ids; File::ALL.len()],
    classes: HashMap<Key, Arc<Class>, BuildHasherDefault<AsItIs>>,
    line_items: HashMap<Key, LineItem, BuildHasherDefault<AsItIs>>,
    roles: Vec<RoleRow>,
    role_orgs: Vec<Id>,
}

impl Known {
    /// Remembers that an id stands in a file.
    pub fn stands(&mut self, file: File, id: &str) {
        let key = self.key(id);
        self.standing[file.index()].insert(key);
    }

    /// Whether the id stands in the file, before or after the row at hand.
    pub fn is_standing(&self, file: File, id: &str) -> bool {
        self.standing[file.index()].contains(&self.key(id))
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
    pub fn add_class(&mut self, id: Id, school_id: Id) {
        self.classes.insert(self.key(id.as_str()), Arc::new(Class { id, school_id }));
    }

    /// A class that was accepted.
    pub fn class(&self, id: &str) -> Option<&Arc<Class>> {
        self.classes.get(&self.key(id))
    }

    /// Remembers a line item.
    pub fn add_line_item(&mut self, id: &Id, item: LineItem) {
        self.line_items.insert(self.key(id.as_str()), item);
    }

    /// A line item that was accepted.
    pub fn line_item(&self, id: &str) -> Option<&LineItem> {
        self.line_items.get(&self.key(id))
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
        self.standing[file.index()] = Ids::default();
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

    fn key(&self, id: &str) -> Key {
        Key(self.secret.hash_one(id))
    }
}

/// What the user service asks of a bundle.
impl References for Known {
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
