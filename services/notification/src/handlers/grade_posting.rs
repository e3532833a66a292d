//! `grade_posting_notification`: tells a student, and those who act for the student, of a grade. Not which: see the
//! templates.

use fabric::{Context, Fault};
use fabric_catalog::{gradebook::GradePosted, values::Id};

use super::{Notice, ask, read};
use crate::{State, model::Directory};

pub async fn posted(event: GradePosted, context: Context<State>) -> Result<(), Fault> {
    let notices = read(&context, |model| notices(&model.directory, &event.student_id, &event.line_item_id));
    for notice in notices {
        ask(&context, notice).await?;
    }
    Ok(())
}

fn notices(directory: &Directory, student: &Id, assignment: &Id) -> Vec<Notice> {
    let title = directory.title_of(assignment).unwrap_or("an assignment");
    let name = directory.name_of(student).unwrap_or_else(|| "your child".to_owned());
    let to_guardian = |guardian: &Id| Notice {
        recipient: guardian.clone(),
        subject: Some(student.clone()),
        template: "child_grade_posted",
        variables: vec![("student", name.clone()), ("assignment", title.to_owned())],
    };
    let to_student = Notice {
        recipient: student.clone(),
        subject: Some(student.clone()),
        template: "grade_posted",
        variables: vec![("assignment", title.to_owned())],
    };
    std::iter::once(to_student).chain(directory.guardians_of(student).iter().map(to_guardian)).collect()
}

#[cfg(test)]
mod tests {
    use fabric::{EventId, Moment};
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn the_student_and_the_guardians_are_told() {
        let id = |text: &str| Id::try_new(text).unwrap();
        let at = Moment { time: Timestamp::UNIX_EPOCH, id: EventId::from_parts(0, [0; 10]) };
        let mut directory = Directory::default();
        let told = |directory: &Directory| -> Vec<_> {
            let notices = notices(directory, &id("ada"), &id("li-1"));
            notices.into_iter().map(|notice| (notice.recipient, notice.template, notice.variables)).collect()
        };
        let unknown = vec![("assignment", "an assignment".to_owned())];
        assert_eq!(told(&directory), [(id("ada"), "grade_posted", unknown)]);

        directory.set_title(id("li-1"), at, "Algebra".into());
        let person = directory.person_mut(id("ada"));
        person.set_name(at, "Ada".parse().unwrap(), "Noel".parse().unwrap());
        person.guardians.set(at, vec![id("ann")]);
        let known = [
            (id("ada"), "grade_posted", vec![("assignment", "Algebra".to_owned())]),
            (id("ann"), "child_grade_posted", vec![("student", "Ada Noel".into()), ("assignment", "Algebra".into())]),
        ];
        assert_eq!(told(&directory), known);
    }
}
