//! What results count by: assignments and weights. When one changes, the results that it concerns are counted again.

use fabric::Moment;
use fabric_catalog::values::{Id, Weight};

use super::{Assignment, AssignmentFacts, Gradebook, in_class_mut, refresh_average};

/// A student in a class whose average may have changed. It is named also when the same event comes again and nothing changes any
/// more: telling the first time may have failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Affected {
    /// The student.
    pub student_id: Id,
    /// The class.
    pub class_id: Id,
}

impl Gradebook {
    /// Sets up an assignment, or changes it. Gives whose averages may have changed.
    pub fn set_assignment(
        &mut self,
        line_item_id: &Id,
        title: &str,
        facts: AssignmentFacts,
        at: Moment,
    ) -> Vec<Affected> {
        self.change_assignment(line_item_id, |assignment| {
            assignment.title.set(at, title.to_owned());
            assignment.facts.set(at, facts);
        })
    }

    /// Deletes an assignment: its results count no more. Gives whose averages may have changed.
    pub fn delete_assignment(&mut self, line_item_id: &Id, at: Moment) -> Vec<Affected> {
        self.change_assignment(line_item_id, |assignment| {
            assignment.deleted_at = assignment.deleted_at.max(Some(at));
        })
    }

    /// Notes that students see an assignment.
    pub fn publish_assignment(&mut self, line_item_id: &Id) {
        self.assignments.entry(line_item_id.clone()).or_default().is_published = true;
    }

    /// Sets the weight of a category in a class, or in all classes. Gives whose averages may have changed.
    pub fn set_weight(
        &mut self,
        class_id: Option<&Id>,
        category_id: &Id,
        weight: Option<Weight>,
        at: Moment,
    ) -> Vec<Affected> {
        if !self.weights.set(class_id, category_id, weight, at) {
            return Vec::new();
        }
        let mut affected = Vec::new();
        for (id, class) in self.classes.iter_mut().filter(|(id, _)| class_id.is_none_or(|wanted| *id == wanted)) {
            for student_id in &class.students.clone() {
                let Some(in_class) = in_class_mut(&mut self.students, student_id, id) else { continue };
                if in_class.categories.keys().any(|category| category.as_ref() == Some(category_id)) {
                    refresh_average(in_class, class, id, &self.weights);
                    affected.push(Affected { student_id: student_id.clone(), class_id: id.clone() });
                }
            }
        }
        affected.sort_unstable();
        affected
    }

    /// Changes an assignment, and counts its results as they count after the change.
    fn change_assignment(&mut self, line_item_id: &Id, change: impl FnOnce(&mut Assignment)) -> Vec<Affected> {
        let assignment = self.assignments.entry(line_item_id.clone()).or_default();
        let before = assignment.clone();
        change(assignment);
        let after = assignment.clone();
        let mut affected = Vec::new();
        for (class_id, student_id) in &after.graded {
            let Some(in_class) = in_class_mut(&mut self.students, student_id, class_id) else { continue };
            let Some(record) = in_class.results.get(line_item_id) else { continue };
            let (counted, counts) = (before.contribution(record), after.contribution(record));
            in_class.recount(counted, counts);
            let class = self.classes.entry(class_id.clone()).or_default();
            refresh_average(in_class, class, class_id, &self.weights);
            affected.push(Affected { student_id: student_id.clone(), class_id: class_id.clone() });
        }
        for Affected { student_id, class_id } in &affected {
            self.count_categories(student_id, class_id);
        }
        affected.sort_unstable();
        affected
    }
}
