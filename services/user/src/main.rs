//! The service `user` in a process of its own.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    fabric::http::main("user", fabric_catalog::all(), user::service()).await
}
