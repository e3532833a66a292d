//! What the service remembers of one tenant, and how events change it. Every change comes out the same in whatever
//! order, and however often, the events arrive.

mod connection;
mod feed;
mod membership;
#[cfg(test)]
mod tests;
mod thread;

use std::collections::{BTreeSet, HashMap};

use fabric_catalog::{social::PostCreated, values::Id};

pub use connection::{Connection, Status};
use feed::Stages;
pub use feed::{FEED_LENGTH_MAX, Stage};
pub use membership::{Memberships, Place};
pub use thread::{Post, Reading, Said, Thread};

/// What the service remembers of one tenant.
#[derive(Debug, Default)]
pub struct Model {
    threads: HashMap<Id, Thread>,
    stages: Stages,
    connections: HashMap<Id, Connection>,
    connections_of: HashMap<Id, BTreeSet<Id>>,
    /// Which classes and schools members belong to.
    pub memberships: Memberships,
}

impl Model {
    /// A post that is there, with its comments.
    pub fn thread(&self, post: &Id) -> Option<&Thread> {
        self.threads.get(post).filter(|thread| thread.post().is_some())
    }

    /// A post, known or not, to be changed.
    pub fn thread_mut(&mut self, post: Id) -> &mut Thread {
        self.threads.entry(post).or_default()
    }

    /// Takes in a post. If news came that it was deleted, it stays so.
    pub fn post_created(&mut self, event: PostCreated) {
        let id = event.post_id.clone();
        let thread = self.threads.entry(id.clone()).or_default();
        thread.created(event);
        if let Some(post) = thread.post() {
            self.stages.put(Stage::of(post), post.posted_at, id);
        }
    }

    /// Takes in that a post was deleted.
    pub fn post_deleted(&mut self, id: &Id) {
        let thread = self.threads.entry(id.clone()).or_default();
        if let Some(post) = thread.post() {
            self.stages.take(&Stage::of(post), post.posted_at, id);
        }
        thread.deleted();
    }

    /// Takes in how far a connection has come.
    pub fn connection(&mut self, id: Id, requester_id: Id, addressee_id: Id, status: Status) {
        for member in [&requester_id, &addressee_id] {
            self.connections_of.entry(member.clone()).or_default().insert(id.clone());
        }
        let connection = self.connections.entry(id).or_insert(Connection { requester_id, addressee_id, status });
        connection.status = connection.status.max(status);
    }

    /// A connection by its id.
    pub fn connection_by_id(&self, id: &Id) -> Option<&Connection> {
        self.connections.get(id)
    }

    /// The connections that a member has, asked for, or had.
    pub fn connections_of(&self, member: &Id) -> impl Iterator<Item = (&Id, &Connection)> {
        let ids = self.connections_of.get(member).into_iter().flatten();
        ids.filter_map(|id| Some((id, self.connections.get(id)?)))
    }

    /// Whether a member sees a post: the author does, and whoever follows its stage.
    pub fn sees(&self, member: &Id, post: &Post) -> bool {
        post.author_id == *member || self.follows(member).contains(&Stage::of(post))
    }

    /// The stages that a member follows.
    pub fn follows(&self, member: &Id) -> BTreeSet<Stage> {
        let accepted = self.connections_of(member).filter(|(_, connection)| connection.status == Status::Accepted);
        let authors = accepted.filter_map(|(_, connection)| connection.other_than(member)).chain([member]);
        let mut stages = self.memberships.stages(member);
        stages.extend(authors.map(|author| Stage::Author(author.clone())));
        stages.insert(Stage::Everybody);
        stages
    }

    /// A member's feed, newest first: at most so many posts, and never more than [`FEED_LENGTH_MAX`].
    pub fn feed(&self, member: &Id, limit: usize) -> impl Iterator<Item = (&Id, &Thread)> {
        let newest = self.stages.newest(&self.follows(member), limit.min(FEED_LENGTH_MAX));
        newest.into_iter().filter_map(|id| Some((id, self.thread(id)?)))
    }
}
