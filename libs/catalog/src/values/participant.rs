//! Who takes part in a conversation.

use serde::{Deserialize, Serialize};

use super::{AccountRole, Id};
use crate::declare::{JsonSchema, Validate};

/// Somebody who takes part in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Participant {
    /// Who takes part.
    pub participant_id: Id,
    /// What the person takes part as.
    pub role: AccountRole,
}
