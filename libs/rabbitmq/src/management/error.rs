//! Why a call failed.

/// Why a call of the management API failed. No text has a password in it, or a part of an answer that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManagementError {
    /// It cannot be reached, does not answer in time, or cannot do anything now. What was asked for may have been done or not; it may
    /// be asked for again.
    #[error("the management API is away: {detail}")]
    Away {
        /// What was met.
        detail: String,
    },
    /// It does not know the user, or not with this password.
    #[error("the management API refuses the user or the password")]
    Unauthorized,
    /// The user lacks a tag or a permission.
    #[error("the user may not {what}: {detail}")]
    Forbidden {
        /// What it tried, such as `read the nodes`.
        what: String,
        /// What the broker said.
        detail: String,
    },
    /// It cannot be done: it stands otherwise, is in use, or is nothing that the broker knows.
    #[error("the broker refuses {resource}: {detail}")]
    Refused {
        /// What it is about, such as `the queue academic.audit`.
        resource: String,
        /// What the broker said.
        detail: String,
    },
    /// The broker cannot delete this queue under a condition: up to 4.x none can with a quorum queue. Make sure by AMQP that it has
    /// neither messages nor consumers, and that nothing is bound to it, and delete it without a condition.
    #[error("the broker cannot delete {resource} under a condition")]
    Unconditional {
        /// The queue.
        resource: String,
    },
    /// It is not there, or what it needs is not, or the virtual host is not.
    #[error("there is no such thing as {resource}, or as its virtual host")]
    NotFound {
        /// What it is about.
        resource: String,
    },
    /// The answer is not one of a management API.
    #[error("{endpoint} gave an answer that cannot be read: look at {field}")]
    Answer {
        /// What was called, such as `GET /api/nodes`.
        endpoint: String,
        /// What in the answer is wrong, such as `[0].running`.
        field: String,
    },
}
