//! What members may ask for. A command is checked, then decided by a pure function: the event that it causes, or why it
//! is refused.

mod connection;
mod post;
#[cfg(test)]
mod tests;

pub use connection::{ConnectionRejection, RequestConnection, accept_connection, request_connection};
pub use post::{AddComment, CreatePost, PostRejection, add_comment, create_post, delete_post};
