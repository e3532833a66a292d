//! `fabric up`: all services in one process.

mod seat;

use std::{sync::Arc, time::Duration};

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
    platform,
};
use seat::Seat;

pub async fn run(common: &Common, arguments: Up) -> Outcome {
    let mut config = platform::configuration(common)?;
    if let Some(address) = &arguments.address {
        config.http.address = address
            .parse()
            .map_err(|_| Failure::Usage(format!("--address: {address:?} is not an IP address with a port")))?;
    }
    let services = platform::services(&config, &arguments.services)?;
    let seat = Seat::take(&config)?;
    telemetry::init_logging(&config.log).map_err(ServeError::from)?;
    let metrics = telemetry::install_metrics().map_err(ServeError::from)?;
    tokio::spawn(metrics.clone().upkeep());
    let tokens = Tokens::for_config(&config).map_err(ServeError::from)?;
    let listener = listen(config.http.address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let host = platform::host(&config, platform::adapters_of_services(&config).await?, &services).await?;
    let config = Arc::new(config);
    let operator = match begin(common, &config, &seat, &url, &host) {
        Ok(operator) => operator,
        Err(failure) => {
            host.drain().await;
            return Err(failure);
        }
    };
    let verifier = Verifier::new(tokens, host.adapters().clock);
    let router = host.router_with(&config.http, verifier, &metrics, operator::router(operator.clone()));

    let stop = CancellationToken::new();
    let grace = Duration::from_millis(config.drain.grace_ms);
    let serving = tokio::spawn(serve(listener, router, host, grace, stop.clone()));
    let fed = if arguments.sample { sample(common, &operator, &stop).await } else { Ok(()) };
    if fed.is_err() {
        stop.cancel();
    }
    let served = serving.await.map_err(|error| Failure::Other(error.to_string()))?;
    drop(seat);
    fed?;
    Ok(served?)
}

/// Tells commands and people where the services are.
fn begin(common: &Common, config: &Arc<Config>, seat: &Seat, url: &str, host: &Host) -> Outcome<Operator> {
    let operator = Operator::of(host, config)?;
    seat.announce(url)?;
    introduce(common, config, url, host)?;
    Ok(operator)
}

/// Imports the sample while the services run. A stop in the middle is not a failure of the sample.
async fn sample(common: &Common, operator: &Operator, stop: &CancellationToken) -> Outcome {
    tokio::select! {
        imported = import::sample(common, operator) => imported,
        () = stop.cancelled() => Ok(()),
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
