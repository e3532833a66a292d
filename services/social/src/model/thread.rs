//! A post with what was said to it.

use std::collections::BTreeMap;

use fabric_catalog::{
    social::{Audience, PostCreated, PostEdited},
    values::{Id, PrivateText},
};
use jiff::Timestamp;
use serde::Serialize;

/// A post with its comments. It may not be known yet, when news of it came in another order, or not any more.
#[derive(Debug, Default)]
pub struct Thread {
    post: Option<Post>,
    edit: Option<Edit>,
    comments: BTreeMap<Id, Comment>,
    deleted: bool,
}

/// What a member posted.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Who wrote it.
    pub author_id: Id,
    /// Who sees it.
    pub audience: Audience,
    /// The class or school that sees it.
    pub audience_id: Option<Id>,
    /// What it says.
    pub text: PrivateText<10_000>,
    /// Files that belong to it.
    pub attachment_ids: Vec<Id>,
    /// When.
    pub posted_at: Timestamp,
}

#[derive(Debug)]
struct Edit {
    text: PrivateText<10_000>,
    attachment_ids: Vec<Id>,
    at: Timestamp,
}

/// What a member said to a post.
#[derive(Debug, Default)]
struct Comment {
    said: Option<Said>,
    edit: Option<(Timestamp, PrivateText<2_000>)>,
    deleted: bool,
}

/// A comment as it reads now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// Who wrote it.
    pub author_id: Id,
    /// The comment that it replies to.
    pub parent_comment_id: Option<Id>,
    /// What it says.
    pub text: PrivateText<2_000>,
    /// When.
    pub added_at: Timestamp,
}

/// A post as it reads now.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// What it says.
    pub text: PrivateText<10_000>,
    /// Files that belong to it.
    pub attachment_ids: Vec<Id>,
    /// When it was last changed, if it was.
    pub edited_at: Option<Timestamp>,
}

impl Thread {
    /// Takes in the post, unless it was deleted.
    pub fn created(&mut self, event: PostCreated) {
        if self.deleted {
            return;
        }
        self.post = Some(Post {
            author_id: event.author_id,
            audience: event.audience,
            audience_id: event.audience_id,
            text: event.text,
            attachment_ids: event.attachment_ids,
            posted_at: event.posted_at,
        });
    }

    /// Takes in a change of the post. Of two, the later one counts.
    pub fn edited(&mut self, event: PostEdited) {
        if !self.deleted && self.edit.as_ref().is_none_or(|edit| edit.at <= event.edited_at) {
            self.edit = Some(Edit { text: event.text, attachment_ids: event.attachment_ids, at: event.edited_at });
        }
    }

    /// Takes in that the post was deleted. Nothing of it is kept but that.
    pub fn deleted(&mut self) {
        *self = Self { deleted: true, ..Self::default() };
    }

    /// Takes in a comment.
    pub fn comment_added(&mut self, id: Id, said: Said) {
        let comment = self.comments.entry(id).or_default();
        if !comment.deleted {
            comment.said = Some(said);
        }
    }

    /// Takes in a change of a comment. Of two, the later one counts.
    pub fn comment_edited(&mut self, id: Id, text: PrivateText<2_000>, at: Timestamp) {
        let edit = &mut self.comments.entry(id).or_default().edit;
        if edit.as_ref().is_none_or(|(before, _)| *before <= at) {
            *edit = Some((at, text));
        }
    }

    /// Takes in that a comment was deleted. Nothing of it is kept but that.
    pub fn comment_deleted(&mut self, id: Id) {
        self.comments.insert(id, Comment { deleted: true, ..Comment::default() });
    }

    /// The post, if it is there.
    pub fn post(&self) -> Option<&Post> {
        self.post.as_ref().filter(|_| !self.deleted)
    }

    /// The post as it reads now.
    pub fn reading(&self) -> Option<Reading> {
        let post = self.post()?;
        let (text, attachment_ids, edited_at) = match &self.edit {
            Some(edit) => (&edit.text, &edit.attachment_ids, Some(edit.at)),
            None => (&post.text, &post.attachment_ids, None),
        };
        Some(Reading { text: text.clone(), attachment_ids: attachment_ids.clone(), edited_at })
    }

    /// The comments as they read now, oldest first.
    pub fn comments(&self) -> Vec<(&Id, Said)> {
        let reads = |comment: &Comment| {
            let said = comment.said.clone().filter(|_| !comment.deleted)?;
            let text = comment.edit.as_ref().map_or_else(|| said.text.clone(), |(_, text)| text.clone());
            Some(Said { text, ..said })
        };
        let mut comments: Vec<_> =
            self.comments.iter().filter_map(|(id, comment)| Some((id, reads(comment)?))).collect();
        comments.sort_by_key(|(_, said)| said.added_at);
        comments
    }

    /// Whether a comment is there.
    pub fn has_comment(&self, id: &Id) -> bool {
        self.comments.get(id).is_some_and(|comment| comment.said.is_some() && !comment.deleted)
    }
}
