//! What becomes of a delivery: handled, tried again, parked.

mod attempts;
mod parking;
mod poison;
mod retries;
