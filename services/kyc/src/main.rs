//! The service `kyc` in a process of its own.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    fabric::http::main("kyc", fabric_catalog::all(), kyc::service()).await
}
