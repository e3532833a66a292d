//! The service `social` in a process of its own.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    fabric::http::main("social", fabric_catalog::all(), social::service()).await
}
