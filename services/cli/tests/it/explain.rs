//! Where events go and what can reach queues: derived from the services, without a server.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::{parked::fails, process::Cli};

fn names<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().into_iter().flatten().filter_map(|item| item[field].as_str()).collect()
}

#[tokio::test]
async fn an_event_is_followed_to_its_queues() -> Result<()> {
    let cli = Cli::new()?;
    let explained = cli.json(&["explain", "gradebook.grade.posted", "--tenant", "north"]).await?;
    assert_eq!(explained["dataschema"], "urn:fabric:gradebook.grade.posted:1");
    assert_eq!((&explained["owner"], &explained["otherwise"]), (&json!("academic"), &json!("events.unrouted")));
    assert_eq!(
        explained["cached"],
        json!({
            "last_key": "fabric:{north}:last",
            "field": "gradebook.grade.posted",
            "recent_key": "fabric:{north}:recent:gradebook.grade.posted"
        })
    );
    let audit = explained["reached"]
        .as_array()
        .and_then(|reached| reached.iter().find(|own| own["subscription"] == "academic.gradebook_audit"))
        .context("the audit gets it")?;
    assert_eq!(audit["parks_in"], "academic.gradebook_audit.parked");
    assert!(audit["because"][0]["why"].is_string(), "{audit}");
    let text = cli.ok(&["explain", "gradebook.grade.posted"]).await?;
    for expected in ["academic.gradebook_audit", "stands for", "fabric:{demo}:last", "events.unrouted", "TRIED AGAIN"] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_key_leads_to_one_partition() -> Result<()> {
    let cli = Cli::new()?;
    let all = fabric_catalog::all().iter().map(|event| event.topic);
    let mut partitioned = None;
    for topic in all {
        let explained = cli.json(&["explain", topic]).await?;
        let reached = explained["reached"].as_array().cloned().unwrap_or_default();
        if let Some(own) = reached.into_iter().find(|own| own["queues"].as_array().is_some_and(|all| all.len() > 1)) {
            partitioned = Some((topic, own));
            break;
        }
    }
    let (topic, own) = partitioned.context("some subscription is partitioned")?;
    let keyed = cli.json(&["explain", topic, "--key", "u-11391"]).await?;
    let slot = keyed["slot"].as_u64().context("it has a slot")?;
    let reached = keyed["reached"].as_array().cloned().unwrap_or_default();
    let same = reached.iter().find(|other| other["subscription"] == own["subscription"]).context("it is reached")?;
    let [queue] = same["queues"].as_array().map(Vec::as_slice).unwrap_or_default() else {
        anyhow::bail!("one queue: {same}")
    };
    assert!(own["queues"].as_array().is_some_and(|all| all.contains(queue)), "{queue} of {own}");
    let explained = cli.json(&["explain", "--queue", queue.as_str().unwrap_or_default()]).await?;
    assert_eq!((&explained["kind"], &explained["subscription"]), (&json!("partition"), &own["subscription"]));
    assert!(explained["slots"].as_array().is_some_and(|slots| slots.contains(&json!(slot))), "{slot}: {explained}");
    assert!(names(&explained["events"], "topic").contains(&topic), "{explained}");
    Ok(())
}

#[tokio::test]
async fn a_queue_says_what_can_reach_it() -> Result<()> {
    let cli = Cli::new()?;
    let work = cli.json(&["explain", "--queue", "notification.dispatch"]).await?;
    assert_eq!(
        (&work["kind"], &work["dead_letters_to"], &work["policy"]["name"]),
        (&json!("work"), &json!("notification.dispatch.parked"), &json!("fabric-work.notification"))
    );
    assert!(names(&work["events"], "topic").contains(&"notification.dispatch.requested"), "{work}");
    let table = [
        ("notification.dispatch.parked", "parked", "fabric parked"),
        ("events.unrouted", "unrouted", "nobody"),
        ("fabric.control", "control", "every process"),
    ];
    for (queue, kind, reader) in table {
        let explained = cli.json(&["explain", "--queue", queue]).await?;
        assert_eq!(explained["kind"], kind, "{queue}");
        assert!(explained["read_by"].as_str().is_some_and(|by| by.starts_with(reader)), "{explained}");
    }
    let text = cli.ok(&["explain", "--queue", "notification.dispatch"]).await?;
    assert!(text.contains("queues.notification") && text.contains("x-queue-type=\"quorum\""), "{text}");
    let said = fails(&cli, &["explain", "--queue", "notification.dispach"], 3).await?;
    assert!(said.contains("did you mean notification.dispatch"), "{said}");
    fails(&cli, &["explain"], 2).await?;
    fails(&cli, &["explain", "--queue", "x", "--key", "y"], 2).await?;
    Ok(())
}

#[tokio::test]
async fn a_subscription_with_partitions_names_its_queues() -> Result<()> {
    let cli = Cli::new()?;
    let said = fails(&cli, &["explain", "--queue", "academic.gpa_update"], 3).await?;
    assert!(said.contains("academic.gpa_update is a subscription"), "{said}");
    let queues = said.split([' ', ',', ':']).filter(|word| word.starts_with("academic.gpa_update."));
    let queues: Vec<&str> = queues.collect();
    assert!(queues.len() > 1, "{said}");
    for queue in queues {
        let explained = cli.json(&["explain", "--queue", queue]).await?;
        assert_eq!(explained["subscription"], "academic.gpa_update");
    }
    let said = fails(&cli, &["explain", "--queue", "nothing-like-this"], 3).await?;
    assert!(said.trim_end().ends_with("there is no queue nothing-like-this"), "{said}");
    Ok(())
}

#[tokio::test]
async fn the_reason_stands_below_because() -> Result<()> {
    let cli = Cli::new()?;
    let table: [(&[&str], &str); 3] = [
        (&["explain", "gradebook.grade.posted"], "LISTENS TO"),
        (&["explain", "--queue", "notification.dispatch"], "PATTERN"),
        (&["events", "show", "gradebook.grade.posted"], "LISTENS TO"),
    ];
    for (command, before) in table {
        let text = cli.ok(command).await?;
        let heading = text.lines().find(|line| line.contains("BECAUSE")).unwrap_or_default();
        assert!(heading.contains(before) && heading.ends_with("BECAUSE") && !text.contains("SINCE"), "{text}");
    }
    Ok(())
}
