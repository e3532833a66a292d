//! How much the categories count.

use std::collections::HashMap;

use fabric::{Latest, Moment};
use fabric_catalog::values::{Id, Weight};

use crate::model::mark::Mark;

/// The weights of categories, in general and in single classes.
#[derive(Debug, Default)]
pub struct Weights {
    general: ByCategory,
    of_class: HashMap<Id, ByCategory>,
}

type ByCategory = HashMap<Id, Latest<Option<Weight>>>;

impl Weights {
    /// The weight without one of its own: a category counts like one of 100 %, so that without any weights all count alike.
    const DEFAULT: u64 = 100_000;

    /// Sets a category's weight in a class, or in all classes that have none of their own. False when that came too late.
    pub(super) fn set(&mut self, class_id: Option<&Id>, category_id: &Id, weight: Option<Weight>, at: Moment) -> bool {
        let weights = match class_id {
            Some(class_id) => self.of_class.entry(class_id.clone()).or_default(),
            None => &mut self.general,
        };
        weights.entry(category_id.clone()).or_default().set(at, weight)
    }

    /// How much a category counts in a class. What is in no category counts like a category without a weight.
    pub(super) fn of(&self, class_id: &Id, category_id: Option<&Id>) -> u64 {
        let weight = category_id.and_then(|category_id| {
            self.set_weight(Some(class_id), category_id).or_else(|| self.set_weight(None, category_id))
        });
        weight.map_or(Self::DEFAULT, |weight| u64::from(Mark::of(weight.into()).thousandths()))
    }

    /// The weight that was set for exactly this class, or in general.
    pub fn set_weight(&self, class_id: Option<&Id>, category_id: &Id) -> Option<Weight> {
        let weights = match class_id {
            Some(class_id) => self.of_class.get(class_id)?,
            None => &self.general,
        };
        weights.get(category_id)?.get().copied().flatten()
    }

    /// Whether the category was ever set up.
    pub fn knows(&self, category_id: &Id) -> bool {
        self.general.contains_key(category_id)
            || self.of_class.values().any(|weights| weights.contains_key(category_id))
    }
}

#[cfg(test)]
mod tests {
    use fabric::EventId;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_class_s_own_weight_goes_before_the_general_one() {
        let id = |text: &str| Id::try_new(text).unwrap();
        let (class, other, tests) = (id("k-1"), id("k-2"), id("tests"));
        let percent = |value| Some(Weight::try_new(value).unwrap());
        let at = |second| Moment { time: Timestamp::from_second(second).unwrap(), id: EventId::from_parts(0, [0; 10]) };
        let now = at(1);
        let mut weights = Weights::default();

        assert_eq!(weights.of(&class, Some(&tests)), 100_000);
        assert!(weights.set(None, &tests, percent(40.0), now));
        assert!(weights.set(None, &tests, percent(40.0), now));
        assert!(!weights.set(None, &tests, percent(90.0), at(0)));
        assert!(weights.set(Some(&class), &tests, percent(60.0), now));
        assert_eq!(weights.of(&class, Some(&tests)), 60_000);
        assert_eq!(weights.of(&other, Some(&tests)), 40_000);
        assert_eq!(weights.of(&other, None), 100_000);
        assert!(weights.knows(&tests) && !weights.knows(&id("projects")));
    }
}
