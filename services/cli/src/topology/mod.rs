//! What stands on the broker and what should: what `fabric topology` does between the pure core, which decides, and the broker.
//!
//! Numbers of messages that the management API gives are some seconds old. Whatever is taken away here is asked for its depth by
//! AMQP, too, and the larger number counts: see [`Desk::exact`].

mod apply;
mod desk;
mod drift;
mod migrate;
mod moving;
mod passwords;
mod prune;
mod vhost;

pub use apply::{Done, apply};
pub use desk::{Desk, Users, definitions};
pub use drift::{Drift, Drifted};
pub use migrate::{described, migrate, next_step};
pub use passwords::Passwords;
pub use prune::{Kept, prune};
pub use vhost::vhost;

use fabric::{
    core::topology::MigrationError,
    management::ManagementError,
    runtime::ports::{ClaimError, DepthError},
};

use crate::exit::Failure;

/// The key of the configuration that says where the management API is and who we are there.
const MANAGEMENT_URL: &str = "topology.management_url";

impl From<ClaimError> for Failure {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::Taken { .. } => Self::Refused(
                "somebody else is migrating it, or was until the connection was lost a moment ago".to_owned(),
            ),
            ClaimError::Forbidden { .. } => Self::Refused(error.to_string()),
            ClaimError::Away { .. } => Self::Unreachable(error.to_string()),
        }
    }
}

impl From<ManagementError> for Failure {
    fn from(error: ManagementError) -> Self {
        match error {
            ManagementError::Away { .. }
            | ManagementError::Unauthorized
            | ManagementError::Forbidden { .. }
            | ManagementError::Answer { .. } => Self::Unreachable(format!("{MANAGEMENT_URL}: {error}")),
            ManagementError::Refused { .. }
            | ManagementError::Unconditional { .. }
            | ManagementError::NotFound { .. } => Self::Refused(error.to_string()),
        }
    }
}

impl From<DepthError> for Failure {
    fn from(error: DepthError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

impl From<MigrationError> for Failure {
    fn from(error: MigrationError) -> Self {
        match error {
            MigrationError::NodeDown(_) | MigrationError::MemberDown { .. } => Self::NotReady(error.to_string()),
            MigrationError::Reorders(_) => Self::Refused(format!("{error}; if they may be: --accept-reordering")),
            MigrationError::Unknown(_) | MigrationError::StandbyTaken(_) | MigrationError::Missing(_) => {
                Self::Refused(error.to_string())
            }
        }
    }
}
