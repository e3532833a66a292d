//! The whole of the fabric as its users see it, on the broker and the cache in this process and on virtual time.

mod delivery;
mod drain;
mod guards;
mod http;
mod last_known;
mod logs;
mod metrics;
mod notices;
mod operator;
mod order;
mod outages;
mod privacy;
mod publishing;
mod sample;
mod scrape;
mod simulation;
