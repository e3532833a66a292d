//! `social_notice`: tells members of comments on their posts and of requests to connect.

use fabric::{Context, Fault};
use fabric_catalog::{
    social::{CommentAdded, ConnectionRequested},
    values::Id,
};

use super::{Notice, ask, read};
use crate::State;

pub async fn comment_added(event: CommentAdded, context: Context<State>) -> Result<(), Fault> {
    // Whoever comments on an own post knows about it.
    if event.author_id == event.post_author_id {
        return Ok(());
    }
    tell(context, event.post_author_id, "comment_added", &event.author_id).await
}

pub async fn connection_requested(event: ConnectionRequested, context: Context<State>) -> Result<(), Fault> {
    tell(context, event.addressee_id, "connection_requested", &event.requester_id).await
}

async fn tell(context: Context<State>, recipient: Id, template: &'static str, member: &Id) -> Result<(), Fault> {
    let name = read(&context, |model| model.directory.name_of(member)).unwrap_or_else(|| "A member".to_owned());
    let notice = Notice { recipient, subject: None, template, variables: vec![("member", name)] };
    ask(&context, notice).await
}
