//! Redis away, silent or closed to us.

use fabric_redis::{RedisCache, RedisOptions};
use fabric_runtime::ports::{Cache, CacheError};
use fabric_testkit::relay::Relay;
use fabric_testkit::wait::eventually;
use futures_util::future::join_all;

use crate::{
    DEADLINE, POSTED, ask, connect, entry, entry_with, hasty, last, options, recent, redis, until_offered,
    until_reachable,
};

#[tokio::test]
async fn it_starts_while_redis_is_away_and_finds_it_later() -> anyhow::Result<()> {
    let Some(mut redis) = redis().await? else { return Ok(()) };
    redis.kill().await?;
    let cache = connect(&redis).await?;
    assert!(!*cache.reachable().borrow());
    let error = cache.offer(vec![entry("a", POSTED, 1)]).await.unwrap_err();
    assert_eq!(error, CacheError::Away { detail: "there is no connection".to_owned() });

    redis.start_again().await?;
    until_reachable(&cache, true).await?;
    cache.offer(vec![entry("a", POSTED, 1)]).await?;
    Ok(())
}

#[tokio::test]
async fn it_comes_back_by_itself_after_each_restart() -> anyhow::Result<()> {
    let Some(mut redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    for at in 1..=3 {
        assert!(*cache.reachable().borrow());
        cache.offer(vec![entry("a", POSTED, at)]).await?;
        redis.kill().await?;
        until_reachable(&cache, false).await?;
        assert!(matches!(cache.offer(vec![entry("a", POSTED, at)]).await, Err(CacheError::Away { .. })));
        assert!(matches!(last(&cache, "a", "#").await, Err(CacheError::Away { .. })));
        redis.start_again().await?;
        until_reachable(&cache, true).await?;
        assert_eq!(last(&cache, "a", "#").await?, [(POSTED.to_owned(), at)], "Redis has kept it");
    }
    Ok(())
}

#[tokio::test]
async fn offers_repeated_through_restarts_lose_nothing() -> anyhow::Result<()> {
    let Some(mut redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    let writer = tokio::spawn({
        let cache = cache.clone();
        async move {
            for at in 1..=60 {
                until_offered(&cache, &entry("a", POSTED, at)).await?;
            }
            anyhow::Ok(())
        }
    });
    for _ in 0..3 {
        until_reachable(&cache, true).await?;
        redis.kill().await?;
        redis.start_again().await?;
    }
    writer.await??;
    assert_eq!(recent(&cache, "a", POSTED, 100).await?, (1..=60).rev().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_cut_network_is_noticed_and_mended() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let relay = Relay::start(redis.addr()).await?;
    let cache = RedisCache::connect(options(redis.url_at(relay.addr()))).await?;
    for at in 1..=3 {
        until_offered(&cache, &entry("a", POSTED, at)).await?;
        relay.cut().await?;
        until_reachable(&cache, false).await?;
        relay.heal().await?;
        until_reachable(&cache, true).await?;
    }
    relay.reset().await?;
    until_offered(&cache, &entry("a", POSTED, 4)).await?;
    assert_eq!(last(&cache, "a", "#").await?, [(POSTED.to_owned(), 4)]);
    Ok(())
}

/// Nothing comes back and nothing is refused: every call ends at its deadline all the same, and the connection is given
/// up, whether it was idle, in use, or full to the last buffer.
#[tokio::test]
async fn a_black_hole_holds_nobody_and_is_left() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let relay = Relay::start(redis.addr()).await?;
    let cache = RedisCache::connect(hasty(redis.url_at(relay.addr()))).await?;
    let body = format!(r#"{{"comment":"{}"}}"#, "x".repeat(200_000));
    let (small, large) = (entry("a", POSTED, 1), entry_with("a", POSTED, 1, &body));
    for (name, parallel, event) in [("idle", 0, &small), ("in use", 8, &small), ("full", 64, &large)] {
        let offer = || cache.offer(vec![event.clone()]);
        until_reachable(&cache, true).await?;
        relay.black_hole();
        let offered = join_all((0..parallel).map(|_| offer()));
        let offered = tokio::time::timeout(DEADLINE, offered).await?;
        assert!(offered.iter().all(|offered| matches!(offered, Err(CacheError::Away { .. }))), "{name}: {offered:?}");

        // The connection is given up although commands are written to it all the time.
        eventually(DEADLINE, "the connection to be given up", async || {
            offer().await.is_err() && !*cache.reachable().borrow()
        })
        .await?;
        relay.heal().await?;
        until_reachable(&cache, true).await?;
        until_offered(&cache, &entry("a", POSTED, 1)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_frozen_server_is_left_and_found_again() -> anyhow::Result<()> {
    let Some(mut redis) = redis().await? else { return Ok(()) };
    let cache = RedisCache::connect(hasty(redis.url())).await?;
    until_reachable(&cache, true).await?;
    redis.pause()?;
    assert!(matches!(cache.offer(vec![entry("a", POSTED, 1)]).await, Err(CacheError::Away { .. })));
    until_reachable(&cache, false).await?;
    redis.resume()?;
    until_offered(&cache, &entry("a", POSTED, 1)).await
}

/// More commands at once than may be in flight, again and again: fred alone would no longer flush after that.
#[tokio::test]
async fn more_commands_than_fit_wait_for_their_turn() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let narrow = RedisOptions { commands_in_flight_max: 2, ..options(redis.url()) };
    let cache = RedisCache::connect(narrow).await?;
    for at in 1..=3 {
        let tenants = (0..200).map(|number| entry(&format!("tenant-{number}"), POSTED, at));
        let (many, one) = tokio::join!(cache.offer(tenants.collect()), cache.offer(vec![entry("a", POSTED, at)]));
        assert_eq!((many?.written, one?.written), (200, 1));
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_an_outage_that_a_right_one_ends() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    assert_eq!(ask(redis.addr(), &["CONFIG SET requirepass hunter2"]).await?[0], "+OK");
    for credentials in ["", ":wrong@"] {
        let cache = RedisCache::connect(options(format!("redis://{credentials}{}", redis.addr()))).await?;
        assert!(!*cache.reachable().borrow(), "{credentials}");
    }
    let cache = RedisCache::connect(options(format!("redis://:hunter2@{}", redis.addr()))).await?;
    cache.offer(vec![entry("a", POSTED, 1)]).await?;
    Ok(())
}

#[tokio::test]
async fn the_documented_permissions_are_enough() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let documented = include_str!("../../src/lib.rs").lines().find_map(|line| line.strip_prefix("//! ~fabric:* "));
    let user = format!("ACL SETUSER fabric on >hunter2 ~fabric:* {}", documented.unwrap());
    assert_eq!(ask(redis.addr(), &[&user]).await?[0], "+OK");

    let cache = RedisCache::connect(options(format!("redis://fabric:hunter2@{}/0", redis.addr()))).await?;
    cache.offer(vec![entry("a", POSTED, 1)]).await?;
    assert_eq!(last(&cache, "a", "#").await?, [(POSTED.to_owned(), 1)]);
    assert_eq!(recent(&cache, "a", POSTED, 9).await?, [1]);
    cache.close().await;
    assert_eq!(ask(redis.addr(), &["ACL LOG"]).await?[0], "*0", "nothing was refused");
    Ok(())
}

#[tokio::test]
async fn closed_it_leaves_no_connection_and_refuses() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let clients = async || anyhow::Ok(ask(redis.addr(), &["INFO clients"]).await?);
    let is_alone = async || clients().await.map(|lines| lines.iter().any(|line| line == "connected_clients:1"));

    let cache = connect(&redis).await?;
    assert!(!is_alone().await?);
    cache.close().await;
    assert!(matches!(cache.offer(vec![entry("a", POSTED, 1)]).await, Err(CacheError::Away { .. })));
    assert!(!*cache.reachable().borrow());
    eventually(DEADLINE, "the connection to be closed", is_alone).await?;
    cache.close().await;

    drop(connect(&redis).await?);
    eventually(DEADLINE, "the dropped connection to be closed", is_alone).await
}
