//! Tests of the import: what is refused, what is rejected and why, what follows from the rest, and how it is published.

mod bundles;
mod fixture;
mod publishing;
mod refusals;
mod rejections;
mod samples;
mod streaming;
mod version_1_2;
mod zips;
