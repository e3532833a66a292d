//! The command as a user meets it: the real binary, in a data folder of its own, on free ports.

mod cloudevents;
mod commands;
mod docs;
mod doctor;
mod events;
mod explain;
mod import;
mod new;
mod parked;
mod pauses;
mod privileges;
mod process;
mod schema;
mod servers;
mod topology;
mod wrong_input;
