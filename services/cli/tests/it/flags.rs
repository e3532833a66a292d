//! Flags that every command takes, and the wrong answers to them.

use std::net::TcpListener;

use anyhow::Result;
use axum::{Json, Router, http::StatusCode};

use crate::{parked::fails, process::Cli};

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_is_checked_even_where_it_is_not_needed_and_named_when_it_is_wrong() -> Result<()> {
    let cli = Cli::new()?;
    let table: &[(&[&str], &str)] = &[
        (&["events", "--amqp", "garbage"], "--amqp"),
        (&["last", "--amqp", "foo://user:s3cret@x"], "--amqp"),
        (&["last", "--redis", "foo://user:s3cret@x"], "--redis"),
        (&["events", "--url", "somewhere"], "--url"),
        (&["--config", "/no/such/file", "events"], "/no/such/file"),
        (&["schema", "show", "social.post.created", "--config", "/no/such/file"], "/no/such/file"),
    ];
    for (arguments, flag) in table {
        let said = fails(&cli, arguments, 2).await?;
        assert!(said.contains(flag) && !said.contains("environment variable"), "{arguments:?}: {said}");
        assert!(!said.contains("s3cret"), "{arguments:?}: {said}");
    }
    let of_the_environment = Cli::new()?.with("FABRIC__BROKER__URL", "foo://x");
    let said = fails(&of_the_environment, &["last"], 2).await?;
    assert!(said.contains("the environment variable FABRIC__BROKER__URL"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_service_is_no_fabric_up() -> Result<()> {
    let cli = Cli::new()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let missing =
        async || (StatusCode::NOT_FOUND, Json(serde_json::json!({"detail": "there is nothing at this path"})));
    let service = tokio::spawn(axum::serve(listener, Router::new().fallback(missing)).into_future());
    for command in [&["last"][..], &["tail"], &["parked", "ls"], &["pause"]] {
        let said = fails(&cli, &[command, &["--url", &url]].concat(), 2).await?;
        assert!(said.contains("single service") && said.contains("--amqp"), "{command:?}: {said}");
    }
    service.abort();
    Ok(())
}

/// What only the cache knows is asked of nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_known_events_are_read_without_the_broker() -> Result<()> {
    let broker = TcpListener::bind("127.0.0.1:0")?;
    broker.set_nonblocking(true)?;
    let amqp = format!("amqp://{}", broker.local_addr()?);
    let cli = Cli::on(&amqp, "redis://127.0.0.1:1")?;
    fails(&cli, &["last"], 4).await?;
    let asked = broker.accept();
    assert!(asked.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "somebody connected");
    Ok(())
}
