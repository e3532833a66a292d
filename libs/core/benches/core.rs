//! How long the core's hot functions take. Run with `just bench core`; figures and the machine stand in docs/benchmarks.md.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fabric_core::{Pattern, codec::decode, message::Incoming, publication::plan, router::Router, seed::Seed};

#[path = "../tests/it/sample.rs"]
mod sample;

fn publication(criterion: &mut Criterion) {
    let (grade, origin) = (sample::grade(), sample::origin("academic", "teacher"));
    criterion.bench_function("publication::plan", |bench| bench.iter(|| plan(black_box(&grade), origin.clone())));
    let outgoing = plan(&grade, origin).expect("the sample is valid").outgoing;
    let incoming = Incoming {
        tag: 1,
        exchange: outgoing.exchange,
        routing_key: outgoing.routing_key,
        redelivered: false,
        message: outgoing.message,
    };
    criterion.bench_function("decode and check", |bench| {
        bench.iter(|| decode(black_box(&incoming)).map(|received| received.payload::<sample::GradePosted>()));
    });
}

fn routing(criterion: &mut Criterion) {
    for count in [100, 10_000, 100_000] {
        let router = router_of(count);
        criterion.bench_function(&format!("one topic against {count} patterns"), |bench| {
            bench.iter(|| {
                let mut matches = 0_usize;
                router.visit(black_box("context7.aggregate11.action5"), |_| matches += 1);
                matches
            });
        });
    }
}

/// Patterns as services write them: most are literal, some have a wildcard in one place.
fn router_of(count: usize) -> Router<usize> {
    let mut seed = Seed::new(1);
    let mut router = Router::default();
    for value in 0..count {
        let mut word = |name: &str, variety: u64| match seed.below(20) {
            0 => "*".to_owned(),
            _ => format!("{name}{}", seed.below(variety)),
        };
        let text = format!("{}.{}.{}", word("context", 1_000), word("aggregate", 100), word("action", 100));
        router.insert(&Pattern::try_new(&text).expect("words are well formed"), value);
    }
    router
}

criterion_group!(benches, publication, routing);
criterion_main!(benches);
