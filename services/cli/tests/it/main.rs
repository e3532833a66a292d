//! The command as a user meets it: the real binary, in a data folder of its own, on free ports.

mod cloudevents;
mod commands;
mod docs;
mod import;
mod parked;
mod pauses;
mod process;
mod schema;
mod servers;
mod wrong_input;
