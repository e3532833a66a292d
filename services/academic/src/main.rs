//! The academic service in a process of its own.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    fabric::http::main("academic", fabric_catalog::all(), academic::service()).await
}
