use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use fabric_testkit::relay::{Flow, Relay};
use fabric_testkit::wait::{eventually, free_port};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::DEADLINE;

/// A server that sends everything back, and after the client's end its own.
async fn echo_server() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Ok(addr)
}

async fn relay_to_echo() -> Result<Relay> {
    Relay::start(echo_server().await?).await
}

async fn echo(stream: &mut TcpStream, bytes: &[u8]) -> Result<()> {
    stream.write_all(bytes).await?;
    let mut answer = vec![0; bytes.len()];
    stream.read_exact(&mut answer).await?;
    assert!(answer == bytes);
    Ok(())
}

#[tokio::test]
async fn it_forwards_both_ways_and_the_end_too() -> Result<()> {
    let relay = relay_to_echo().await?;
    let mut stream = TcpStream::connect(relay.addr()).await?;
    echo(&mut stream, &vec![7; 1_000_000]).await?;
    let counts = relay.counts();
    assert_eq!((counts.accepted, counts.open), (1, 1));
    assert_eq!((counts.to_server.bytes, counts.to_client.bytes), (1_000_000, 1_000_000));

    stream.shutdown().await?;
    assert_eq!(stream.read(&mut [0]).await?, 0, "the echo server's end came through");
    eventually(DEADLINE, "no open connection", async || relay.counts().open == 0).await
}

#[tokio::test]
async fn cut_closes_and_refuses_until_healed() -> Result<()> {
    let relay = relay_to_echo().await?;
    let mut stream = TcpStream::connect(relay.addr()).await?;
    echo(&mut stream, b"before").await?;

    relay.cut().await?;
    assert_eq!(stream.read(&mut [0]).await?, 0);
    assert_eq!(relay.counts().open, 0);
    let refused = TcpStream::connect(relay.addr()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    relay.heal().await?;
    echo(&mut TcpStream::connect(relay.addr()).await?, b"after").await
}

#[tokio::test]
async fn reset_aborts_what_is_open_and_accepts_anew() -> Result<()> {
    let relay = relay_to_echo().await?;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(relay.addr()).await?;
        echo(&mut stream, b"before").await?;
        streams.push(stream);
    }
    relay.reset().await?;
    for mut stream in streams {
        assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
    echo(&mut TcpStream::connect(relay.addr()).await?, b"after").await
}

/// A server that says what it had received of each connection when that ended, and how it ended.
async fn recording_server() -> Result<(SocketAddr, mpsc::Receiver<(Vec<u8>, Option<ErrorKind>)>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let (report, reports) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut received = Vec::new();
            let ended = stream.read_to_end(&mut received).await;
            report.send((received, ended.err().map(|error| error.kind()))).await.unwrap();
        }
    });
    Ok((addr, reports))
}

#[tokio::test]
async fn reset_after_bytes_cuts_a_frame_in_two() -> Result<()> {
    let (server, mut reports) = recording_server().await?;
    let relay = Relay::start(server).await?;
    for slice_bytes in [1_000, 2] {
        relay.slice(slice_bytes);
        relay.reset_after_bytes(5);
        let mut stream = TcpStream::connect(relay.addr()).await?;
        stream.write_all(b"one frame").await?;
        assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let (received, ended) = reports.recv().await.unwrap();
        assert_eq!((&received[..], ended), (&b"one f"[..], Some(ErrorKind::ConnectionReset)));

        // It happened once, and healed it does not happen at all.
        let mut stream = TcpStream::connect(relay.addr()).await?;
        stream.write_all(b"whole").await?;
        relay.reset_after_bytes(1_000);
        relay.heal().await?;
        stream.write_all(&[7; 2_000]).await?;
        stream.shutdown().await?;
        let (received, ended) = reports.recv().await.unwrap();
        assert_eq!((received.len(), ended), (2_005, None));
    }
    Ok(())
}

#[tokio::test]
async fn a_client_of_an_absent_server_is_reset() -> Result<()> {
    let relay = Relay::start(SocketAddr::from(([127, 0, 0, 1], free_port()?))).await?;
    let mut stream = TcpStream::connect(relay.addr()).await?;
    assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test]
async fn a_black_hole_swallows_nothing_for_ever() -> Result<()> {
    let relay = relay_to_echo().await?;
    let mut old = TcpStream::connect(relay.addr()).await?;
    echo(&mut old, b"before").await?;
    let counts = relay.counts();

    relay.black_hole();
    old.write_all(b"held back").await?;
    let mut new = TcpStream::connect(relay.addr()).await?;
    new.write_all(b"me too").await?;
    new.shutdown().await?;
    eventually(DEADLINE, "an accepted connection", async || relay.counts().accepted == 2).await?;
    assert_eq!(relay.counts().to_server, counts.to_server);
    for stream in [&old, &new] {
        assert_eq!(stream.try_read(&mut [0; 9]).unwrap_err().kind(), ErrorKind::WouldBlock, "neither bytes nor an end");
    }

    relay.heal().await?;
    let mut answer = [0; 9];
    old.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"held back");
    let mut answer = Vec::new();
    new.read_to_end(&mut answer).await?;
    assert_eq!(answer, b"me too");
    Ok(())
}

/// On paused time the clock moves only when everybody waits for it, so this measures the relay's own pauses.
async fn virtual_time_of_an_echo(relay: &Relay, bytes: &[u8]) -> Result<Duration> {
    let mut stream = TcpStream::connect(relay.addr()).await?;
    let start = Instant::now();
    echo(&mut stream, bytes).await?;
    Ok(start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn delay_holds_every_chunk_both_ways() -> Result<()> {
    let relay = relay_to_echo().await?;
    relay.delay(3_000, 500, 7);
    assert!(virtual_time_of_an_echo(&relay, b"x").await? >= Duration::from_secs(6));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn bandwidth_takes_its_time() -> Result<()> {
    let relay = relay_to_echo().await?;
    relay.bandwidth(1_000);
    assert!(virtual_time_of_an_echo(&relay, &[7; 10_000]).await? >= Duration::from_secs(10));
    Ok(())
}

#[tokio::test]
async fn slice_writes_in_pieces() -> Result<()> {
    let relay = relay_to_echo().await?;
    relay.slice(1);
    echo(&mut TcpStream::connect(relay.addr()).await?, b"slowly").await?;
    assert_eq!(relay.counts().to_server, Flow { bytes: 6, writes: 6 });
    assert_eq!(relay.counts().to_client, Flow { bytes: 6, writes: 6 });
    Ok(())
}

#[tokio::test]
async fn dropped_it_closes_everything() -> Result<()> {
    let relay = relay_to_echo().await?;
    let addr = relay.addr();
    let mut stream = TcpStream::connect(addr).await?;
    echo(&mut stream, b"before").await?;
    drop(relay);
    assert_eq!(stream.read(&mut [0]).await?, 0);
    eventually(DEADLINE, "a closed door", async || TcpStream::connect(addr).await.is_err()).await
}
