//! Live counters: how often each topic happened, and how much a student was graded.

use std::collections::{BTreeMap, HashMap};

use fabric::Topic;
use fabric_catalog::values::{Id, Percent};
use jiff::Timestamp;
use serde::Serialize;

use super::mark::{Mark, MarkSum};

/// How often each topic happened. There are as many counters as topics, however many events there are.
#[derive(Debug, Default)]
pub struct TopicCounters {
    topics: BTreeMap<Topic, TopicCount>,
}

/// How often one topic happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicCount {
    /// How many events.
    pub events: u64,
    /// When the earliest of them happened.
    pub first_at: Timestamp,
    /// When the latest of them happened.
    pub last_at: Timestamp,
}

impl TopicCounters {
    /// Counts an event.
    pub fn count(&mut self, topic: &Topic, at: Timestamp) {
        let fresh = || TopicCount { events: 0, first_at: at, last_at: at };
        let count = self.topics.entry(topic.clone()).or_insert_with(fresh);
        count.events += 1;
        count.first_at = count.first_at.min(at);
        count.last_at = count.last_at.max(at);
    }

    /// The counters, by topic.
    pub fn topics(&self) -> &BTreeMap<Topic, TopicCount> {
        &self.topics
    }
}

/// How much students were graded. Every posting counts, also of a grade that was posted before.
#[derive(Debug, Default)]
pub struct StudentAnalytics {
    students: HashMap<Id, Activity>,
}

#[derive(Debug)]
struct Activity {
    posted: MarkSum,
    failing: u32,
    first_posted_at: Timestamp,
    last_posted_at: Timestamp,
}

/// How much a student was graded, for whoever asks.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityView {
    /// The student.
    pub student_id: Id,
    /// How many grades were posted.
    pub posted_grades: u32,
    /// How many of them were below passing.
    pub failing_grades: u32,
    /// Their mean.
    pub mean_percent: Option<Percent>,
    /// When the first one was posted.
    pub first_posted_at: Timestamp,
    /// When the last one was posted.
    pub last_posted_at: Timestamp,
}

impl StudentAnalytics {
    /// Counts a posted grade.
    pub fn count(&mut self, student_id: &Id, mark: Mark, at: Timestamp) {
        let fresh = || Activity { posted: MarkSum::default(), failing: 0, first_posted_at: at, last_posted_at: at };
        let activity = self.students.entry(student_id.clone()).or_insert_with(fresh);
        activity.posted.add(mark);
        activity.failing += u32::from(mark < Mark::PASSING);
        activity.first_posted_at = activity.first_posted_at.min(at);
        activity.last_posted_at = activity.last_posted_at.max(at);
    }

    /// How much a student was graded; none of a student without a posted grade.
    pub fn view(&self, student_id: &Id) -> Option<ActivityView> {
        let activity = self.students.get(student_id)?;
        Some(ActivityView {
            student_id: student_id.clone(),
            posted_grades: activity.posted.count(),
            failing_grades: activity.failing,
            mean_percent: activity.posted.mean().map(Mark::percent),
            first_posted_at: activity.first_posted_at,
            last_posted_at: activity.last_posted_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mark::mark;

    #[test]
    fn times_do_not_depend_on_the_order_of_arrival() {
        let (topic, at) = (Topic::try_new("a.b.c").unwrap(), |second| Timestamp::from_second(second).unwrap());
        let mut counters = TopicCounters::default();
        for second in [5, 9, 2] {
            counters.count(&topic, at(second));
        }
        assert_eq!(counters.topics().get(&topic), Some(&TopicCount { events: 3, first_at: at(2), last_at: at(9) }));
    }

    #[test]
    fn every_posting_counts() {
        let student = Id::try_new("u-1").unwrap();
        let mut analytics = StudentAnalytics::default();
        for percent in [80.0, 40.0] {
            analytics.count(&student, mark(percent), Timestamp::UNIX_EPOCH);
        }
        let view = analytics.view(&student).unwrap();
        assert_eq!((view.posted_grades, view.failing_grades), (2, 1));
        assert_eq!(view.mean_percent.map(Percent::value), Some(60.0));
        assert!(analytics.view(&Id::try_new("u-2").unwrap()).is_none());
    }
}
