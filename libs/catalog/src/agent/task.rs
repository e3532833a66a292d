//! Tasks. What goes into one and comes out of it has the form that its agent knows: it may be about a student, so none of it is printed.

use jiff::Timestamp;

use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, PrivateObject, PrivateText, Share, not_before_if_known, vocabulary},
};

vocabulary! {
    /// What an agent is good at.
    pub enum AgentType: "an agent's type" {
        /// Finds things out.
        Researcher = "researcher",
        /// Draws conclusions.
        Analyzer = "analyzer",
        /// Makes something new.
        Creator = "creator",
        /// Judges what others made.
        Reviewer = "reviewer",
        /// Gives tasks to others.
        Coordinator = "coordinator",
    }

    /// How much a task matters.
    pub enum TaskPriority: "a task's priority" {
        /// May wait.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Before others.
        High = "high",
        /// Before everything.
        Critical = "critical",
    }

    /// How a completed task ended. Other systems have one event for every end: from them nothing else is taken here, as what failed or
    /// was cancelled has an event of its own.
    pub enum CompletedStatus: "a completed task's status" {
        /// It was completed.
        Completed = "completed",
    }
}

/// What a task used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct ResourceUsage {
    /// Time of processors, in milliseconds.
    #[garde(range(max = DURATION_MS_MAX))]
    pub cpu_time_ms: u64,
    /// The most memory that it had at once, in bytes.
    #[garde(range(max = MEMORY_BYTES_MAX))]
    pub memory_usage_bytes: u64,
    /// How many calls of other services it made.
    #[garde(range(max = 1_000_000_000))]
    pub api_calls: u64,
}

/// How good a result is, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct QualityMetrics {
    /// How much of it is right.
    pub accuracy: Share,
    /// How much of what was asked for is in it.
    pub completeness: Share,
    /// How much of it belongs to the matter.
    pub relevance: Share,
}

/// The most memory that is counted here: 1 PiB.
const MEMORY_BYTES_MAX: u64 = 1 << 50;

/// The longest duration that is counted here: 30 days.
const DURATION_MS_MAX: u64 = 2_592_000_000;

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// An agent was given a task.
    #[event(topic = "agent.task.assigned", owner = "academic")]
    #[event(key = "task_id", subject = "student_id", roles = "teacher admin operator")]
    pub struct TaskAssigned {
        /// The task.
        pub task_id: Id,
        /// The agent.
        pub agent_id: Id,
        /// What the agent is good at.
        pub agent_type: AgentType,
        /// What is to be done, such as `summarize_essay`.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub task_type: String,
        /// How much it matters.
        pub priority: TaskPriority,
        /// The student whom it is about, if it is about one.
        pub student_id: Option<Id>,
        /// What it is done with. What is larger lies in the store of files, and is named here.
        #[serde(default)]
        pub payload: PrivateObject,
        /// How long it is expected to take, in milliseconds.
        #[garde(range(max = DURATION_MS_MAX))]
        pub expected_duration_ms: Option<u64>,
        /// When.
        pub assigned_at: Timestamp,
        /// When it is of no use any more.
        #[garde(custom(not_before_if_known(Some(self.assigned_at))))]
        pub deadline_at: Option<Timestamp>,
    }
    example r#"{
        "taskId": "task-1", "agentId": "agent-3", "agentType": "analyzer", "taskType": "summarize_essay",
        "priority": "normal", "studentId": "u-11391",
        "payload": {"essay": {"of": "Ada Noel", "pages": ["page 1 of Ada", "page 2 of Ada"]}, "words": 200},
        "expectedDurationMs": 30000, "assignedAt": "2026-10-12T18:05:00Z", "deadlineAt": "2026-10-12T18:15:00Z"
    }"#

    /// An agent completed a task.
    #[event(topic = "agent.task.completed", owner = "academic")]
    #[event(key = "task_id", subject = "student_id", roles = "operator")]
    pub struct TaskCompleted {
        /// The task.
        pub task_id: Id,
        /// The agent.
        pub agent_id: Id,
        /// The student whom it is about, if it is about one.
        pub student_id: Option<Id>,
        /// How it ended.
        pub status: CompletedStatus,
        /// What came of it. What is larger lies in the store of files, and is named here.
        #[serde(default)]
        pub result: PrivateObject,
        /// How long it took, in milliseconds.
        #[garde(range(max = DURATION_MS_MAX))]
        pub execution_time_ms: u64,
        /// What it used up.
        #[garde(dive)]
        pub resource_usage: ResourceUsage,
        /// How good the result is, if it was judged.
        pub quality_metrics: Option<QualityMetrics>,
        /// When.
        pub completed_at: Timestamp,
    }
    example r#"{
        "taskId": "task-1", "agentId": "agent-3", "studentId": "u-11391", "status": "completed",
        "result": {"summary": "An essay on Babbage's engine.", "isWhole": true, "likeness": [0.8125, 0.4375]},
        "executionTimeMs": 28400,
        "resourceUsage": {"cpuTimeMs": 9120, "memoryUsageBytes": 268435456, "apiCalls": 4},
        "qualityMetrics": {"accuracy": 0.9375, "completeness": 0.875, "relevance": 1.0},
        "completedAt": "2026-10-12T18:05:29Z"
    }"#

    /// An agent could not do a task.
    #[event(topic = "agent.task.failed", owner = "academic")]
    #[event(key = "task_id", subject = "student_id", roles = "operator")]
    pub struct TaskFailed {
        /// The task.
        pub task_id: Id,
        /// The agent.
        pub agent_id: Id,
        /// The student whom it is about, if it is about one.
        pub student_id: Option<Id>,
        /// Why not, such as `deadline_missed`. Messages of programs may quote the payload, so they are left out.
        #[garde(length(max = 64), pattern("^[a-z][a-z0-9_]*$"))]
        pub code: String,
        /// Whether it may work later, or with another agent.
        pub is_retryable: bool,
        /// How long it took, in milliseconds.
        #[garde(range(max = DURATION_MS_MAX))]
        pub execution_time_ms: u64,
        /// What it used up.
        #[garde(dive)]
        pub resource_usage: ResourceUsage,
        /// When.
        pub failed_at: Timestamp,
    }
    example r#"{
        "taskId": "task-1", "agentId": "agent-3", "studentId": "u-11391", "code": "deadline_missed",
        "isRetryable": true, "executionTimeMs": 600000,
        "resourceUsage": {"cpuTimeMs": 91200, "memoryUsageBytes": 268435456, "apiCalls": 40},
        "failedAt": "2026-10-12T18:15:00Z"
    }"#

    /// A task was cancelled: nobody needs it any more.
    #[event(topic = "agent.task.cancelled", owner = "academic")]
    #[event(key = "task_id", subject = "student_id", roles = "teacher admin operator")]
    pub struct TaskCancelled {
        /// The task.
        pub task_id: Id,
        /// The agent.
        pub agent_id: Id,
        /// The student whom it is about, if it is about one.
        pub student_id: Option<Id>,
        /// Why.
        pub reason: Option<PrivateText<500>>,
        /// What it had used up, if the agent had begun.
        #[garde(dive)]
        pub resource_usage: Option<ResourceUsage>,
        /// Who cancelled it; nobody if a rule did.
        pub cancelled_by_id: Option<Id>,
        /// When.
        pub cancelled_at: Timestamp,
    }
    example r#"{
        "taskId": "task-1", "agentId": "agent-3", "studentId": "u-11391", "reason": "Ada withdrew the essay.",
        "resourceUsage": {"cpuTimeMs": 120, "memoryUsageBytes": 268435456, "apiCalls": 0},
        "cancelledById": "u-teacher", "cancelledAt": "2026-10-12T18:05:05Z"
    }"#
}
