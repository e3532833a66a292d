//! Serving HTTP until the process is told to stop, and the `main` of a service.

use std::{io, net::SocketAddr, process::ExitCode, time::Duration};

use axum::Router;
use fabric_core::Descriptor;
use fabric_runtime::ids::Ids;
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{self, Config, ConfigError},
    connect::{ConnectError, connect},
    host::{Host, HostError},
    identity::{KeyError, Tokens, Verifier},
    service::AnyService,
    telemetry::{self, LoggingError, MetricsError},
};

/// Why a service could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Logs could not be set up.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// Metrics could not be set up.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The key for tokens could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An address names a server that nothing here can speak to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The services do not fit together or not to the broker.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The address cannot be listened on.
    #[error("http.address: cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Signals cannot be waited for, or serving failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The whole `main` of a service that runs alone: configuration from the environment, logs, metrics, adapters, the service, HTTP, and
/// a drain at SIGTERM or Ctrl-C.
pub async fn main(name: &str, catalogue: &'static [Descriptor], service: impl AnyService + 'static) -> ExitCode {
    match run(name, catalogue, Box::new(service)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(name: &str, catalogue: &'static [Descriptor], service: Box<dyn AnyService>) -> Result<(), ServeError> {
    let config = Config::load(None, config::environment())?.of_one_service();
    telemetry::init_logging(&config.log)?;
    let metrics = telemetry::install_metrics()?;
    tokio::spawn(metrics.clone().upkeep());
    let tokens = Tokens::for_config(&config)?;
    let listener = listen(config.http.address).await?;
    let adapters = connect(&config, name).await?;
    let host = Host::start(&config, adapters, Ids::system(), catalogue, &[service]).await?;
    let router = host.router(&config.http, Verifier::new(tokens, host.adapters().clock), &metrics);
    tracing::info!(service = name, address = %listener.local_addr()?, "serving");
    serve(listener, router, host, Duration::from_millis(config.drain.grace_ms), CancellationToken::new()).await
}

/// Listens on an address of the configuration.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })
}

/// Serves until SIGTERM, Ctrl-C or `stop`, then drains within the grace time. A second signal ends the process at once.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    host: Host,
    grace: Duration,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    let stopping = stop.clone();
    let signals = tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stopping.cancelled() => {}
        }
        host_is_stopping(&stopping);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        end_at_once();
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let shutdown = stop.clone();
    let server = tokio::spawn(async move {
        axum::serve(listener, service).with_graceful_shutdown(async move { shutdown.cancelled().await }).await
    });
    stop.cancelled().await;
    // Readiness says no from here on, while requests that are under way are answered.
    let result = tokio::time::timeout(grace, host.drain_beside(server)).await;
    signals.abort();
    match result {
        Ok(Ok(ended)) => Ok(ended?),
        Ok(Err(_aborted)) => Ok(()),
        Err(_elapsed) => {
            tracing::warn!("the grace time is over; what is left comes again");
            Ok(())
        }
    }
}

fn host_is_stopping(stop: &CancellationToken) {
    tracing::info!("stopping: finishing what is in hand; a second signal ends the process at once");
    stop.cancel();
}

#[expect(clippy::disallowed_methods, reason = "a second signal asks for exactly this")]
fn end_at_once() {
    std::process::exit(130);
}
