//! `fabric up`: all services in one process.

use std::{fs, path::Path, sync::Arc, time::Duration};

use fabric::{
    config::Config,
    host::Host,
    http::{ServeError, listen, serve},
    identity::{Tokens, Verifier},
    telemetry,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Outcome,
    args::{Common, Up},
    commands::import,
    exit::Failure,
    operator::{self, Operator},
    output::{self, Table},
    platform::{self, Running},
};

pub async fn run(common: &Common, arguments: Up) -> Outcome {
    let mut config = platform::configuration(common)?;
    if let Some(address) = &arguments.address {
        config.http.address = address
            .parse()
            .map_err(|_| Failure::Usage(format!("--address: {address:?} is not an IP address with a port")))?;
    }
    let services = platform::services(&config, &arguments.services)?;
    telemetry::init_logging(&config.log).map_err(ServeError::from)?;
    let metrics = telemetry::install_metrics().map_err(ServeError::from)?;
    tokio::spawn(metrics.clone().upkeep());
    let tokens = Tokens::for_config(&config).map_err(ServeError::from)?;
    let listener = listen(config.http.address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let host = platform::host(&config, platform::adapters(&config).await?, &services).await?;
    let config = Arc::new(config);
    let operator = Operator::of(&host, &config)?;
    let verifier = Verifier::new(tokens, host.adapters().clock);
    let router = host.router_with(&config.http, verifier, &metrics, operator::router(operator.clone()));
    let announced = Announced::new(&config, &url)?;
    introduce(common, &config, &url, &host)?;

    let stop = CancellationToken::new();
    let grace = Duration::from_millis(config.drain.grace_ms);
    let serving = tokio::spawn(serve(listener, router, host, grace, stop.clone()));
    if arguments.sample {
        sample(common, &operator, &stop).await?;
    }
    let served = serving.await.map_err(|error| Failure::Other(error.to_string()))?;
    drop(announced);
    Ok(served?)
}

/// Imports the sample while the services run. A stop in the middle is not a failure of the sample.
async fn sample(common: &Common, operator: &Operator, stop: &CancellationToken) -> Outcome {
    tokio::select! {
        imported = import::sample(common, operator) => imported,
        () = stop.cancelled() => Ok(()),
    }
}

/// The file in the data folder by which other commands find this process. It goes when this process does.
struct Announced<'a>(&'a Config);

impl<'a> Announced<'a> {
    fn new(config: &'a Config, url: &str) -> Outcome<Self> {
        let file = platform::running_file(config);
        let running = Running { url: url.to_owned(), pid: std::process::id() };
        let json = serde_json::to_vec(&running).map_err(|error| Failure::Other(error.to_string()))?;
        let folder = file.parent().unwrap_or_else(|| Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file, json))
            .map_err(|error| Failure::Other(format!("data.folder: cannot write {}: {error}", file.display())))?;
        Ok(Self(config))
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        let file = platform::running_file(self.0);
        let ours = fs::read(&file).ok().and_then(|json| serde_json::from_slice::<Running>(&json).ok());
        if ours.is_some_and(|running| running.pid == std::process::id())
            && let Err(error) = fs::remove_file(&file)
        {
            tracing::warn!(%error, "the file by which commands find this process could not be removed");
        }
    }
}

fn introduce(common: &Common, config: &Config, url: &str, host: &Host) -> Outcome {
    if common.json {
        return output::line(&serde_json::json!({ "url": url, "pid": std::process::id() }).to_string());
    }
    let names: Vec<String> = host.specs().map(|spec| spec.name().to_string()).collect();
    let mut table = Table::new(&["WHAT", "WHERE"]);
    table
        .row(["services", &names.join(", ")])
        .row(["broker", &config.broker.url.to_string()])
        .row(["cache", &config.cache.url.to_string()])
        .row(["HTTP", &format!("{url}/{{service}}/…")])
        .row(["health", &format!("{url}/health/ready  and  {url}/health/events")])
        .row(["metrics", &format!("{url}/metrics")])
        .row(["mail", &mail(config)]);
    output::line(&format!(
        "\n{table}\nTry, from another terminal:\n  fabric tail 'gradebook.#'\n  fabric last '#'\n  fabric explain gradebook.grade.posted\n\
         (`cargo run -q --` in place of `fabric`, unless it is installed.) Ctrl-C stops.\n"
    ))
}

fn mail(config: &Config) -> String {
    if config.mail.smtp_url.is_empty() {
        config.outbox_folder().display().to_string()
    } else {
        config.mail.smtp_url.to_string()
    }
}
