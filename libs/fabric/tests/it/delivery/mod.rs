//! What becomes of a delivery: handled, tried again, parked.

mod parking;
mod poison;
mod retries;
