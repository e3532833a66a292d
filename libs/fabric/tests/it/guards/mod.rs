//! What keeps a handler from being called: its circuit breaker, its limits, an operator's pause.

mod breaker;
mod limits;
mod pauses;
