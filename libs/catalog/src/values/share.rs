//! Shares and measures that programs give to what they looked at or made.

use super::number::numbers;

numbers! {
    /// A share of a whole, such as how sure a program is, or how much of its work is right.
    shown Share, "a share", 0.0 to 1.0;
    /// How a text sounds, from wholly negative to wholly positive.
    private SentimentScore, "a sentiment", -1.0 to 1.0;
}
