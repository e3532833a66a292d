//! Posts, and what members say to them. Everything about one post stays in order.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateText, vocabulary},
};

vocabulary! {
    /// Who sees a post.
    pub enum Audience: "an audience" {
        /// The members whom the author is connected with.
        Connections = "connections",
        /// A class.
        Class = "class",
        /// A school.
        School = "school",
        /// Everybody of the tenant.
        Everybody = "everybody",
    }

    /// What a member thinks of a post or comment.
    pub enum Reaction: "a reaction" {
        /// Likes it.
        Like = "like",
        /// Loves it.
        Love = "love",
        /// Celebrates it.
        Celebrate = "celebrate",
        /// Supports it.
        Support = "support",
        /// Learned from it.
        Insightful = "insightful",
    }
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A member wrote a post.
    #[event(topic = "social.post.created", owner = "social")]
    #[event(key = "post_id", subject = "author_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct PostCreated {
        /// The post.
        pub post_id: Id,
        /// Who wrote it.
        pub author_id: Id,
        /// Who sees it.
        pub audience: Audience,
        /// The class or school that sees it.
        #[garde(custom(named_if_needed(self.audience)))]
        pub audience_id: Option<Id>,
        /// What it says.
        pub text: PrivateText<10_000>,
        /// Files that belong to it.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub attachment_ids: Vec<Id>,
        /// When.
        pub posted_at: Timestamp,
    }
    example r#"{
        "postId": "post-1", "authorId": "u-11391", "audience": "class", "audienceId": "k-AAA-2026J",
        "text": "Who wants to learn together with Ada?", "attachmentIds": [], "postedAt": "2026-10-05T15:00:00Z"
    }"#

    /// A member changed a post.
    #[event(topic = "social.post.edited", owner = "social")]
    #[event(key = "post_id", subject = "author_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct PostEdited {
        /// The post.
        pub post_id: Id,
        /// Who wrote it.
        pub author_id: Id,
        /// What it says now.
        pub text: PrivateText<10_000>,
        /// Files that belong to it now.
        #[serde(default)]
        #[garde(length(max = 20))]
        pub attachment_ids: Vec<Id>,
        /// When.
        pub edited_at: Timestamp,
    }
    example r#"{
        "postId": "post-1", "authorId": "u-11391", "text": "Who wants to learn together with Ada on Friday?",
        "attachmentIds": ["file-7"], "editedAt": "2026-10-05T15:05:00Z"
    }"#

    /// A post was deleted, with its comments and reactions.
    #[event(topic = "social.post.deleted", owner = "social")]
    #[event(key = "post_id", subject = "author_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct PostDeleted {
        /// The post.
        pub post_id: Id,
        /// Who wrote it.
        pub author_id: Id,
        /// Who deleted it.
        pub deleted_by_id: Id,
        /// When.
        pub deleted_at: Timestamp,
    }
    example r#"{
        "postId": "post-1", "authorId": "u-11391", "deletedById": "u-11391", "deletedAt": "2026-10-06T07:00:00Z"
    }"#

    /// A member commented on a post.
    #[event(topic = "social.comment.added", aggregate = "post", owner = "social")]
    #[event(key = "post_id", subject = "author_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct CommentAdded {
        /// The comment.
        pub comment_id: Id,
        /// The post.
        pub post_id: Id,
        /// Who wrote the post, and is told about the comment.
        pub post_author_id: Id,
        /// The comment that it replies to.
        pub parent_comment_id: Option<Id>,
        /// Who wrote the comment.
        pub author_id: Id,
        /// What it says.
        pub text: PrivateText<2_000>,
        /// When.
        pub added_at: Timestamp,
    }
    example r#"{
        "commentId": "c-1", "postId": "post-1", "postAuthorId": "u-11391", "parentCommentId": null,
        "authorId": "u-28400",
        "text": "I do, Ada!", "addedAt": "2026-10-05T15:10:00Z"
    }"#

    /// A member changed a comment.
    #[event(topic = "social.comment.edited", aggregate = "post", owner = "social")]
    #[event(key = "post_id", subject = "author_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct CommentEdited {
        /// The comment.
        pub comment_id: Id,
        /// The post.
        pub post_id: Id,
        /// Who wrote the comment.
        pub author_id: Id,
        /// What it says now.
        pub text: PrivateText<2_000>,
        /// When.
        pub edited_at: Timestamp,
    }
    example r#"{
        "commentId": "c-1", "postId": "post-1", "authorId": "u-28400", "text": "I do, dear Ada!",
        "editedAt": "2026-10-05T15:11:00Z"
    }"#

    /// A comment was deleted.
    #[event(topic = "social.comment.deleted", aggregate = "post", owner = "social")]
    #[event(key = "post_id", subject = "author_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct CommentDeleted {
        /// The comment.
        pub comment_id: Id,
        /// The post.
        pub post_id: Id,
        /// Who wrote the comment.
        pub author_id: Id,
        /// Who deleted it.
        pub deleted_by_id: Id,
        /// When.
        pub deleted_at: Timestamp,
    }
    example r#"{
        "commentId": "c-1", "postId": "post-1", "authorId": "u-28400", "deletedById": "u-teacher",
        "deletedAt": "2026-10-06T07:00:00Z"
    }"#

    /// A member reacted to a post or a comment.
    #[event(topic = "social.reaction.added", aggregate = "post", owner = "social")]
    #[event(key = "post_id", subject = "member_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ReactionAdded
    /// A member took a reaction back.
    #[event(topic = "social.reaction.removed", aggregate = "post", owner = "social")]
    #[event(key = "post_id", subject = "member_id")]
    #[event(roles = "student guardian teacher tutor verified_tutor counselor admin")]
    pub struct ReactionRemoved {
        /// The post.
        pub post_id: Id,
        /// The comment; the post itself if none is named.
        pub comment_id: Option<Id>,
        /// Who reacted.
        pub member_id: Id,
        /// How.
        pub reaction: Reaction,
        /// When it was added or removed.
        pub changed_at: Timestamp,
    }
    example r#"{
        "postId": "post-1", "commentId": null, "memberId": "u-28400", "reaction": "like",
        "changedAt": "2026-10-05T15:12:00Z"
    }"#
}

/// The rule that a class or a school that sees a post must be named.
fn named_if_needed(audience: Audience) -> impl FnOnce(&Option<Id>, &()) -> garde::Result {
    move |id, ()| match (audience, id) {
        (Audience::Class | Audience::School, None) => Err(garde::Error::new("not set")),
        _ => Ok(()),
    }
}
