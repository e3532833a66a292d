//! The function library comes back by itself, and gives way to a newer one.

use fabric_runtime::ports::{Cache, CacheError, Offered};
use fabric_testkit::wait::eventually;

use crate::{DEADLINE, POSTED, ask, connect, entry, last, recent, redis};

const WRITTEN: Offered = Offered { written: 1, stale: 0 };

#[tokio::test]
async fn what_is_flushed_comes_back_with_the_next_offer() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    assert_eq!(cache.offer(vec![entry("a", POSTED, 5)]).await?, WRITTEN);

    assert_eq!(ask(redis.addr(), &["FUNCTION FLUSH"]).await?[0], "+OK");
    assert_eq!(last(&cache, "a", POSTED).await?, [(POSTED.to_owned(), 5)]);
    assert_eq!(cache.offer(vec![entry("a", POSTED, 6)]).await?, WRITTEN);

    assert_eq!(ask(redis.addr(), &["FLUSHALL"]).await?[0], "+OK");
    assert_eq!(last(&cache, "a", "#").await?, []);
    assert_eq!(recent(&cache, "a", POSTED, 9).await?, [0; 0]);
    assert_eq!(cache.offer(vec![entry("a", POSTED, 4)]).await?, WRITTEN, "a lost cache takes what it is offered");
    Ok(())
}

#[tokio::test]
async fn a_flush_between_many_tenants_loses_no_offer() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    let tenants: Vec<String> = (0..50).map(|number| format!("tenant-{number}")).collect();
    for at in 0..20 {
        let entries = tenants.iter().map(|tenant| entry(tenant, POSTED, at)).collect();
        let flush = ["FUNCTION FLUSH"];
        let (offered, flushed) = tokio::join!(cache.offer(entries), ask(redis.addr(), &flush));
        assert_eq!((offered?, flushed?[0].as_str()), (Offered { written: 50, stale: 0 }, "+OK"));
    }
    Ok(())
}

#[tokio::test]
async fn the_library_comes_back_without_an_offer() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    ask(redis.addr(), &["FUNCTION FLUSH"]).await?;
    eventually(DEADLINE, "the library to be back", async || {
        ask(redis.addr(), &["FUNCTION LIST"]).await.map(|answer| answer[0] == "*1")
    })
    .await?;
    drop(cache);
    Ok(())
}

#[tokio::test]
async fn an_older_library_is_replaced_and_a_newer_one_stays() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let load = |version: u32| {
        format!(
            "FUNCTION LOAD REPLACE \"#!lua name=fabric_last_known\\n-- version: {version}\\n\
             redis.register_function('fabric_offer', function() return redis.error_reply('VERSION is newer') end)\""
        )
    };
    assert_eq!(ask(redis.addr(), &[&load(0)]).await?[0], "$17");
    let cache = connect(&redis).await?;
    assert_eq!(cache.offer(vec![entry("a", POSTED, 1)]).await?, WRITTEN);
    cache.close().await;

    assert_eq!(ask(redis.addr(), &[&load(99)]).await?[0], "$17");
    let cache = connect(&redis).await?;
    let error = cache.offer(vec![entry("a", POSTED, 2)]).await.unwrap_err();
    assert_eq!(error, CacheError::Away { detail: "the server answered VERSION".to_owned() });
    Ok(())
}
