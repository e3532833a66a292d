//! Agents: programs that are given tasks, and what became of these. Everything about one task stays in order.

mod task;

pub use task::{
    AgentType, CompletedStatus, QualityMetrics, ResourceUsage, TaskAssigned, TaskCancelled, TaskCompleted, TaskFailed,
    TaskPriority,
};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[task::EVENTS];
