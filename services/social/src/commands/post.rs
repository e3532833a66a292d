//! Posts, and comments on them.

use axum::http::StatusCode;
use fabric::{http::Problem, identity::Identity};
use fabric_catalog::{
    social::{Audience, CommentAdded, PostCreated, PostDeleted},
    values::{Id, PrivateText},
};
use garde::Validate;
use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    access,
    model::{Model, Post, Stage},
};

/// Posts something.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct CreatePost {
    /// Who sees it: the author's connections, if that is not said.
    pub audience: Option<Audience>,
    /// The class or school that sees it.
    pub audience_id: Option<Id>,
    /// What it says.
    pub text: PrivateText<10_000>,
    /// Files that belong to it.
    #[serde(default)]
    #[garde(length(max = 20))]
    pub attachment_ids: Vec<Id>,
}

/// Comments on a post.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct AddComment {
    /// The comment that it replies to.
    pub parent_comment_id: Option<Id>,
    /// What it says.
    pub text: PrivateText<2_000>,
}

/// Why something is not posted, commented on or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PostRejection {
    /// A class or a school without saying which.
    #[error("audienceId: a post for a class or a school says which one")]
    NoAudience,
    /// A class or a school that the author does not belong to.
    #[error("audienceId: only who belongs to a class or a school, and staff, may post there")]
    NotInAudience,
    /// The post is not there, or not for this member's eyes.
    #[error("there is no such post")]
    UnknownPost,
    /// The comment is not there.
    #[error("parentCommentId: there is no such comment")]
    UnknownComment,
    /// Somebody else's post.
    #[error("only the author, a teacher, a counselor or an admin may delete a post")]
    NotYours,
}

impl From<PostRejection> for Problem {
    fn from(rejection: PostRejection) -> Self {
        use PostRejection::{NoAudience, NotInAudience, NotYours, UnknownComment, UnknownPost};
        let (status, code) = match rejection {
            NoAudience => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            NotInAudience | NotYours => (StatusCode::FORBIDDEN, "forbidden"),
            UnknownPost => (StatusCode::NOT_FOUND, "not_found"),
            UnknownComment => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_reference"),
        };
        Self::new(status, code, rejection.to_string())
    }
}

/// Decides a post with the id that it shall have.
pub fn create_post(
    model: &Model,
    by: &Identity,
    author: Id,
    post_id: Id,
    command: CreatePost,
    now: Timestamp,
) -> Result<PostCreated, PostRejection> {
    let audience = command.audience.unwrap_or(Audience::Connections);
    let needs_name = matches!(audience, Audience::Class | Audience::School);
    if needs_name && command.audience_id.is_none() {
        return Err(PostRejection::NoAudience);
    }
    let post = Post {
        author_id: author,
        audience,
        audience_id: command.audience_id.filter(|_| needs_name),
        text: command.text,
        attachment_ids: command.attachment_ids,
        posted_at: now,
    };
    if needs_name && !access::is_staff(by) && !model.follows(&post.author_id).contains(&Stage::of(&post)) {
        return Err(PostRejection::NotInAudience);
    }
    Ok(PostCreated {
        post_id,
        author_id: post.author_id,
        audience: post.audience,
        audience_id: post.audience_id,
        text: post.text,
        attachment_ids: post.attachment_ids,
        posted_at: post.posted_at,
    })
}

/// Decides to delete a post.
pub fn delete_post(
    model: &Model,
    by: &Identity,
    deleter: Id,
    post_id: Id,
    now: Timestamp,
) -> Result<PostDeleted, PostRejection> {
    let post = model.thread(&post_id).and_then(|thread| thread.post()).ok_or(PostRejection::UnknownPost)?;
    let is_moderator = access::moderates(by);
    if !is_moderator && !model.sees(&deleter, post) {
        return Err(PostRejection::UnknownPost);
    }
    if !is_moderator && post.author_id != deleter {
        return Err(PostRejection::NotYours);
    }
    Ok(PostDeleted { post_id, author_id: post.author_id.clone(), deleted_by_id: deleter, deleted_at: now })
}

/// Decides a comment with the id that it shall have.
pub fn add_comment(
    model: &Model,
    by: &Identity,
    author: Id,
    post_id: Id,
    comment_id: Id,
    command: AddComment,
    now: Timestamp,
) -> Result<CommentAdded, PostRejection> {
    let thread = model.thread(&post_id).ok_or(PostRejection::UnknownPost)?;
    let post = thread.post().ok_or(PostRejection::UnknownPost)?;
    if !access::moderates(by) && !model.sees(&author, post) {
        return Err(PostRejection::UnknownPost);
    }
    if command.parent_comment_id.as_ref().is_some_and(|parent| !thread.has_comment(parent)) {
        return Err(PostRejection::UnknownComment);
    }
    Ok(CommentAdded {
        comment_id,
        post_id,
        post_author_id: post.author_id.clone(),
        parent_comment_id: command.parent_comment_id,
        author_id: author,
        text: command.text,
        added_at: now,
    })
}
