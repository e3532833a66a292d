//! `feed_projection`: keeps what feeds are made of.

use fabric::{Context, Fault, ReadModel};
use fabric_catalog::social::{
    CommentAdded, CommentDeleted, CommentEdited, ConnectionAccepted, ConnectionDeclined, ConnectionRemoved,
    ConnectionRequested, PostCreated, PostDeleted, PostEdited,
};

use crate::{
    State,
    model::{Model, Said, Status},
};

pub async fn post_created(event: PostCreated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model| model.post_created(event));
    Ok(())
}

pub async fn post_edited(event: PostEdited, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model| model.thread_mut(event.post_id.clone()).edited(event));
    Ok(())
}

pub async fn post_deleted(event: PostDeleted, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model| model.post_deleted(&event.post_id));
    Ok(())
}

pub async fn comment_added(event: CommentAdded, context: Context<State>) -> Result<(), Fault> {
    let said = Said {
        author_id: event.author_id,
        parent_comment_id: event.parent_comment_id,
        text: event.text,
        added_at: event.added_at,
    };
    update(&context, |model| model.thread_mut(event.post_id).comment_added(event.comment_id, said));
    Ok(())
}

pub async fn comment_edited(event: CommentEdited, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model| {
        model.thread_mut(event.post_id).comment_edited(event.comment_id, event.text, event.edited_at);
    });
    Ok(())
}

pub async fn comment_deleted(event: CommentDeleted, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model| model.thread_mut(event.post_id).comment_deleted(event.comment_id));
    Ok(())
}

/// Takes in a step of a connection, whose events name the connection and the two members alike.
macro_rules! connection_is {
    ($context:expr, $event:expr, $status:expr) => {
        update(&$context, |model| {
            model.connection($event.connection_id, $event.requester_id, $event.addressee_id, $status);
        })
    };
}

pub async fn connection_requested(event: ConnectionRequested, context: Context<State>) -> Result<(), Fault> {
    connection_is!(context, event, Status::Requested);
    Ok(())
}

pub async fn connection_accepted(event: ConnectionAccepted, context: Context<State>) -> Result<(), Fault> {
    connection_is!(context, event, Status::Accepted);
    Ok(())
}

pub async fn connection_declined(event: ConnectionDeclined, context: Context<State>) -> Result<(), Fault> {
    connection_is!(context, event, Status::Declined);
    Ok(())
}

pub async fn connection_removed(event: ConnectionRemoved, context: Context<State>) -> Result<(), Fault> {
    connection_is!(context, event, Status::Removed);
    Ok(())
}

fn update(context: &Context<State>, change: impl FnOnce(&mut Model)) {
    context.state().update(context.tenant(), change);
}
