//! Analytics: live counters of everything that happens, and of what students are graded.

use fabric::{AnyEvent, Fault, ReadModel as _};
use fabric_catalog::gradebook::GradePosted;

use super::Academic;
use crate::model::mark::Mark;

/// The firehose: counts every event of every context, once.
pub async fn analytics_event(event: AnyEvent, context: Academic) -> Result<(), Fault> {
    let metadata = context.metadata();
    let count = |counters: &mut crate::model::analytics::TopicCounters| counters.count(event.topic(), metadata.time);
    context.state().topics.update_once(context.tenant(), "analytics_event", metadata.id, count);
    Ok(())
}

/// Student analytics: counts every posted grade, once.
pub async fn student_analytics(event: GradePosted, context: Academic) -> Result<(), Fault> {
    let metadata = context.metadata();
    context.state().activity.update_once(context.tenant(), "student_analytics", metadata.id, |activity| {
        activity.count(&event.student_id, Mark::of(event.score_percent), metadata.time);
    });
    Ok(())
}
