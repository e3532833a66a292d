//! The commands on nothing but the binary.

use std::sync::Mutex;

use anyhow::{Context as _, Result};
use fabric_testkit::wait::eventually;
use serde_json::Value;

use crate::process::{Cli, DEADLINE};

/// Waits until the sample is in and everything that follows from it has been handled.
pub async fn sample_is_handled(cli: &Cli) -> Result<()> {
    let published = Mutex::new(Value::Null);
    eventually(DEADLINE, "the sample is handled", async || {
        let imported = cli.json(&["last", "rostering.import.completed"]).await?;
        let events = cli.json(&["health"]).await?["events"].take();
        let nothing_waits =
            events["subscriptions"].as_array().is_some_and(|all| all.iter().all(|one| one["pending"] == 0));
        // Between two looks nothing was published either, so nothing was on its way from a handler to a queue.
        let before = std::mem::replace(&mut *published.lock().unwrap(), events["published"].clone());
        let rest = nothing_waits && events["in_hand"] == 0 && events["published"] == before;
        Ok::<bool, anyhow::Error>(imported.as_array().is_some_and(|events| !events.is_empty()) && rest)
    })
    .await
}

fn topics(events: &Value) -> Vec<&str> {
    events.as_array().into_iter().flatten().filter_map(|event| event["topic"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_goes_all_the_way_and_can_be_asked_for() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&["--sample"]).await?;
    sample_is_handled(&cli).await?;

    let last = cli.json(&["last", "gradebook.#"]).await?;
    let topics = topics(&last);
    for topic in [
        "gradebook.grade.posted",
        "gradebook.average.calculated",
        "gradebook.gpa.updated",
        "gradebook.performance.measured",
    ] {
        assert!(topics.contains(&topic), "{topic} is missing in {topics:?}");
    }
    assert!(last[0].get("data").is_none(), "payloads are shown only when asked for");
    let recent = cli.json(&["last", "gradebook.grade.posted", "--recent", "5", "--reveal"]).await?;
    // Under load only the newest of each write is kept, so there may be fewer than were published.
    assert!((2..=5).contains(&recent.as_array().map_or(0, Vec::len)), "{recent}");
    assert!(recent[0]["data"]["scorePercent"].is_number());
    assert_eq!(
        cli.json(&["last", "#", "--tenant", "other"]).await?,
        serde_json::json!([]),
        "one tenant never sees another's"
    );

    let outbox = cli.folder().join("data/outbox");
    let mails = std::fs::read_dir(&outbox).with_context(|| outbox.display().to_string())?.count();
    assert!(mails > 0, "notices were written");
    up.stop().await?;
    assert_eq!(cli.run(&["health"]).await?.status.code(), Some(4), "it can no longer be found");
    Ok(())
}

/// Publishes posts until a watch has seen one, and gives their payload.
pub async fn what_is_published_is_seen(cli: &Cli) -> Result<&'static str> {
    let example = fabric_catalog::example("social.post.created").context("the catalogue has an example")?;
    let seen = async {
        let tail = cli.ok(&["tail", "social.#", "--count", "1", "--json"]).await?;
        Ok::<Value, anyhow::Error>(serde_json::from_str(&tail)?)
    };
    // The watch may begin a moment after the first event, so events are published until one was seen.
    let publish = async {
        loop {
            cli.ok(&["publish", "social.post.created", "--data", example]).await?;
        }
        #[expect(unreachable_code, reason = "names the type of the endless loop")]
        Ok::<Value, anyhow::Error>(Value::Null)
    };
    let seen = tokio::select! { seen = seen => seen?, failed = publish => failed? };
    assert_eq!(seen["topic"], "social.post.created");
    Ok(example)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_goes_by_and_is_remembered() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    let example = what_is_published_is_seen(&cli).await?;
    let last = cli.json(&["last", "social.post.*"]).await?;
    assert_eq!(topics(&last), ["social.post.created"]);
    let reply = cli.json(&["publish", "social.post.created", "--data", example]).await?;
    assert_eq!(reply["outcome"], "routed");
    up.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_needs_no_server() -> Result<()> {
    let cli = Cli::new()?;
    let events = cli.json(&["events", "kyc.#"]).await?;
    assert!(topics(&events).contains(&"kyc.document.verified"));
    let explanation = cli.json(&["explain", "gradebook.grade.posted"]).await?;
    assert_eq!(explanation["exchange"], "events.gradebook");
    let reached: Vec<&str> = explanation["reached"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["subscription"].as_str())
        .collect();
    for subscription in
        ["academic.grade_posted_intervention", "academic.gradebook_audit", "notification.grade_posting_notification"]
    {
        assert!(reached.contains(&subscription), "{subscription} is missing in {reached:?}");
    }
    let token = cli.ok(&["token", "--role", "teacher"]).await?;
    assert_eq!(token.trim().split('.').count(), 3);
    for command in [&["events"][..], &["explain", "kyc.document.verified"]] {
        let text = cli.ok(command).await?;
        assert!(!text.contains('\u{1b}'), "no colours where there is no terminal");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_operator_may_use_the_operators_routes() -> Result<()> {
    let cli = Cli::new()?;
    let up = cli.up(&[]).await?;
    let student = cli.ok(&["token", "--role", "student"]).await?;
    let operator = cli.ok(&["token", "--role", "operator"]).await?;
    let url = cli.url()?;
    let table = [(None, 401), (Some("not.a.token"), 401), (Some(student.trim()), 403), (Some(operator.trim()), 200)];
    for (token, expected) in table {
        for path in [
            "/operator/last?pattern=%23",
            "/operator/parked",
            "/operator/publish?topic=social.post.created&role=student",
        ] {
            let (url, authorization) = (format!("{url}{path}"), token.map(|token| format!("Bearer {token}")));
            let is_publish = path.contains("publish");
            let status = tokio::task::spawn_blocking(move || ask(&url, authorization.as_deref(), is_publish)).await??;
            // The payload `{}` is no post, which is found out only after the caller is known to be an operator.
            let expected = if is_publish && expected == 200 { 422 } else { expected };
            assert_eq!(status, expected, "{path} with {token:?}");
        }
    }
    up.stop().await
}

fn ask(url: &str, authorization: Option<&str>, is_publish: bool) -> Result<u16> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let token = authorization.unwrap_or_default();
    let response = match (is_publish, authorization) {
        (true, None) => agent.post(url).send("{}")?,
        (true, Some(_)) => agent.post(url).header("authorization", token).send("{}")?,
        (false, None) => agent.get(url).call()?,
        (false, Some(_)) => agent.get(url).header("authorization", token).call()?,
    };
    Ok(response.status().as_u16())
}
