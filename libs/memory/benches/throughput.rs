//! How many messages a second go through the broker on one thread: published and confirmed, delivered, acknowledged.

use std::{future::poll_fn, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fabric_core::{
    Pattern,
    ack_ledger::{AckLedger, AckPolicy},
    message::{Headers, Message, Outgoing, Properties},
    topology::{Binding, Queue, QueueRole, Target, Topology},
};
use fabric_memory::{BrokerOptions, MemoryBroker};
use fabric_runtime::{
    clock::Clock,
    ports::{Broker, ConsumeRequest},
};

const MESSAGES: u64 = 20_000;
const WORK: &str = "academic.audit";
const EXCHANGE: &str = "events.gradebook";

fn topology() -> Topology {
    Topology {
        exchanges: [EXCHANGE.to_owned()].into(),
        queues: vec![Queue {
            name: WORK.to_owned(),
            role: QueueRole::Work { parked: "academic.audit.parked".to_owned(), single_active: false },
        }],
        bindings: vec![Binding {
            exchange: EXCHANGE.to_owned(),
            target: Target::Queue(WORK.to_owned()),
            pattern: Pattern::everything(),
        }],
        ..Topology::default()
    }
}

/// A message as the codec writes them: a dozen headers.
fn outgoing() -> Outgoing {
    let mut headers = Headers::default();
    for name in
        ["id", "source", "type", "specversion", "time", "subject", "dataschema", "tenantid", "actorid", "correlationid"]
    {
        headers.set(format!("cloudEvents_{name}"), "0190163d-8694-739b-aea5-966c26f8ad91");
    }
    let properties = Properties { message_id: Some("0190163d".to_owned()), persistent: true, ..Properties::default() };
    let body = vec![b' '; 300].into();
    Outgoing {
        exchange: EXCHANGE.to_owned(),
        routing_key: "gradebook.grade.posted".to_owned(),
        message: Message { properties, headers, body },
    }
}

async fn run(broker: Arc<MemoryBroker>, outgoing: Outgoing) {
    let request = ConsumeRequest { queue: WORK.to_owned(), prefetch: 256, consumer_name: String::new() };
    let mut consumer = broker.consume(request).await.expect("the queue stands");
    let reader = tokio::spawn(async move {
        let mut ledger = AckLedger::new(AckPolicy::default());
        let now = std::time::Duration::ZERO;
        for _ in 0..MESSAGES {
            let incoming = poll_fn(|context| consumer.poll_next(context)).await.expect("the channel stands");
            ledger.delivered(incoming.tag);
            let settlements = ledger.finished(incoming.tag, now);
            if !settlements.is_empty() {
                consumer.settle(settlements).await;
            }
        }
    });
    for _ in 0..MESSAGES {
        broker.publish(outgoing.clone()).await.expect("it is routed");
    }
    reader.await.expect("the reader does not panic");
}

fn throughput(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut group = criterion.benchmark_group("memory");
    group.throughput(Throughput::Elements(MESSAGES)).sample_size(20);
    group.bench_function("publish_deliver_acknowledge", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let broker = MemoryBroker::new(Clock::system(), BrokerOptions::default());
                broker.declare(&topology()).await.expect("nothing contradicts");
                run(broker, outgoing()).await;
            });
        });
    });
    group.finish();
}

criterion_group!(benches, throughput);
criterion_main!(benches);
