//! `canteen.lunch.cancelled`.

use fabric::Event;
use garde::Validate;
use serde::{Deserialize, Serialize};

/// A lunch was cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, Event)]
#[event(topic = "canteen.lunch.cancelled", key = "lunch_id")]
#[serde(rename_all = "camelCase")]
pub struct LunchCancelled {
    /// Which lunch. It is the key: what happens to one and the same is handled in order.
    #[garde(length(min = 1, max = 64))]
    pub lunch_id: String,
}

impl LunchCancelled {
    /// A valid one, for tests.
    pub fn example() -> Self {
        let lunch_id = "1".to_owned();
        Self { lunch_id }
    }
}

#[cfg(test)]
mod tests {
    use fabric::core::event::read;

    use super::*;

    #[test]
    fn the_example_is_valid_and_what_is_out_of_bounds_is_not() {
        assert_eq!(read(br#"{"lunchId": "1"}"#), Ok(LunchCancelled::example()));
        assert!(read::<LunchCancelled>(br#"{"lunchId": ""}"#).is_err());
    }
}
