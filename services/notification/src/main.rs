//! The service `notification` in a process of its own.

use std::process::ExitCode;

use fabric::config::{self, Config};
use notification::Mailer;

#[tokio::main]
async fn main() -> ExitCode {
    let mailer = Config::load(None, config::environment())
        .map_err(|error| error.to_string())
        .and_then(|config| Mailer::from_config(&config).map_err(|error| error.to_string()));
    match mailer {
        Ok(mailer) => fabric::http::main("notification", fabric_catalog::all(), notification::service(mailer)).await,
        Err(error) => {
            eprintln!("notification: {error}");
            ExitCode::FAILURE
        }
    }
}
