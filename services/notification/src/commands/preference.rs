//! The channels on which people want notices.

use std::collections::BTreeSet;

use fabric_catalog::notification::Channel;
use garde::Validate;
use serde::Deserialize;

/// Says on which channels a person does not want notices. An emergency comes nevertheless.
///
/// There is no event of the catalogue for it that this service may publish, so it is remembered here and nowhere else.
#[derive(Debug, Clone, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct UpdatePreference {
    /// The channels; none for all that there are.
    pub muted_channels: BTreeSet<Channel>,
}
