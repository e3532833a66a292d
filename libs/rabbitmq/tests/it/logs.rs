use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use fabric_core::ack_ledger::Settlement;
use fabric_rabbitmq::LOG_DIRECTIVES;
use fabric_runtime::ports::{Broker, Confirmed};
use fabric_testkit::servers::{Server, require};
use tracing_subscriber::EnvFilter;

use crate::{consume, next_id, on_fresh_vhost, outgoing, topology};

const CANARY: &str = "canary-of-a-student";
static LINES: AtomicUsize = AtomicUsize::new(0);
static LEAKS: AtomicUsize = AtomicUsize::new(0);

/// Counts lines, and those that show what they must not. The driver prints bytes as numbers.
struct Watch;

impl Write for Watch {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let as_numbers = format!("{:?}", CANARY.as_bytes()).trim_matches(['[', ']']).to_owned();
        let text = String::from_utf8_lossy(line);
        LINES.fetch_add(1, Ordering::Relaxed);
        if text.contains(CANARY) || text.contains(&as_numbers) {
            LEAKS.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn with_the_directives_no_payload_is_logged_however_much_is() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let mut filter = EnvFilter::new("trace,lapin=trace");
    for directive in LOG_DIRECTIVES {
        filter = filter.add_directive(directive.parse()?);
    }
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Watch).finish();
    // The driver works on threads of its own, so this is for the whole process.
    tracing::subscriber::set_global_default(subscriber)?;

    let (broker, _) = on_fresh_vhost().await?;
    broker.declare(&topology()).await?;
    let message = |key: &str, id: &str| {
        let mut message = outgoing("events.test", key, id);
        message.message.body = CANARY.into();
        message.message.headers.set("cloudEvents_subject", CANARY);
        message
    };
    assert_eq!(broker.publish(message("elsewhere.a.b", "1")).await, Ok(Confirmed::Unrouted));
    assert_eq!(broker.publish(message("test.a.b", "2")).await, Ok(Confirmed::Routed));
    let mut consumer = consume(&broker, "work", 1).await?;
    assert_eq!(next_id(consumer.as_mut()).await?, "2");
    consumer.settle(vec![Settlement::GiveBack { tag: 1 }]).await;
    assert_eq!(next_id(consumer.as_mut()).await?, "2");
    let _ = broker.publish(message("test.a.b", &"x".repeat(256))).await;
    let mut missing = message("test.a.b", "3");
    missing.exchange = "events.missing".to_owned();
    assert!(broker.publish(missing).await.is_err());
    assert!(LINES.load(Ordering::Relaxed) > 0, "nothing was logged at all");
    assert_eq!(LEAKS.load(Ordering::Relaxed), 0);
    Ok(())
}
