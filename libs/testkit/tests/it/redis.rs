use fabric_testkit::servers::{Redis, Server, require};
use fabric_testkit::wait::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{DEADLINE, is_listening};

/// Sends one inline command and returns the first line of the answer.
async fn ask(redis: &Redis, command: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(redis.addr()).await?;
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn it_answers_and_keeps_its_data_when_killed() -> anyhow::Result<()> {
    if !require(&[Server::Redis])? {
        return Ok(());
    }
    let mut redis = Redis::start().await?;
    assert_eq!(redis.url(), format!("redis://127.0.0.1:{}", redis.port()));
    assert_eq!(ask(&redis, "PING").await?, "+PONG");
    assert_eq!(ask(&redis, "SET grade 93").await?, "+OK");

    redis.kill().await?;
    assert!(redis.pid().is_none() && !is_listening(redis.addr()).await);
    assert!(redis.kill().await.is_err(), "there is nothing left to kill");

    redis.start_again().await?;
    assert_eq!(ask(&redis, "STRLEN grade").await?, ":2");
    assert!(redis.start_again().await.is_err(), "it runs already");
    Ok(())
}

#[tokio::test]
async fn paused_it_answers_only_when_resumed() -> anyhow::Result<()> {
    if !require(&[Server::Redis])? {
        return Ok(());
    }
    let mut redis = Redis::start().await?;
    redis.pause()?;
    let stat = format!("/proc/{}/stat", redis.pid().unwrap());
    eventually(DEADLINE, "a stopped process", async || {
        std::fs::read_to_string(&stat).map(|stat| stat.contains(") T "))
    })
    .await?;

    let mut stream = TcpStream::connect(redis.addr()).await?;
    stream.write_all(b"PING\r\n").await?;
    let unanswered = stream.try_read(&mut [0; 7]).unwrap_err();
    assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock);

    redis.resume()?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"+PONG\r\n");
    Ok(())
}
