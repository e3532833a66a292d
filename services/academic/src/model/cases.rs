//! Interventions: at most one open academic case per student and class, whatever rules find.
//!
//! A rule that finds something triggers: it opens a case, or adds its reason to the open one. What a trigger says again says
//! nothing new, with one exception: the same event that said it first, delivered again, gives the same reaction again. It may
//! have come again because publishing the reaction failed.

use std::collections::{BTreeMap, HashMap};

use fabric::EventId;
use fabric_catalog::{
    intervention::{
        CaseClosed, CaseCreated, CaseOutcome, CaseStatus, CaseUpdated, InterventionKind, TierChanged, TriggerReason,
    },
    values::{Id, Percent},
};
use jiff::Timestamp;
use serde::Serialize;

/// All cases.
#[derive(Debug, Default)]
pub struct Cases {
    by_id: HashMap<Id, Case>,
    /// The open academic case of each student in each class.
    open: HashMap<(Id, Option<Id>), Id>,
}

/// A case, as it stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// The case.
    pub case_id: Id,
    /// The student.
    pub student_id: Id,
    /// The school.
    pub school_id: Id,
    /// The class that it is about.
    pub class_id: Option<Id>,
    /// What the help is about.
    pub kind: InterventionKind,
    /// What set it off.
    pub reasons: Vec<TriggerReason>,
    /// How much help, from 1 to 3.
    pub tier: u8,
    /// Where it stands; none when it is closed.
    pub status: Option<CaseStatus>,
    /// How it ended, if it did.
    pub outcome: Option<CaseOutcome>,
    /// Who looks after the student.
    pub assigned_to_id: Option<Id>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When somebody last changed it.
    pub changed_at: Timestamp,
    /// Which event gave which reason.
    #[serde(skip)]
    causes: BTreeMap<TriggerReason, EventId>,
    /// Which rule opened it.
    #[serde(skip)]
    opened_for: Option<TriggerReason>,
}

/// What a rule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// The student.
    pub student_id: Id,
    /// The class.
    pub class_id: Id,
    /// The school.
    pub school_id: Id,
    /// Which rule it was.
    pub reason: TriggerReason,
    /// How much help the rule asks for, from 1 to 3.
    pub tier: u8,
    /// The result that set it off, if one did.
    pub result_id: Option<Id>,
    /// What was measured.
    pub measured: Option<Percent>,
    /// What it was measured against.
    pub threshold: Option<Percent>,
}

/// What is to be told because of a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// A case was opened.
    Opened(Id),
    /// There is a case, and the reason is a new one.
    Joined(Id),
    /// Nothing new.
    Nothing,
}

impl Cases {
    /// Takes in what a rule found because of an event. `new_id` is the id of the case if one must be opened: it must follow from
    /// the event, so that the event opens the same case when it comes again.
    pub fn trigger(&mut self, trigger: &Trigger, cause: EventId, new_id: Id, now: Timestamp) -> Reaction {
        let place = (trigger.student_id.clone(), Some(trigger.class_id.clone()));
        let Some(open) = self.open.get(&place).and_then(|id| self.by_id.get_mut(id)) else {
            if self.by_id.contains_key(&new_id) {
                return Reaction::Nothing;
            }
            self.open(Case::of(trigger, cause, new_id.clone(), now));
            return Reaction::Opened(new_id);
        };
        if !open.reasons.contains(&trigger.reason) {
            open.reasons.push(trigger.reason);
            open.causes.insert(trigger.reason, cause);
        }
        match open.causes.get(&trigger.reason) == Some(&cause) {
            true if open.opened_for == Some(trigger.reason) => Reaction::Opened(open.case_id.clone()),
            true => Reaction::Joined(open.case_id.clone()),
            false => Reaction::Nothing,
        }
    }

    /// Takes in a case that was opened, by a rule or by somebody.
    pub fn created(&mut self, event: &CaseCreated) {
        if !self.by_id.contains_key(&event.case_id) {
            self.open(Case {
                case_id: event.case_id.clone(),
                student_id: event.student_id.clone(),
                school_id: event.school_id.clone(),
                class_id: event.class_id.clone(),
                kind: *event.kind.get(),
                reasons: vec![*event.reason.get()],
                tier: *event.tier.get(),
                status: Some(CaseStatus::Open),
                outcome: None,
                assigned_to_id: event.assigned_to_id.clone(),
                opened_at: event.opened_at,
                changed_at: event.opened_at,
                causes: BTreeMap::new(),
                opened_for: None,
            });
        }
    }

    /// Takes in how a case stands.
    pub fn updated(&mut self, event: &CaseUpdated) {
        self.change(&event.case_id, event.updated_at, |case| {
            case.status = Some(*event.status.get());
            case.tier = *event.tier.get();
            case.assigned_to_id.clone_from(&event.assigned_to_id);
        });
    }

    /// Takes in that a student gets more help, or less.
    pub fn tier_changed(&mut self, event: &TierChanged) {
        self.change(&event.case_id, event.changed_at, |case| case.tier = *event.tier.get());
    }

    /// Takes in that a case was closed. The next trigger opens another one.
    pub fn closed(&mut self, event: &CaseClosed) {
        let changed = self.change(&event.case_id, event.closed_at, |case| {
            case.status = None;
            case.outcome = Some(*event.outcome.get());
        });
        if let Some(place) = changed.map(Case::place)
            && self.open.get(&place) == Some(&event.case_id)
        {
            self.open.remove(&place);
        }
    }

    /// A case by its id.
    pub fn get(&self, case_id: &Id) -> Option<&Case> {
        self.by_id.get(case_id)
    }

    /// The cases that `wanted` says true of, the newest first.
    pub fn list(&self, limit: usize, wanted: impl Fn(&Case) -> bool) -> Vec<Case> {
        let mut cases: Vec<&Case> = self.by_id.values().filter(|case| wanted(case)).collect();
        cases.sort_by(|one, other| (other.opened_at, &one.case_id).cmp(&(one.opened_at, &other.case_id)));
        cases.into_iter().take(limit).cloned().collect()
    }

    fn open(&mut self, case: Case) {
        if case.kind == InterventionKind::Academic {
            self.open.entry(case.place()).or_insert_with(|| case.case_id.clone());
        }
        self.by_id.insert(case.case_id.clone(), case);
    }

    /// Changes a case that is open, if the event is not older than what is known.
    fn change(&mut self, case_id: &Id, at: Timestamp, change: impl FnOnce(&mut Case)) -> Option<&Case> {
        let case = self.by_id.get_mut(case_id).filter(|case| case.is_open() && case.changed_at <= at)?;
        change(case);
        case.changed_at = at;
        Some(case)
    }
}

impl Case {
    /// Whether nobody has closed it.
    pub fn is_open(&self) -> bool {
        self.status.is_some()
    }

    fn of(trigger: &Trigger, cause: EventId, case_id: Id, now: Timestamp) -> Self {
        Self {
            case_id,
            student_id: trigger.student_id.clone(),
            school_id: trigger.school_id.clone(),
            class_id: Some(trigger.class_id.clone()),
            kind: InterventionKind::Academic,
            reasons: vec![trigger.reason],
            tier: trigger.tier,
            status: Some(CaseStatus::Open),
            outcome: None,
            assigned_to_id: None,
            opened_at: now,
            changed_at: now,
            causes: BTreeMap::from([(trigger.reason, cause)]),
            opened_for: Some(trigger.reason),
        }
    }

    fn place(&self) -> (Id, Option<Id>) {
        (self.student_id.clone(), self.class_id.clone())
    }
}

#[cfg(test)]
mod tests {
    use fabric_catalog::Example as _;

    use super::*;

    fn trigger(reason: TriggerReason) -> Trigger {
        let id = |text| Id::try_new(text).unwrap();
        Trigger {
            student_id: id("u-1"),
            class_id: id("k-1"),
            school_id: id("s-1"),
            reason,
            tier: 2,
            result_id: None,
            measured: None,
            threshold: None,
        }
    }

    fn cause(number: u64) -> EventId {
        EventId::from_parts(number, [0; 10])
    }

    fn case(number: u64) -> Id {
        Id::try_new(format!("case-{number}")).unwrap()
    }

    #[test]
    fn there_is_one_case_while_it_is_open() {
        use TriggerReason::{FailingGrade, SignificantDrop};
        let mut cases = Cases::default();
        let table = [
            (FailingGrade, 1, Reaction::Opened(case(1))),
            (FailingGrade, 1, Reaction::Opened(case(1))),
            (FailingGrade, 2, Reaction::Nothing),
            (SignificantDrop, 1, Reaction::Joined(case(1))),
            (FailingGrade, 1, Reaction::Opened(case(1))),
            (SignificantDrop, 1, Reaction::Joined(case(1))),
            (SignificantDrop, 4, Reaction::Nothing),
        ];
        for (reason, number, expected) in table {
            let reaction = cases.trigger(&trigger(reason), cause(number), case(number), Timestamp::UNIX_EPOCH);
            assert_eq!(reaction, expected, "{reason} by event {number}");
        }
        assert_eq!(cases.list(10, Case::is_open).len(), 1);
    }

    #[test]
    fn after_a_case_is_closed_another_event_opens_another_one() {
        let (mut cases, found) = (Cases::default(), trigger(TriggerReason::FailingGrade));
        cases.trigger(&found, cause(1), case(1), Timestamp::UNIX_EPOCH);
        cases.closed(&CaseClosed {
            case_id: case(1),
            student_id: found.student_id.clone(),
            ..CaseClosed::example().unwrap()
        });
        assert!(cases.get(&case(1)).is_some_and(|case| !case.is_open() && case.outcome == Some(CaseOutcome::Resolved)));

        let again = cases.trigger(&found, cause(1), case(1), Timestamp::UNIX_EPOCH);
        assert_eq!(again, Reaction::Nothing, "the event that opened the closed case comes again");
        let other = cases.trigger(&found, cause(2), case(2), Timestamp::UNIX_EPOCH);
        assert_eq!(other, Reaction::Opened(case(2)));
    }

    #[test]
    fn a_case_that_somebody_opened_is_joined() {
        let mut cases = Cases::default();
        let created = CaseCreated::example().unwrap();
        cases.created(&created);
        let found = Trigger {
            student_id: created.student_id.clone(),
            class_id: created.class_id.clone().unwrap(),
            ..trigger(TriggerReason::MissingWork)
        };
        let reaction = cases.trigger(&found, cause(1), case(1), Timestamp::UNIX_EPOCH);
        assert_eq!(reaction, Reaction::Joined(created.case_id.clone()));

        cases.updated(&CaseUpdated { tier: 3.into(), ..CaseUpdated::example().unwrap() });
        cases.tier_changed(&TierChanged {
            changed_at: created.opened_at,
            tier: 1.into(),
            ..TierChanged::example().unwrap()
        });
        let case = cases.get(&created.case_id).unwrap();
        assert_eq!((case.tier, case.status), (3, Some(CaseStatus::InProgress)), "what is older changes nothing");
    }
}
