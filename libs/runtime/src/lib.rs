//! The imperative shell: loops that carry out what [`fabric_core`] decides, over ports that adapters implement.
//!
//! | concept | module |
//! |---|---|
//! | what the shell needs from the world, as plain data | [`ports`], [`clock`], [`ids`] |
//! | from event to confirmed publication | [`publisher`] |
//! | from delivery to acknowledgement | [`subscriber`], [`handler`] |
//! | keeping the last known events | [`last_known`] |
//! | what is counted | [`metric`] |
//! | what is going on | [`activity`], [`observer`], [`notice`] |
//! | what operators do | [`control`], [`parked`], [`redrive`] |

pub mod activity;
pub mod clock;
pub mod control;
pub mod handler;
pub mod ids;
pub mod last_known;
pub mod metric;
pub mod notice;
pub mod observer;
pub mod parked;
pub mod ports;
pub mod publisher;
pub mod redrive;
pub mod subscriber;
