//! The command as a user meets it: the real binary, in a data folder of its own, on free ports.

mod brokers;
mod cloudevents;
mod commands;
mod docs;
mod doctor;
mod events;
mod explain;
mod flags;
mod import;
mod new;
mod parked;
mod pauses;
mod privileges;
mod process;
mod readers;
mod schema;
mod seats;
mod servers;
mod tail;
mod topology;
mod wrong_input;
