//! Reading by topic and by pattern, and what is there that is not ours.

use fabric_runtime::ports::{Cache, CacheError};

use crate::{MARKED, POSTED, ask, connect, entry, last, recent, redis, tenant};

#[tokio::test]
async fn patterns_mean_what_they_mean_to_the_broker() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    let topics = [POSTED, "gradebook.grade.changed", "gradebook.category.created", MARKED];
    cache.offer(topics.iter().map(|topic| entry("a", topic, 1)).collect()).await?;

    let table: &[(&str, &[&str])] = &[
        (POSTED, &[POSTED]),
        ("gradebook.grade.deleted", &[]),
        ("gradebook", &[]),
        ("gradebook.grade.*", &["gradebook.grade.changed", POSTED]),
        ("gradebook.#", &["gradebook.category.created", "gradebook.grade.changed", POSTED]),
        ("*.*.marked", &[MARKED]),
        ("*.*", &[]),
        ("#", &[MARKED, "gradebook.category.created", "gradebook.grade.changed", POSTED]),
    ];
    for (pattern, expected) in table {
        let found = last(&cache, "a", pattern).await?;
        assert_eq!(found.iter().map(|(topic, _)| topic.as_str()).collect::<Vec<_>>(), *expected, "{pattern}");
    }
    Ok(())
}

#[tokio::test]
async fn more_topics_than_fit_one_command_come_all_and_sorted() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    let topics: Vec<String> = (0..200).map(|number| format!("context.thing{number:03}.changed")).collect();
    cache.offer(topics.iter().rev().map(|topic| entry("a", topic, 1)).collect()).await?;
    let found = last(&cache, "a", "#").await?;
    assert_eq!(found.into_iter().map(|(topic, _)| topic).collect::<Vec<_>>(), topics);
    Ok(())
}

#[tokio::test]
async fn tenants_are_separate() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    // More tenants than one command in flight, in one call.
    let tenants: Vec<String> = (0..300).map(|number| format!("district-{number}")).collect();
    let entries = tenants.iter().zip(1..).map(|(tenant, at)| entry(tenant, POSTED, at));
    assert_eq!(cache.offer(entries.collect()).await?.written, 300);
    for (tenant, at) in tenants.iter().zip(1..) {
        assert_eq!(last(&cache, tenant, "#").await?, [(POSTED.to_owned(), at)]);
        assert_eq!(recent(&cache, tenant, POSTED, 100).await?, [at]);
    }
    assert_eq!(last(&cache, "district", "#").await?, []);
    Ok(())
}

#[tokio::test]
async fn what_is_not_ours_is_named_by_its_key() -> anyhow::Result<()> {
    let Some(redis) = redis().await? else { return Ok(()) };
    let cache = connect(&redis).await?;
    cache.offer(vec![entry("mine", POSTED, 1)]).await?;
    let foreign = [
        "HSET fabric:{a}:last gradebook.grade.posted Ada",
        "ZADD fabric:{a}:recent:gradebook.grade.posted 0 Ada",
        "SET fabric:{b}:last Ada",
        "SET fabric:{b}:recent:gradebook.grade.posted Ada",
        // Another tenant's event is as foreign as anything.
        "COPY fabric:{mine}:last fabric:{c}:last",
        "COPY fabric:{mine}:recent:gradebook.grade.posted fabric:{c}:recent:gradebook.grade.posted",
    ];
    ask(redis.addr(), &foreign).await?;

    for name in ["a", "b", "c"] {
        let read = [
            cache.recent(tenant(name), POSTED.parse()?, 9).await.unwrap_err(),
            last(&cache, name, "#").await.unwrap_err(),
        ];
        for error in read {
            let CacheError::Unreadable { key } = error else { panic!("{error}") };
            assert!(key.starts_with(&format!("fabric:{{{name}}}:")) && !key.contains("Ada"), "{key}");
        }
    }
    for name in ["a", "b"] {
        let error = cache.offer(vec![entry(name, POSTED, 2)]).await.unwrap_err();
        assert_eq!(error, CacheError::Unreadable { key: format!("fabric:{{{name}}}:last") });
    }
    Ok(())
}
