//! Our topic matching against the broker's own, on random patterns and keys.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use fabric_core::{Pattern, router::Router, seed::Seed};
use fabric_testkit::servers::{RabbitMq, Server, require};
use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, ExchangeKind};

use crate::raw;

const SEEDS: u64 = 3;
/// How many pairs of a pattern and a key are compared per seed, unless the environment says otherwise.
const PAIRS: usize = 2_000;
const PAIRS_VARIABLE: &str = "FABRIC_DIFFERENTIAL_PAIRS";

/// Keys that every seed tries, besides random ones.
const ODD_KEYS: [&str; 8] = ["", ".", "..", "a", "a..b", ".a", "a.", "#.*"];

#[tokio::test]
async fn patterns_match_what_the_broker_matches() -> Result<()> {
    if !require(&[Server::RabbitMq])? {
        return Ok(());
    }
    let pairs = match std::env::var(PAIRS_VARIABLE) {
        Ok(text) => text.parse().with_context(|| format!("{PAIRS_VARIABLE} must be a number"))?,
        Err(_) => PAIRS,
    };
    let side = pairs.isqrt().max(ODD_KEYS.len());
    for seed in 0..SEEDS {
        compare(seed, side).await.with_context(|| format!("seed {seed}"))?;
    }
    Ok(())
}

async fn compare(seed: u64, side: usize) -> Result<()> {
    let mut random = Seed::new(seed);
    let mut patterns = BTreeSet::new();
    while patterns.len() < side {
        patterns.insert(Pattern::try_new(&words(&mut random, &["a", "b", "c", "*", "*", "#", "#"], 1))?);
    }
    let mut keys: BTreeSet<String> = ODD_KEYS.iter().map(|key| (*key).to_owned()).collect();
    while keys.len() < side {
        // Wildcards in a key are words like any other.
        keys.insert(words(&mut random, &["a", "a", "b", "b", "c", "", "*", "#"], 0));
    }
    let (patterns, keys): (Vec<Pattern>, Vec<String>) = (patterns.into_iter().collect(), keys.into_iter().collect());

    let mut router = Router::default();
    for (index, pattern) in patterns.iter().enumerate() {
        router.insert(pattern, index);
    }
    let brokers = matched_by_broker(&patterns, &keys).await?;
    let mut matches = 0;
    for (key_index, key) in keys.iter().enumerate() {
        let by_router: BTreeSet<usize> = router.matches(key).into_iter().copied().collect();
        for (pattern_index, pattern) in patterns.iter().enumerate() {
            let expected = brokers.get(&pattern_index).is_some_and(|keys| keys.contains(&key_index));
            assert_eq!(pattern.matches(key), expected, "seed {seed}: {pattern} on {key:?}");
            assert_eq!(
                by_router.contains(&pattern_index),
                expected,
                "seed {seed}: the router with {pattern} on {key:?}"
            );
            matches += usize::from(expected);
        }
    }
    println!("seed {seed}: {} patterns, {} keys, {matches} matches", patterns.len(), keys.len());
    assert!(matches > side, "the generator makes too few matches to mean anything");
    Ok(())
}

/// One to seven of the words, or fewer.
fn words(random: &mut Seed, choice: &[&str], at_least: u64) -> String {
    let count = at_least + random.below(7);
    let word = |random: &mut Seed| choice[usize::try_from(random.below(choice.len() as u64)).unwrap()];
    (0..count).map(|_| word(random)).collect::<Vec<_>>().join(".")
}

/// Which keys each pattern's queue was given: indices to indices.
async fn matched_by_broker(patterns: &[Pattern], keys: &[String]) -> Result<BTreeMap<usize, BTreeSet<usize>>> {
    let url = RabbitMq::shared().await?.fresh_vhost().await?;
    let (_connection, channel) = raw(&url).await?;
    channel
        .exchange_declare(
            "topics".into(),
            ExchangeKind::Topic,
            ExchangeDeclareOptions::default(),
            FieldTable::default(),
        )
        .await?;
    for (index, pattern) in patterns.iter().enumerate() {
        let queue = queue_of(index);
        channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::default(), FieldTable::default()).await?;
        let key = pattern.as_str().into();
        channel
            .queue_bind(queue.as_str().into(), "topics".into(), key, QueueBindOptions::default(), FieldTable::default())
            .await?;
    }
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let mut confirms = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        let (options, body) = (BasicPublishOptions::default(), index.to_string());
        let properties = BasicProperties::default();
        confirms.push(
            channel.basic_publish("topics".into(), key.as_str().into(), options, body.as_bytes(), properties).await?,
        );
    }
    for confirm in confirms {
        anyhow::ensure!(confirm.await?.is_ack());
    }
    let mut matched = BTreeMap::new();
    for index in 0..patterns.len() {
        matched.insert(index, drained(&channel, &queue_of(index)).await?);
    }
    Ok(matched)
}

/// The bodies of everything in a queue. Each key was published once, so twice in a queue would be a fault of the broker.
async fn drained(channel: &Channel, queue: &str) -> Result<BTreeSet<usize>> {
    let passive = QueueDeclareOptions::default().passive();
    let count = channel.queue_declare(queue.into(), passive, FieldTable::default()).await?.message_count();
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut consumer = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?;
    let mut bodies = BTreeSet::new();
    for _ in 0..count {
        let delivery = consumer.next().await.context("the consumer has ended")??;
        anyhow::ensure!(bodies.insert(std::str::from_utf8(&delivery.data)?.parse()?), "the same key twice");
    }
    Ok(bodies)
}

fn queue_of(index: usize) -> String {
    format!("pattern-{index}")
}
