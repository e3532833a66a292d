//! What the service remembers, per tenant. The models are apart, so that handlers of different contexts do not wait for each other.

use fabric::{InMemory, ReadModel as _, TenantId};
use fabric_catalog::values::{Id, Score, Weight};

use crate::{
    commands::{AssignmentFacts, ClassFacts, Known},
    model::{
        analytics::{StudentAnalytics, TopicCounters},
        audit::AuditTrail,
        cases::Cases,
        gpa::Transcripts,
        gradebook::Gradebook,
        roster::Roster,
    },
};

/// The read models of the academic service.
#[derive(Debug, Default)]
pub struct Models {
    /// Results, averages, classes' figures.
    pub gradebook: InMemory<Gradebook>,
    /// Grade point averages.
    pub transcripts: InMemory<Transcripts>,
    /// Interventions.
    pub cases: InMemory<Cases>,
    /// Organizations, classes, people in them.
    pub roster: InMemory<Roster>,
    /// Changes of grades.
    pub gradebook_audit: InMemory<AuditTrail>,
    /// Changes of rosters.
    pub rostering_audit: InMemory<AuditTrail>,
    /// How often each topic happened.
    pub topics: InMemory<TopicCounters>,
    /// How much students were graded.
    pub activity: InMemory<StudentAnalytics>,
}

impl Models {
    /// Decides on a command with what is known of the tenant.
    pub fn decide<R>(&self, tenant: &TenantId, decision: impl FnOnce(&Snapshot<'_>) -> R) -> R {
        self.roster
            .read(tenant, |roster| self.gradebook.read(tenant, |gradebook| decision(&Snapshot { roster, gradebook })))
    }
}

/// What commands may look at, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Snapshot<'a> {
    /// The roster.
    pub roster: &'a Roster,
    /// The gradebook.
    pub gradebook: &'a Gradebook,
}

impl Known for Snapshot<'_> {
    fn has_organization(&self, org_id: &Id) -> bool {
        self.roster.organization(org_id).is_some()
    }

    fn has_session(&self, session_id: &Id) -> bool {
        self.roster.session(session_id).is_some()
    }

    fn has_course(&self, course_id: &Id) -> bool {
        self.roster.course(course_id).is_some()
    }

    fn has_category(&self, category_id: &Id) -> bool {
        self.gradebook.weights().knows(category_id)
    }

    fn class(&self, class_id: &Id) -> Option<ClassFacts> {
        let class = self.roster.class(class_id)?;
        Some(ClassFacts { school_id: class.facts()?.school_id.clone(), is_archived: class.is_archived() })
    }

    fn assignment(&self, line_item_id: &Id) -> Option<AssignmentFacts> {
        self.gradebook.assignment(line_item_id).cloned()
    }

    fn is_student(&self, class_id: &Id, person_id: &Id) -> bool {
        self.roster.class(class_id).is_some_and(|class| class.was_student(person_id))
    }

    fn is_enrolled(&self, class_id: &Id, person_id: &Id) -> bool {
        let member = self.roster.class(class_id).and_then(|class| class.member(person_id));
        member.is_some_and(|member| member.is_active)
    }

    fn score(&self, student_id: &Id, class_id: &Id, line_item_id: &Id) -> Option<Score> {
        self.gradebook.result(student_id, class_id, line_item_id).map(|result| result.score)
    }

    fn weight(&self, class_id: Option<&Id>, category_id: &Id) -> Option<Weight> {
        self.gradebook.weights().set_weight(class_id, category_id)
    }
}
