//! `demographic_data`: keeps what schools must report.

use fabric::{Context, Fault};
use fabric_catalog::demographics::DemographicDataUpdated;

use super::update;
use crate::State;

pub async fn updated(event: DemographicDataUpdated, context: Context<State>) -> Result<(), Fault> {
    update(&context, |model, at| model.set_demographics(at, event));
    Ok(())
}
