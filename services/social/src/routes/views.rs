//! What queries answer.

use fabric_catalog::{social::Audience, values::Id};
use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Connection, Model, Reading, Said, Thread};

/// How many comments a feed shows of each post: the newest ones.
const COMMENTS_SHOWN_MAX: usize = 3;

/// A member's feed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedView {
    member_id: Id,
    posts: Vec<PostView>,
}

/// A post in a feed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostView {
    post_id: Id,
    author_id: Id,
    audience: Audience,
    audience_id: Option<Id>,
    posted_at: Timestamp,
    #[serde(flatten)]
    reading: Reading,
    comments_count: usize,
    newest_comments: Vec<CommentView>,
}

/// A comment in a feed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CommentView {
    comment_id: Id,
    #[serde(flatten)]
    said: Said,
}

impl FeedView {
    pub fn of(model: &Model, member_id: Id, limit: usize) -> Self {
        let posts = model.feed(&member_id, limit).filter_map(|(id, thread)| PostView::of(id, thread)).collect();
        Self { member_id, posts }
    }
}

impl PostView {
    fn of(id: &Id, thread: &Thread) -> Option<Self> {
        let (post, comments) = (thread.post()?, thread.comments());
        let comments_count = comments.len();
        let newest = comments.into_iter().rev().take(COMMENTS_SHOWN_MAX);
        Some(Self {
            post_id: id.clone(),
            author_id: post.author_id.clone(),
            audience: post.audience,
            audience_id: post.audience_id.clone(),
            posted_at: post.posted_at,
            reading: thread.reading()?,
            comments_count,
            newest_comments: newest.map(|(id, said)| CommentView { comment_id: id.clone(), said }).collect(),
        })
    }
}

/// One of a member's connections.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    connection_id: Id,
    #[serde(flatten)]
    connection: Connection,
}

impl ConnectionView {
    pub fn of((id, connection): (&Id, &Connection)) -> Self {
        Self { connection_id: id.clone(), connection: connection.clone() }
    }
}
