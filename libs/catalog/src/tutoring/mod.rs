//! Tutoring: lessons of one student with one tutor, and how they are booked.
//!
//! A lesson's id is given out when it is asked for, so everything about it stays in order from the first request to
//! its end, and making the lesson twice makes one. The way of a booking is: asked for, the tutor's time held, the
//! payment authorized, the lesson and its chat made, confirmed. What cannot go on undoes what was done before, and
//! the booking is rejected or, if nobody answers in time, expires.

mod availability;
mod booking;
mod lesson;

pub use availability::{
    AvailabilityConfirmed, AvailabilityRejected, AvailabilityReleased, ReleaseCause, UnavailableReason,
};
pub use booking::{
    BookingConfirmed, BookingExpired, BookingRejected, BookingRejectionReason, BookingRequested, BookingStep,
};
pub use lesson::{LessonCancellationReason, LessonCancelled, LessonCompleted, LessonCreated, LessonScheduled};

pub(crate) const EVENTS: &[&[crate::declare::Entry]] = &[availability::EVENTS, booking::EVENTS, lesson::EVENTS];
