//! Serving on a socket until the end: on real time, since sockets do not wait for a paused clock.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::post};
use fabric::{
    Adapters, Clock, Service,
    config::Config,
    core::seed::Seed,
    host::Host,
    http::{Problem, listen, serve},
    identity::{SigningKey, Tokens, Verifier},
    runtime::{ids::Ids, ports::Broker},
    telemetry::install_metrics,
};
use fabric_memory::{BrokerOptions, CacheOptions, MemoryBroker, MemoryCache};
use fabric_testkit::{harness::tenant, wait::eventually};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;

use crate::sample::BellRung;

/// Generous: it is reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(30);

/// A command that is under way until it is let go on, and publishes then.
#[derive(Clone)]
struct Door {
    entered: Arc<Mutex<bool>>,
    open: Arc<Semaphore>,
}

fn service(door: Door) -> Service {
    Service::new("school").publishes::<BellRung>().routes(move |fabric, _| {
        let door = door.clone();
        let ring = async move || {
            *door.entered.lock().unwrap() = true;
            door.open.acquire().await.unwrap().forget();
            let bell = BellRung { tower: "north".to_owned() };
            fabric.publish(bell).tenant(tenant()).await.map_err(Problem::from)?;
            Ok::<_, Problem>(StatusCode::ACCEPTED)
        };
        Router::new().route("/bells", post(ring))
    })
}

#[tokio::test]
async fn a_request_that_is_under_way_at_the_end_is_answered_and_its_event_published() {
    let door = Door { entered: Arc::default(), open: Arc::new(Semaphore::new(0)) };
    let clock = Clock::system();
    let broker = MemoryBroker::new(clock, BrokerOptions::default());
    let adapters = Adapters { broker: broker.clone(), cache: MemoryCache::new(CacheOptions::default()), clock };
    let config = Config::load(None, [("FABRIC__HTTP__ADDRESS".to_owned(), "127.0.0.1:0".to_owned())]).unwrap();
    let services: [Box<dyn fabric::AnyService>; 1] = [Box::new(service(door.clone()))];
    let host = Host::start(&config, adapters, Ids::seeded(Seed::new(1)), &[], &services).await.unwrap();
    let tokens = Tokens::new(SigningKey::from_hex(&"5e".repeat(32)).unwrap(), DEADLINE);
    let router = host.router(&config.http, Verifier::new(tokens, clock), &install_metrics().unwrap());
    let listener = listen(config.http.address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve(listener, router, host, DEADLINE, stop.clone()));

    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"POST /bells HTTP/1.1\r\nHost: school\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    eventually(DEADLINE, "the request to arrive", async || *door.entered.lock().unwrap()).await.unwrap();
    stop.cancel();
    eventually(DEADLINE, "new connections to be refused", async || TcpStream::connect(address).await.is_err())
        .await
        .unwrap();
    // Nothing tells that something will not happen, so this waits for it, longer than it would take.
    let closed = async || broker.status().has_changed().is_err();
    let closing = eventually(Duration::from_millis(300), "the connection to be closed", closed).await;
    assert!(closing.is_err(), "the connection was closed under the request");
    door.open.add_permits(1);
    let mut answer = String::new();
    tokio::time::timeout(DEADLINE, client.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    tokio::time::timeout(DEADLINE, serving).await.unwrap().unwrap().unwrap();
    assert_eq!(broker.contents("events.unrouted").len(), 1);
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_names_the_key() {
    let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let taken = listen(listener.local_addr().unwrap()).await.unwrap_err().to_string();
    assert!(taken.starts_with("http.address: cannot listen on 127.0.0.1:"), "{taken}");
}
