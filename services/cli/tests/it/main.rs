//! The command as a user meets it: the real binary, in a data folder of its own, on free ports.

mod commands;
mod import;
mod parked;
mod pauses;
mod process;
mod servers;
mod wrong_input;
