//! Servers go with the value, with the panic, and with the process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use fabric_testkit::servers::{Postgres, RabbitMq, Redis, Server, is_alive, require};
use fabric_testkit::wait::eventually;

use crate::DEADLINE;

/// All processes whose working folder or command line lies in `folder`, or who have it in their environment: a server,
/// its children and its port mapper, in whichever process groups.
fn processes_in(folder: &Path) -> Vec<u32> {
    let needle = folder.as_os_str().as_encoded_bytes();
    let mentions = |pid: u32| {
        is_alive(pid)
            && ["environ", "cmdline"].iter().any(|file| {
                std::fs::read(format!("/proc/{pid}/{file}"))
                    .is_ok_and(|text| text.windows(needle.len()).any(|window| window == needle))
            })
    };
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|pid| mentions(*pid)).collect()
}

async fn assert_gone(pid: u32, folder: &Path) -> Result<()> {
    eventually(DEADLINE, &format!("the end of {}", folder.display()), async || {
        !is_alive(pid) && !folder.exists() && processes_in(folder).is_empty()
    })
    .await
    .with_context(|| format!("still there: {:?}", processes_in(folder)))
}

#[tokio::test]
async fn dropped_servers_are_gone() -> Result<()> {
    if !require(&[Server::Redis, Server::Postgres, Server::RabbitMq])? {
        return Ok(());
    }
    let servers = tokio::try_join!(Redis::start(), Postgres::start(), RabbitMq::start())?;
    let (redis, postgres, rabbitmq) = &servers;
    let left = [
        (redis.pid(), redis.folder().to_owned()),
        (postgres.pid(), postgres.folder().to_owned()),
        (rabbitmq.pid(), rabbitmq.folder().to_owned()),
    ];
    for (pid, folder) in &left {
        assert!(is_alive(pid.context("not started")?) && folder.exists());
        assert!(!processes_in(folder).is_empty());
    }
    drop(servers);
    for (pid, folder) in left {
        let pid = pid.context("not started")?;
        assert!(!is_alive(pid) && !folder.exists(), "gone on return");
        assert_gone(pid, &folder).await?; // and in a moment its orphans
    }
    Ok(())
}

#[tokio::test]
async fn a_panic_takes_the_server_along() -> Result<()> {
    if !require(&[Server::Redis])? {
        return Ok(());
    }
    let (report, reported) = tokio::sync::oneshot::channel();
    let test = tokio::spawn(async move {
        let redis = Redis::start().await.unwrap();
        report.send((redis.pid().unwrap(), redis.folder().to_owned())).unwrap();
        panic!("as tests do");
    });
    let (pid, folder) = reported.await?;
    assert!(test.await.unwrap_err().is_panic());
    assert_gone(pid, &folder).await
}

#[tokio::test]
async fn servers_in_parallel_do_not_clash() -> Result<()> {
    if !require(&[Server::Redis, Server::Postgres])? {
        return Ok(());
    }
    let (one, two, three, four, left, right) = tokio::try_join!(
        Redis::start(),
        Redis::start(),
        Redis::start(),
        Redis::start(),
        Postgres::start(),
        Postgres::start()
    )?;
    let mut ports = vec![one.port(), two.port(), three.port(), four.port(), left.port(), right.port()];
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 6);
    left.sql("create table only_here ()").await?;
    assert!(right.sql("select * from only_here").await.is_err());
    Ok(())
}

/// `kill -9` on the process that holds a server in a variable and another in a `static`.
#[tokio::test]
async fn servers_go_with_their_process() -> Result<()> {
    if !require(&[Server::Redis, Server::RabbitMq])? {
        return Ok(());
    }
    let mut owner = Command::new(std::env::current_exe()?)
        .args(["--exact", "lifetime::owner_of_servers", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()?;
    let stdout = owner.stdout.take().context("no output")?;
    let reports = tokio::task::spawn_blocking(|| -> Vec<(u32, PathBuf)> {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let server = |line: String| {
            let (pid, folder) = line.strip_prefix("server ")?.split_once(' ')?;
            Some((pid.parse().ok()?, folder.into()))
        };
        lines.filter_map(server).take(2).collect()
    })
    .await?;
    assert_eq!(reports.len(), 2);
    for (pid, folder) in &reports {
        assert!(is_alive(*pid) && folder.exists());
    }
    owner.kill()?;
    owner.wait()?;
    for (pid, folder) in reports {
        assert_gone(pid, &folder).await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "a part of servers_go_with_their_process, which kills it"]
async fn owner_of_servers() -> Result<()> {
    let redis = Redis::start().await?;
    let shared = RabbitMq::shared().await?;
    println!(); // the harness has not ended its line yet
    println!("server {} {}", redis.pid().context("no pid")?, redis.folder().display());
    println!("server {} {}", shared.pid().context("no pid")?, shared.folder().display());
    std::future::pending().await
}
