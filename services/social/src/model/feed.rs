//! Feeds: what a member sees, newest first.
//!
//! A post stands on one stage, the one that its audience names. A member follows stages: the own one and those of the
//! members connected with, those of the own classes and schools, and the one for everybody. The feed is the newest
//! posts of all of them together. It is put together when it is read, so it cannot contradict the connections, whatever
//! came first.

use std::collections::{BTreeSet, HashMap};

use fabric_catalog::{social::Audience, values::Id};
use jiff::Timestamp;

use super::thread::Post;

/// The most posts that a feed has.
pub const FEED_LENGTH_MAX: usize = 200;

/// Where a post stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// In front of an author's connections.
    Author(Id),
    /// In front of a class.
    Class(Id),
    /// In front of a school.
    School(Id),
    /// In front of everybody.
    Everybody,
    /// Where nobody looks.
    Nowhere,
}

impl Stage {
    /// The stage of a post. The rules of the event do not allow one for a class or a school without saying which.
    pub fn of(post: &Post) -> Self {
        match (post.audience, post.audience_id.clone()) {
            (Audience::Connections, _) => Self::Author(post.author_id.clone()),
            (Audience::Class, Some(class)) => Self::Class(class),
            (Audience::School, Some(school)) => Self::School(school),
            (Audience::Everybody, _) => Self::Everybody,
            (Audience::Class | Audience::School, None) => Self::Nowhere,
        }
    }
}

/// The newest posts of each stage.
#[derive(Debug, Default)]
pub struct Stages(HashMap<Stage, BTreeSet<(Timestamp, Id)>>);

impl Stages {
    /// Puts a post on a stage. Nothing beyond what a feed can show is kept.
    pub fn put(&mut self, stage: Stage, posted_at: Timestamp, post: Id) {
        let posts = self.0.entry(stage).or_default();
        posts.insert((posted_at, post));
        if posts.len() > FEED_LENGTH_MAX {
            posts.pop_first();
        }
    }

    /// Takes a post off its stage.
    pub fn take(&mut self, stage: &Stage, posted_at: Timestamp, post: &Id) {
        if let Some(posts) = self.0.get_mut(stage) {
            posts.remove(&(posted_at, post.clone()));
        }
    }

    /// The newest posts of several stages together, newest first.
    pub fn newest<'a>(&'a self, stages: &BTreeSet<Stage>, limit: usize) -> Vec<&'a Id> {
        let posts = stages.iter().filter_map(|stage| self.0.get(stage));
        let mut newest: Vec<_> = posts.flat_map(|posts| posts.iter().rev().take(limit)).collect();
        newest.sort_unstable_by(|one, other| other.cmp(one));
        newest.into_iter().take(limit).map(|(_, post)| post).collect()
    }
}
