//! Questions. The events tell which answers are right, so they stay within the service.

use jiff::Timestamp;

use super::above_zero;
use crate::{
    declare::{Deserialize, Event, JsonSchema, Serialize, Validate, events},
    values::{Id, Points, each_once, empty_unless, vocabulary},
};

vocabulary! {
    /// How a question is answered.
    pub enum QuestionKind: "a kind of question" {
        /// With one of the choices.
        SingleChoice = "single_choice",
        /// With any of the choices.
        MultipleChoice = "multiple_choice",
        /// With a word or a number.
        ShortText = "short_text",
        /// With a text that somebody reads.
        Essay = "essay",
    }
}

/// Something to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[garde(allow_unvalidated)]
pub struct Choice {
    /// The choice.
    pub choice_id: Id,
    /// What it says.
    #[garde(length(chars, min = 1, max = 1_000))]
    pub label: String,
    /// Whether it is right.
    pub is_right: bool,
}

events! {
    #![derive(Debug, Clone, PartialEq, Serialize, Deserialize, Validate, JsonSchema, Event)]

    /// A question was added to a test.
    #[event(topic = "assessment.question.created", aggregate = "test", owner = "academic", scope = "local")]
    #[event(key = "test_id", roles = "teacher admin")]
    pub struct QuestionCreated
    /// A question was changed. The event carries all of it as it is now.
    #[event(topic = "assessment.question.updated", aggregate = "test", owner = "academic", scope = "local")]
    #[event(key = "test_id", roles = "teacher admin")]
    pub struct QuestionUpdated {
        /// The question.
        pub question_id: Id,
        /// The test.
        pub test_id: Id,
        /// Its place in the test, counted from 1.
        #[garde(range(min = 1, max = 500))]
        pub position: u16,
        /// How it is answered.
        pub kind: QuestionKind,
        /// What is asked.
        #[garde(length(chars, min = 1, max = 10_000))]
        pub prompt: String,
        /// What there is to choose from, if it is answered so.
        #[serde(default)]
        #[garde(length(max = 50), dive, custom(choices_fit(self.kind)))]
        #[garde(custom(each_once(|choice: &Choice| &choice.choice_id)))]
        pub choices: Vec<Choice>,
        /// Words that are right, for a short text that no person reads.
        #[serde(default)]
        #[garde(length(max = 50), inner(length(chars, min = 1, max = 255)))]
        #[garde(custom(empty_unless(self.kind == QuestionKind::ShortText)))]
        pub right_texts: Vec<String>,
        /// What a right answer is worth.
        #[garde(custom(above_zero))]
        #[schemars(extend("exclusiveMinimum" = 0))]
        pub points: Points,
        /// What students are told afterwards.
        #[garde(length(chars, min = 1, max = 4_000))]
        pub explanation: Option<String>,
        /// Who created or changed it.
        pub author_id: Id,
        /// When.
        pub changed_at: Timestamp,
    }
    example r#"{
        "questionId": "q-1", "testId": "test-1", "position": 1, "kind": "single_choice",
        "prompt": "Solve 2x + 3 = 7 for x.", "choices": [
            {"choiceId": "q-1-a", "label": "x = 2", "isRight": true},
            {"choiceId": "q-1-b", "label": "x = 5", "isRight": false}
        ],
        "rightTexts": [], "points": 2.5, "explanation": "Subtract 3, then halve.",
        "authorId": "u-teacher", "changedAt": "2026-10-12T09:10:00Z"
    }"#
}

/// The rule of choices: there are some to choose from exactly where the answer is a choice, and a single one is right where one is chosen.
fn choices_fit(kind: QuestionKind) -> impl FnOnce(&Vec<Choice>, &()) -> garde::Result {
    move |choices, ()| {
        let right = choices.iter().filter(|choice| choice.is_right).count();
        let fits = match kind {
            QuestionKind::SingleChoice => choices.len() >= 2 && right == 1,
            QuestionKind::MultipleChoice => choices.len() >= 2 && right >= 1,
            QuestionKind::ShortText | QuestionKind::Essay => choices.is_empty(),
        };
        match choices.as_slice() {
            _ if fits => Ok(()),
            [] => Err(garde::Error::new("not set")),
            _ => Err(garde::Error::new("the choices do not fit the kind of question")),
        }
    }
}
