//! The service `canteen` in a process of its own.

use std::process::ExitCode;

use canteen::{events, service};

#[tokio::main]
async fn main() -> ExitCode {
    fabric::http::main("canteen", events::ALL, service()).await
}
