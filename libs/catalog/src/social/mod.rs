//! Social: posts, comments, reactions and connections between members.

mod connection;
mod post;

pub use connection::{ConnectionAccepted, ConnectionDeclined, ConnectionRemoved, ConnectionRequested};
pub use post::{
    Audience, CommentAdded, CommentDeleted, CommentEdited, PostCreated, PostDeleted, PostEdited, Reaction,
    ReactionAdded, ReactionRemoved,
};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[connection::EVENTS, post::EVENTS];
