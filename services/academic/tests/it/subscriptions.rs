//! Each subscription hears what it should, and nothing else.

use std::collections::BTreeSet;

use fabric::{AnyService as _, Pattern, config::Config};

/// The handlers, and the patterns of what each is about, the catalogue's part of them.
const HEARS: &[(&str, &[&str])] = &[
    ("grade_calculation", &["gradebook.grade.*", "gradebook.bulk_grades.updated"]),
    ("gpa_update", &["gradebook.average.calculated"]),
    ("letter_grade_conversion", &["gradebook.grade.posted"]),
    ("assignment_weight_recalculation", &["gradebook.assignment.*", "gradebook.category_weight.changed"]),
    ("category_average", &["gradebook.grade.*"]),
    ("class_performance", &["gradebook.grade.posted"]),
    ("grade_trend", &["gradebook.grade.posted"]),
    ("missing_assignment", &["gradebook.assignment.missed"]),
    ("extra_credit", &["gradebook.extra_credit.applied"]),
    ("grade_override", &["gradebook.grade.overridden"]),
    ("gradebook_audit", &["gradebook.#"]),
    ("grade_posted_intervention", &["gradebook.grade.posted"]),
    (
        "intervention_case",
        &[
            "intervention.case.created",
            "intervention.case.updated",
            "intervention.case.closed",
            "intervention.tier.changed",
        ],
    ),
    ("organization", &["rostering.organization.*"]),
    ("class_creation", &["rostering.class.created"]),
    ("class_update", &["rostering.class.updated", "rostering.class.archived"]),
    ("enrollment_sync", &["demographics.enrollment.*", "rostering.student.*"]),
    ("teacher_assignment", &["rostering.teacher.*"]),
    ("section_management", &["rostering.section.*"]),
    ("academic_session", &["rostering.academic_session.*"]),
    ("course", &["rostering.course.*"]),
    ("schedule", &["rostering.schedule.published"]),
    ("room_assignment", &["rostering.room.assigned"]),
    ("bell_schedule", &["rostering.bell_schedule.updated"]),
    ("calendar", &["rostering.calendar.updated"]),
    ("rostering_audit", &["rostering.#"]),
    ("analytics_event", &["#"]),
    ("student_analytics", &["gradebook.grade.posted"]),
];

fn topics<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> BTreeSet<&'static str> {
    patterns.into_iter().flat_map(fabric_catalog::matching).map(|event| event.topic).collect()
}

#[test]
fn each_subscription_hears_what_it_is_about() {
    let config = Config::load(None, []).unwrap();
    let spec = academic::service().spec(&fabric::subscription_defaults(&config).unwrap()).unwrap();
    for subscription in spec.subscriptions() {
        let name = subscription.name.as_str().trim_start_matches("academic.");
        let (_, patterns) = HEARS.iter().find(|(known, _)| *known == name).expect(name);
        let patterns: Vec<Pattern> = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
        assert_eq!(topics(&subscription.patterns), topics(&patterns), "{name}");
    }
    assert_eq!(spec.subscriptions().len(), HEARS.len());
}
