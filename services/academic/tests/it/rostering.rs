//! The roster takes in what happens, in whatever order it comes.

use fabric::ReadModel as _;
use fabric_catalog::{
    Example as _,
    demographics::{EnrollmentCreated, EnrollmentEnded},
    gradebook::PerformanceMeasured,
    rostering::{
        BellScheduleUpdated, CalendarUpdated, ClassArchived, ClassCreated, ClassUpdated, RoomAssigned,
        SchedulePublished, SectionArchived, SectionCreated, StudentEnrolled, TeacherAssigned,
    },
};
use fabric_testkit::harness::{Harness, tenant};

use crate::school::{id, post_all, posted};

#[tokio::test]
async fn a_class_is_what_its_events_say() {
    let service = academic::service();
    let models = service.state();
    let harness = Harness::start_with_catalogue(service, fabric_catalog::all()).await;
    let class = ClassCreated::example().unwrap();
    harness.publish(class.clone()).await;
    harness.publish(StudentEnrolled::example().unwrap()).await;
    let other =
        EnrollmentCreated { user_id: id("u-2"), enrollment_id: id("e-2"), ..EnrollmentCreated::example().unwrap() };
    harness.publish(other).await;
    harness.publish(TeacherAssigned::example().unwrap()).await;
    harness.publish(SectionCreated::example().unwrap()).await;
    harness.publish(RoomAssigned::example().unwrap()).await;
    harness.publish(SchedulePublished::example().unwrap()).await;
    harness.publish(BellScheduleUpdated::example().unwrap()).await;
    harness.publish(CalendarUpdated::example().unwrap()).await;
    harness.settle().await;

    let view = models.roster.read(&tenant(), |roster| roster.class_view(&class.class_id).unwrap());
    assert_eq!(view.facts.as_ref().map(|facts| facts.title.clone()), Some(class.title.clone()));
    assert_eq!((view.student_ids, view.teacher_ids), (vec![id("u-11391"), id("u-2")], vec![id("u-teacher")]));
    assert_eq!((view.sections.len(), view.lessons.len()), (1, 1));
    assert_eq!(view.room.map(|room| room.room_id), Some(id("room-12")));
    let calendar = CalendarUpdated::example().unwrap();
    let is_known = models.roster.read(&tenant(), |roster| {
        let school = roster.school(&class.school_id).unwrap();
        school.day(calendar.days[0].date).is_some() && school.bells_on(calendar.days[0].date).is_some()
    });
    assert!(is_known);

    harness
        .publish(EnrollmentEnded {
            user_id: id("u-2"),
            enrollment_id: id("e-2"),
            ..EnrollmentEnded::example().unwrap()
        })
        .await;
    harness.publish(SectionArchived::example().unwrap()).await;
    harness.publish(ClassArchived::example().unwrap()).await;
    harness.settle().await;
    let view = models.roster.read(&tenant(), |roster| roster.class_view(&class.class_id).unwrap());
    assert_eq!((view.student_ids, view.sections.len(), view.is_archived), (vec![id("u-11391")], 0, true));

    harness.publish(ClassUpdated { title: "Algebra 2".into(), ..ClassUpdated::example().unwrap() }).await;
    harness.settle().await;
    let audit = models.rostering_audit.read(&tenant(), |trail| trail.newest(100));
    assert_eq!(audit.len(), 11, "every event of the context, and none of another");
}

#[tokio::test]
async fn class_metrics_know_how_many_students_there_are() {
    let harness = crate::school::start().await;
    for student in ["u-1", "u-2", "u-3"] {
        let enrolled =
            StudentEnrolled { class_id: id("k-1"), student_id: id(student), ..StudentEnrolled::example().unwrap() };
        harness.publish(enrolled).await;
    }
    harness.settle().await;
    post_all(&harness, [posted("u-1", "li-1", 80.0)]).await;
    let [measured] = harness.published::<PerformanceMeasured>().try_into().unwrap();
    assert_eq!((measured.enrolled_students, measured.graded_students), (Some(3), 1));

    // One of these has left the class, and an average stays behind.
    post_all(&harness, ["u-2", "u-3", "u-gone"].map(|student| posted(student, "li-1", 80.0))).await;
    let measured = harness.published::<PerformanceMeasured>();
    let counts: Vec<_> = measured.iter().map(|event| (event.enrolled_students, event.graded_students)).collect();
    assert_eq!(counts, [(Some(3), 1), (Some(3), 2), (Some(3), 3), (None, 4)]);
}
