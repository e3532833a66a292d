//! Histories: written, read back, and judged.

mod broken;
mod recorded;
mod sound;
mod story;
mod tampered;
