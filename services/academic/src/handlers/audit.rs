//! Audit: who changed what. Payloads are not looked at, so an entry gives away nothing but that something was changed.

use fabric::{AnyEvent, Fault, InMemory, ReadModel as _};

use super::Academic;
use crate::model::audit::AuditTrail;

/// Logs every change of a grade.
pub async fn gradebook_audit(_event: AnyEvent, context: Academic) -> Result<(), Fault> {
    add("gradebook_audit", &context.state().gradebook_audit, &context);
    Ok(())
}

/// Logs every change of a roster.
pub async fn rostering_audit(_event: AnyEvent, context: Academic) -> Result<(), Fault> {
    add("rostering_audit", &context.state().rostering_audit, &context);
    Ok(())
}

fn add(handler: &'static str, trail: &InMemory<AuditTrail>, context: &Academic) {
    let metadata = context.metadata();
    trail.update_once(context.tenant(), handler, metadata.id, |trail| trail.add(metadata.into()));
}
