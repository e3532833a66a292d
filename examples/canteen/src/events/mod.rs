//! What can happen: a module for each event.

mod lunch_cancelled;
mod lunch_ordered;

pub use lunch_cancelled::LunchCancelled;
pub use lunch_ordered::LunchOrdered;

use fabric::Descriptor;

/// All events of the service, which publishes them.
pub const ALL: &[Descriptor] = &[
    // One line for each event.
    Descriptor::of::<LunchCancelled>(),
    Descriptor::of::<LunchOrdered>(),
];
