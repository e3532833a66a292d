//! One class: what it is, who is in it, its sections and its room.

use std::collections::{BTreeMap, HashMap};

use fabric::{Latest, Moment};
use fabric_catalog::{
    demographics::{EnrollmentCreated, EnrollmentEnded, EnrollmentUpdated},
    rostering::{
        ClassCreated, ClassUpdated, RoomAssigned, ScheduleEntry, SectionCreated, SectionUpdated, StudentEnrolled,
        StudentWithdrawn, TeacherAssigned, TeacherUnassigned,
    },
    values::{ClassType, EnrollmentRole, Id},
};
use jiff::civil::Date;
use serde::Serialize;

/// A class. Parts of it may be known before it is: events of different topics come in any order.
#[derive(Debug, Default)]
pub struct Class {
    facts: Latest<ClassFacts>,
    archived_at: Option<Moment>,
    members: HashMap<Id, Latest<Member>>,
    sections: BTreeMap<Id, Latest<Option<Section>>>,
    room: Latest<Room>,
    students: u32,
}

/// What a class is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassFacts {
    /// Its title.
    pub title: String,
    /// What people call it by in the timetable.
    pub class_code: Option<String>,
    /// What it is for.
    pub class_type: ClassType,
    /// The course that is taught.
    pub course_id: Id,
    /// The school in which it is taught.
    pub school_id: Id,
    /// The terms in which it is taught.
    pub term_ids: Vec<Id>,
}

/// Somebody who is in the class, or was.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// What the person is in the class.
    pub role: EnrollmentRole,
    /// Whether a teacher answers for the class.
    pub is_primary: bool,
    /// Whether the person is in the class now.
    pub is_active: bool,
    /// The enrollment behind it, if there is one.
    pub enrollment_id: Option<Id>,
    /// The first day.
    pub begin_date: Option<Date>,
}

/// A part of a class with a teacher and a room of its own.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Who teaches it.
    pub teacher_id: Option<Id>,
    /// How many students there is room for.
    pub capacity_students: Option<u32>,
}

/// Where a class meets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// The room.
    pub room_id: Id,
    /// What it is called.
    pub room_name: String,
    /// How many people have a seat in it.
    pub capacity_seats: Option<u32>,
}

/// A class with who is in it, for whoever asks.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RosterView {
    /// The class.
    pub class_id: Id,
    /// What it is; none when it was only heard of.
    #[serde(flatten)]
    pub facts: Option<ClassFacts>,
    /// Whether it is no longer taught.
    pub is_archived: bool,
    /// Its teachers, those who answer for it first.
    pub teacher_ids: Vec<Id>,
    /// Its students.
    pub student_ids: Vec<Id>,
    /// Its sections.
    pub sections: BTreeMap<Id, Section>,
    /// Its room.
    pub room: Option<Room>,
    /// Its lessons.
    pub lessons: Vec<ScheduleEntry>,
}

super::value_from!(ClassFacts { title, class_code, class_type, course_id, school_id, term_ids } from ClassCreated, ClassUpdated);
super::value_from!(Section { title, teacher_id, capacity_students } from SectionCreated, SectionUpdated);
super::value_from!(Room { room_id, room_name, capacity_seats } from RoomAssigned);

impl Class {
    /// Takes in what the class is now.
    pub fn set_facts(&mut self, facts: ClassFacts, at: Moment) {
        self.facts.set(at, facts);
    }

    /// Takes in that the class is no longer taught.
    pub fn archive(&mut self, at: Moment) {
        self.archived_at = self.archived_at.max(Some(at));
    }

    /// Takes in a section as it is now; none when it was archived.
    pub fn set_section(&mut self, section_id: &Id, section: Option<Section>, at: Moment) {
        self.sections.entry(section_id.clone()).or_default().set(at, section);
    }

    /// Takes in where the class meets.
    pub fn set_room(&mut self, room: Room, at: Moment) {
        self.room.set(at, room);
    }

    /// Takes in that somebody is in the class.
    pub fn join(&mut self, person_id: &Id, member: Member, at: Moment) {
        let slot = self.members.entry(person_id.clone()).or_default();
        let before = is_student(slot);
        slot.set(at, member);
        let after = is_student(slot);
        self.students = self.students + u32::from(after) - u32::from(before);
    }

    /// Takes in that somebody is no longer in the class. The end of an enrollment does not end another one.
    pub fn leave(&mut self, person_id: &Id, left: Member, at: Moment) {
        let known = self.members.get(person_id).and_then(Latest::get);
        let known_enrollment = known.filter(|known| known.is_active).and_then(|known| known.enrollment_id.as_ref());
        let is_another =
            matches!((known_enrollment, &left.enrollment_id), (Some(known), Some(ended)) if known != ended);
        if !is_another {
            self.join(person_id, Member { is_active: false, ..left }, at);
        }
    }

    /// What the class is, if it was created.
    pub fn facts(&self) -> Option<&ClassFacts> {
        self.facts.get()
    }

    /// Whether it was archived, and not set up again since.
    pub fn is_archived(&self) -> bool {
        let known_at = self.facts.at();
        self.archived_at.is_some_and(|archived_at| known_at.is_none_or(|known_at| known_at <= archived_at))
    }

    /// How many students are in it.
    pub fn enrolled_students(&self) -> u32 {
        self.students
    }

    /// Whether somebody is in the class as a student, or was.
    pub fn was_student(&self, person_id: &Id) -> bool {
        self.member(person_id).is_some_and(|member| member.role == EnrollmentRole::Student)
    }

    /// Somebody who is in the class, or was.
    pub fn member(&self, person_id: &Id) -> Option<&Member> {
        self.members.get(person_id)?.get()
    }

    /// Who teaches the class: who answers for it, or else whoever comes first by id.
    pub fn main_teacher(&self) -> Option<&Id> {
        self.active(EnrollmentRole::Teacher).min_by_key(|(id, member)| (!member.is_primary, *id)).map(|(id, _)| id)
    }

    /// The class with who is in it.
    pub fn view(&self, class_id: &Id, lessons: Vec<ScheduleEntry>) -> RosterView {
        let mut teachers: Vec<_> = self.active(EnrollmentRole::Teacher).collect();
        teachers.sort_unstable_by_key(|(id, member)| (!member.is_primary, *id));
        let mut student_ids: Vec<Id> = self.active(EnrollmentRole::Student).map(|(id, _)| id.clone()).collect();
        student_ids.sort_unstable();
        let sections = self.sections.iter().filter_map(|(id, section)| {
            let section = section.get()?.clone()?;
            Some((id.clone(), section))
        });
        RosterView {
            class_id: class_id.clone(),
            facts: self.facts().cloned(),
            is_archived: self.is_archived(),
            teacher_ids: teachers.into_iter().map(|(id, _)| id.clone()).collect(),
            student_ids,
            sections: sections.collect(),
            room: self.room.get().cloned(),
            lessons,
        }
    }

    fn active(&self, role: EnrollmentRole) -> impl Iterator<Item = (&Id, &Member)> {
        let members = self.members.iter().filter_map(|(id, member)| Some((id, member.get()?)));
        members.filter(move |(_, member)| member.is_active && member.role == role)
    }
}

fn is_student(member: &Latest<Member>) -> bool {
    member.get().is_some_and(|member| member.is_active && member.role == EnrollmentRole::Student)
}

/// Memberships as the events of the two contexts say them.
macro_rules! member_from {
    ($($event:ident as $name:ident => { $role:expr, $primary:expr, $enrollment:expr, $begin:expr })+) => {$(
        impl From<&$event> for Member {
            fn from($name: &$event) -> Self {
                Self { role: $role, is_primary: $primary, is_active: true, enrollment_id: $enrollment, begin_date: $begin }
            }
        }
    )+};
}

member_from! {
    EnrollmentCreated as e => { e.role, e.primary == Some(true), Some(e.enrollment_id.clone()), e.begin_date }
    EnrollmentUpdated as e => { e.role, e.primary == Some(true), Some(e.enrollment_id.clone()), e.begin_date }
    EnrollmentEnded as e => { e.role, false, Some(e.enrollment_id.clone()), e.begin_date }
    StudentEnrolled as e => { EnrollmentRole::Student, false, e.enrollment_id.clone(), e.begin_date }
    StudentWithdrawn as e => { EnrollmentRole::Student, false, e.enrollment_id.clone(), None }
    TeacherAssigned as e => { EnrollmentRole::Teacher, e.is_primary, None, e.begin_date }
    TeacherUnassigned as _e => { EnrollmentRole::Teacher, false, None, None }
}

#[cfg(test)]
mod tests {
    use fabric::EventId;
    use jiff::Timestamp;

    use super::*;

    fn at(second: i64) -> Moment {
        Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(0, [0; 10]) }
    }

    fn id(text: &str) -> Id {
        Id::try_new(text).unwrap()
    }

    fn member(role: EnrollmentRole, enrollment: &str) -> Member {
        let enrollment_id = Some(id(enrollment));
        Member { role, is_primary: false, is_active: true, enrollment_id, begin_date: None }
    }

    #[test]
    fn students_are_counted_once_however_often_they_are_enrolled() {
        use EnrollmentRole::{Student, Teacher};
        let mut class = Class::default();
        let steps: &[(&str, EnrollmentRole, &str, bool, i64, u32)] = &[
            ("u-1", Student, "e-1", true, 1, 1),
            ("u-1", Student, "e-1", true, 1, 1),
            ("u-2", Student, "e-2", true, 2, 2),
            ("t-1", Teacher, "e-3", true, 2, 2),
            ("u-1", Student, "e-1", false, 5, 1),
            ("u-1", Student, "e-1", true, 3, 1),
            ("u-1", Student, "e-4", true, 6, 2),
            ("u-1", Student, "e-1", false, 7, 2),
            ("u-3", Student, "e-5", false, 1, 2),
        ];
        for (person, role, enrollment, joins, second, expected) in steps {
            let change = if *joins { Class::join } else { Class::leave };
            change(&mut class, &id(person), member(*role, enrollment), at(*second));
            assert_eq!(class.enrolled_students(), *expected, "{person} {enrollment} joins: {joins}");
        }
        assert!(class.was_student(&id("u-3")) && !class.was_student(&id("t-1")));
    }

    #[test]
    fn the_teacher_who_answers_for_the_class_is_the_main_one() {
        let mut class = Class::default();
        assert_eq!(class.main_teacher(), None);
        let teacher = |is_primary| Member { is_primary, ..member(EnrollmentRole::Teacher, "e") };
        for (person, is_primary) in [("t-1", false), ("t-2", true), ("t-3", false)] {
            class.join(&id(person), teacher(is_primary), at(0));
        }
        assert_eq!(class.main_teacher(), Some(&id("t-2")));
        class.leave(&id("t-2"), teacher(true), at(0));
        assert_eq!(class.main_teacher(), Some(&id("t-1")));
    }

    #[test]
    fn a_class_that_is_set_up_again_is_taught_again() {
        use fabric_catalog::Example as _;
        let (mut class, facts) = (Class::default(), ClassFacts::from(&ClassCreated::example().unwrap()));
        class.archive(at(2));
        class.set_facts(facts.clone(), at(1));
        assert!(class.is_archived());
        class.set_facts(facts, at(3));
        assert!(!class.is_archived());
    }
}
