//! What each special rule of an event says: as rows, a value in one place of an example and the answer to it.

use fabric_core::event::InvalidPayload;
use serde_json::{Value, json};

use super::{parse, with};
use crate::{example, field_paths, find, schema};

#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn each_bound_has_its_code() {
    let text = |chars: usize| json!("x".repeat(chars));
    let table: &[(&str, &str, Value, &str, &str)] = &[
        ("gradebook.assignment.created", "/title", json!(""), "title", "too_short"),
        ("gradebook.assignment.created", "/title", text(256), "title", "too_long"),
        ("gradebook.assignment.created", "/dueDate", json!("2026-09-30"), "dueDate", "invalid"),
        ("gradebook.assignment.created", "/resultValueMax", json!(0.0), "resultValueMax", "invalid"),
        ("gradebook.assignment.missed", "/overdueDays", json!(1_001), "overdueDays", "too_large"),
        ("gradebook.bulk_grades.updated", "/grades", json!([]), "grades", "too_short"),
        (
            "gradebook.bulk_grades.updated",
            "/grades",
            twice("gradebook.bulk_grades.updated", "/grades"),
            "grades",
            "invalid",
        ),
        ("gradebook.gpa.updated", "/gpa", json!(4.25), "gpa", "too_large"),
        ("gradebook.gpa.updated", "/previousGpa", json!(4.25), "previousGpa", "too_large"),
        ("gradebook.performance.measured", "/gradedStudents", json!(29), "gradedStudents", "too_large"),
        ("gradebook.performance.measured", "/failingStudents", json!(26), "failingStudents", "too_large"),
        ("gradebook.performance.measured", "/highestPercent", json!(31.5), "lowestPercent", "too_large"),
        ("rostering.class.created", "/termIds", json!([]), "termIds", "too_short"),
        ("rostering.class.created", "/grades/0", text(33), "grades[0]", "too_long"),
        ("rostering.import.record_rejected", "/code", json!("Blank Score"), "code", "bad_format"),
        ("rostering.import.record_rejected", "/line", json!(0), "line", "too_small"),
        ("rostering.academic_session.created", "/endDate", json!("2026-09-30"), "endDate", "invalid"),
        ("rostering.bell_schedule.updated", "/periods/0/endTime", json!("08:00:00"), "periods[0].endTime", "invalid"),
        ("demographics.enrollment.created", "/endDate", json!("2026-09-30"), "endDate", "invalid"),
        ("demographics.emergency_contact.added", "/callRank", json!(0), "callRank", "too_small"),
        ("intervention.case.created", "/tier", json!(4), "tier", "too_large"),
        ("kyc.document.submitted", "/fileSizeBytes", json!(26_214_401), "fileSizeBytes", "too_large"),
        ("kyc.document.submitted", "/mediaType", json!("image"), "mediaType", "bad_format"),
        ("notification.dispatch.requested", "/variables", json!({"no spaces": "x"}), "variables", "bad_format"),
        (
            "notification.delivery.partially_completed",
            "/failedChannels",
            json!(["email", "sms"]),
            "failedChannels",
            "invalid",
        ),
        ("notification.email.sent", "/attempt", json!(0), "attempt", "too_small"),
        ("chat.message.sent", "/recipientIds", json!([]), "recipientIds", "too_short"),
        ("chat.message.sent", "/recipientIds", json!(["u-11391"]), "recipientIds", "invalid"),
        ("chat.conversation.created", "/lessonId", json!(null), "lessonId", "required"),
        ("chat.conversation.created", "/participants/1/participantId", json!("u-11391"), "participants", "invalid"),
        ("chat.typing.started", "/expiresAfterSeconds", json!(61), "expiresAfterSeconds", "too_large"),
        ("chat.attachment.uploaded", "/fileSizeBytes", json!(0), "fileSizeBytes", "too_small"),
        ("communication.announcement.published", "/audienceId", json!(null), "audienceId", "required"),
        ("communication.announcement.published", "/expiresAt", json!("2026-10-08T05:00:00Z"), "expiresAt", "invalid"),
        ("communication.conference.scheduled", "/organizerId", json!("u-admin"), "participantIds", "invalid"),
        ("communication.conference.scheduled", "/durationMinutes", json!(4), "durationMinutes", "too_small"),
        ("communication.message.sent", "/senderId", json!("u-teacher"), "recipientIds", "invalid"),
        ("communication.preference.updated", "/preferences/1/category", json!("grades"), "preferences", "invalid"),
        ("communication.preference.updated", "/quietHours/endTime", json!("21:30:00"), "quietHours.endTime", "invalid"),
        ("tutoring.availability.confirmed", "/heldUntilAt", json!("2026-10-11T15:00:00Z"), "heldUntilAt", "invalid"),
        ("tutoring.booking.requested", "/tutorId", json!("u-11391"), "tutorId", "invalid"),
        ("tutoring.booking.expired", "/expiredAt", json!("2026-10-11T14:00:00Z"), "expiredAt", "invalid"),
        ("tutoring.lesson.completed", "/endedAt", json!("2026-10-12T16:00:00Z"), "endedAt", "invalid"),
        ("tutoring.lesson.scheduled", "/durationMinutes", json!(481), "durationMinutes", "too_large"),
        ("agent.task.assigned", "/deadlineAt", json!("2026-10-12T18:04:59Z"), "deadlineAt", "invalid"),
        ("agent.task.failed", "/code", json!("Too late"), "code", "bad_format"),
        (
            "agent.task.failed",
            "/resourceUsage/cpuTimeMs",
            json!(2_592_000_001_u64),
            "resourceUsage.cpuTimeMs",
            "too_large",
        ),
        ("assessment.test.created", "/maxScore", json!(0.0), "maxScore", "invalid"),
        ("assessment.test.created", "/closesAt", json!("2026-10-19T06:59:59Z"), "closesAt", "invalid"),
        ("assessment.question.created", "/choices/1/isRight", json!(true), "choices", "invalid"),
        ("assessment.question.created", "/choices", json!([]), "choices", "required"),
        ("assessment.question.created", "/choices/1/choiceId", json!("q-1-a"), "choices", "invalid"),
        ("assessment.question.created", "/rightTexts", json!(["2", "x=2"]), "rightTexts", "invalid"),
        ("assessment.question.created", "/kind", json!("essay"), "choices", "invalid"),
        ("assessment.test.submitted", "/answers", twice("assessment.test.submitted", "/answers"), "answers", "invalid"),
        (
            "assessment.submission.graded",
            "/gradedAnswers",
            twice("assessment.submission.graded", "/gradedAnswers"),
            "gradedAnswers",
            "invalid",
        ),
        (
            "assessment.assessment.completed",
            "/answers",
            twice("assessment.assessment.completed", "/answers"),
            "answers",
            "invalid",
        ),
        (
            "assessment.test.submitted",
            "/answers/0/choiceIds",
            json!(vec!["q-1-a"; 51]),
            "answers[0].choiceIds",
            "too_long",
        ),
        (
            "assessment.assessment.completed",
            "/analytics/correctAnswers",
            json!(501),
            "analytics.correctAnswers",
            "too_large",
        ),
        ("attendance.tardy.recorded", "/lateMinutes", json!(601), "lateMinutes", "too_large"),
        ("attendance.absence.recorded", "/reason", json!(null), "reason", "required"),
        ("attendance.daily_summary.calculated", "/absentStudents", json!(8), "absentStudents", "too_large"),
        ("attendance.daily_summary.calculated", "/excusedStudents", json!(4), "excusedStudents", "too_large"),
        ("attendance.rate.calculated", "/excusedSessions", json!(2), "excusedSessions", "too_large"),
        ("attendance.rate.calculated", "/tardySessions", json!(8), "tardySessions", "too_large"),
        ("attendance.threshold.breached", "/measuredCount", json!(null), "measuredCount", "required"),
        ("attendance.threshold.breached", "/measuredPercent", json!(84.25), "measuredPercent", "invalid"),
        ("attendance.threshold.breached", "/thresholdPercent", json!(90.5), "thresholdPercent", "invalid"),
        ("esl.proficiency_level.changed", "/level", json!("emerging"), "level", "invalid"),
        ("esl.program.exited", "/monitoredUntilDate", json!("2028-06-15"), "monitoredUntilDate", "invalid"),
        ("gifted.identification.completed", "/areas", json!([]), "areas", "required"),
        ("gifted.identification.completed", "/decision", json!("deferred"), "areas", "invalid"),
        ("gifted.nomination.created", "/areas", json!([]), "areas", "too_short"),
        ("iep.accommodation.modified", "/accommodation/uses", json!([]), "accommodation.uses", "too_short"),
        (
            "iep.accommodation.modified",
            "/accommodation/endDate",
            json!("2026-09-13"),
            "accommodation.endDate",
            "invalid",
        ),
        (
            "iep.plan.created",
            "/primaryDisability",
            json!("speech_or_language_impairment"),
            "otherDisabilities",
            "invalid",
        ),
        ("iep.plan.created", "/reviewDueDate", json!("2026-09-13"), "reviewDueDate", "invalid"),
        ("iep.team_meeting.scheduled", "/durationMinutes", json!(4), "durationMinutes", "too_small"),
        ("section504.plan.created", "/limitedActivities", json!([]), "limitedActivities", "too_short"),
        ("section504.plan.created", "/endDate", json!("2026-09-06"), "endDate", "invalid"),
        ("billing.payment.authorized", "/bookingId", json!(null), "bookingId", "required"),
        ("billing.payment.authorized", "/courseId", json!("c-AAA"), "courseId", "invalid"),
        ("billing.payment.failed", "/courseId", json!("c-AAA"), "courseId", "invalid"),
        ("billing.payment.completed", "/courseId", json!("c-AAA"), "courseId", "invalid"),
        ("billing.payment.completed", "", payment_for_a_course("lessonId"), "lessonId", "invalid"),
        ("billing.payment.completed", "", payment_for_a_course("bookingId"), "bookingId", "invalid"),
        ("billing.payment.failed", "/paymentId", json!(null), "paymentId", "required"),
        ("content.item.uploaded", "/mimeType", json!("pdf"), "mimeType", "bad_format"),
        ("content.item.uploaded", "/fileSizeBytes", json!(10_737_418_241_u64), "fileSizeBytes", "too_large"),
        ("content.processing.completed", "/results/topics", json!(vec!["x"; 51]), "results.topics", "too_long"),
        ("fabric.saga.completed", "/saga", json!("lesson_booking"), "saga", "bad_format"),
        ("fabric.audit.sealed", "/lastPosition", json!(1_000), "lastPosition", "invalid"),
        ("learning.course_access.granted", "/paymentId", json!(null), "paymentId", "required"),
        ("learning.progress.updated", "/totalModules", json!(4), "totalModules", "invalid"),
        ("learning.session.ended", "/endedAt", json!("2026-10-28T15:59:59Z"), "endedAt", "invalid"),
        ("social.connection.requested", "/requesterId", json!("u-28400"), "requesterId", "invalid"),
        ("social.post.created", "/audienceId", json!(null), "audienceId", "required"),
        ("user.profile.updated", "/changedFields", json!(["email"]), "changedFields", "invalid"),
        ("user.profile.updated", "/newValues/phone", json!("020 7946 0456"), "changedFields", "invalid"),
        ("user.role.changed", "/grantedRoles", json!(["admin"]), "grantedRoles", "invalid"),
        ("user.role.changed", "/withdrawnRoles", json!(["tutor"]), "withdrawnRoles", "invalid"),
        (
            "user.role.changed",
            "",
            json!({"userId": "u-1", "roles": ["tutor"], "changedAt": "2026-09-04T09:00:02Z"}),
            "withdrawnRoles",
            "required",
        ),
    ];
    for (topic, place, value, path, code) in table {
        let payload = with(&parse(example(topic).unwrap()), place, value.clone());
        match (find(topic).unwrap().check)(payload.to_string().as_bytes()) {
            Err(InvalidPayload::Bounds(found)) => {
                let found: Vec<(&str, &str)> =
                    found.iter().map(|violation| (violation.path.as_str(), violation.code.as_str())).collect();
                assert_eq!(found, [(*path, *code)], "{topic} {place}");
                assert!(is_field(topic, path), "{topic} {path}");
            }
            other => panic!("{topic} {place}: {other:?}"),
        }
    }
}

/// A list of an example with its first item once more.
fn twice(topic: &str, place: &str) -> Value {
    let mut list = parse(example(topic).unwrap()).pointer(place).unwrap().as_array().unwrap().clone();
    list.push(list[0].clone());
    list.into()
}

/// A payment for a course that names one thing that only a payment for a lesson has.
fn payment_for_a_course(of_a_lesson: &str) -> Value {
    let mut payment = parse(example("billing.payment.completed").unwrap());
    for field in ["lessonId", "bookingId"].into_iter().filter(|field| *field != of_a_lesson) {
        payment[field] = json!(null);
    }
    payment["paymentType"] = json!("course");
    payment["courseId"] = json!("c-AAA");
    payment
}

/// Whether the path of a violation leads to a field of the payload, or to an item of one.
fn is_field(topic: &str, path: &str) -> bool {
    let place = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest));
    let place = place.collect::<Vec<_>>().join("[]");
    let field = place.strip_suffix("[]").unwrap_or(&place);
    field_paths(&schema(topic).unwrap()).iter().any(|(known, _)| known == field)
}

#[test]
fn wrong_values_say_what_was_wanted() {
    let table: &[(&str, &str, Value, &str)] = &[
        (
            "gradebook.grade.posted",
            "/resultId",
            json!("two words"),
            "expected 1 to 255 printable characters without spaces",
        ),
        ("gradebook.grade.posted", "/scorePercent", json!(200.5), "expected a number from 0 to 200"),
        ("gradebook.grade.posted", "/scorePercent", json!(-0.5), "expected a number from 0 to 200"),
        ("gradebook.grade.posted", "/score", json!(100_001), "expected a number from -100000 to 100000"),
        ("gradebook.grade.posted", "/letterGrade", json!("Excellent"), "expected 1 to 8 characters without spaces"),
        ("gradebook.grade.posted", "/scoreStatus", json!("Fully Graded"), "expected one of `exempt`, `fully graded`"),
        ("demographics.user.created", "/email", json!("nobody"), "expected an e-mail address"),
        ("demographics.user.created", "/phone", json!("call me"), "expected 3 or more digits"),
        ("demographics.user.created", "/givenName", json!("two\nlines"), "expected 1 to 200 characters on one line"),
        ("rostering.academic_session.created", "/schoolYear", json!(1899), "expected a year from 1900 to 2200"),
        ("tutoring.booking.requested", "/lessonPrice/amountMinor", json!(-1), "expected a whole number from 0 to"),
        ("tutoring.booking.requested", "/lessonPrice/currency", json!("pound"), "expected three capital letters"),
        ("tutoring.booking.expired", "/step", json!("PAYMENT"), "expected one of `availability_check`"),
        ("chat.message.sent", "/text", json!("ding\u{7}"), "expected 1 to 4000 characters without control characters"),
        (
            "communication.preference.updated",
            "/preferences/0/channels/0",
            json!("fax"),
            "expected one of `email`, `sms`",
        ),
        ("agent.task.assigned", "/payload", json!({"a": [[[{"b": 1}]]]}), "expected at most 4 levels"),
        ("agent.task.completed", "/result", json!(["a"]), "expected a map"),
        ("agent.task.completed", "/status", json!("failed"), "expected `completed`"),
        ("assessment.test.created", "/passingPercent", json!(100.5), "expected a number from 0 to 100"),
        ("gradebook.category_weight.changed", "/weightPercent", json!(100.5), "expected a number from 0 to 100"),
        ("learning.progress.updated", "/progressPercent", json!(100.5), "expected a number from 0 to 100"),
        ("agent.task.completed", "/qualityMetrics/accuracy", json!(1.5), "expected a number from 0 to 1"),
        ("assessment.question.created", "/kind", json!("riddle"), "expected one of `single_choice`"),
        ("billing.payment.completed", "/amount/amountMinor", json!(-1), "expected a whole number from 0 to"),
        ("billing.payment.completed", "/paymentType", json!("COURSE"), "expected `lesson` or `course`"),
        (
            "content.item.uploaded",
            "/fileUrl",
            json!("http://files.example.edu/1"),
            "expected an address of at most 2048",
        ),
        ("content.processing.completed", "/status", json!("failed"), "expected `success` or `partial`"),
        ("content.processing.completed", "/results/sentiment/score", json!(-1.5), "expected a number from -1 to 1"),
        ("attendance.rate.calculated", "/attendancePercent", json!(100.5), "expected a number from 0 to 100"),
        ("attendance.record.marked", "/status", json!("here"), "expected one of `present`, `remote`"),
        ("iep.plan.created", "/primaryDisability", json!("lazy"), "expected one of `autism`"),
        ("iep.service_hours.updated", "/weeklyHours", json!(60.5), "expected a number from 0 to 60"),
        ("fabric.audit.sealed", "/sealSha256", json!("abc"), "expected 64 digits 0-9 and a-f"),
        ("kyc.document.submitted", "/fileSha256", json!("abc"), "expected 64 digits 0-9 and a-f"),
    ];
    for (topic, place, value, wanted) in table {
        let payload = with(&parse(example(topic).unwrap()), place, value.clone());
        match (find(topic).unwrap().check)(payload.to_string().as_bytes()) {
            Err(InvalidPayload::Shape(message)) => assert!(message.contains(wanted), "{topic} {place}: {message}"),
            other => panic!("{topic} {place}: {other:?}"),
        }
    }
}
