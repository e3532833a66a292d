//! Servers that are away, or none of RabbitMQ's. They need no broker.

use std::time::Duration;

use anyhow::Result;
use fabric_core::topology::Permission;
use fabric_rabbitmq::management::{Management, ManagementError};
use fabric_testkit::wait::free_port;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::TIMEOUT;

fn client(port: u16, timeout: Duration) -> Result<Management> {
    Ok(Management::new(format!("http://user:s3cret@127.0.0.1:{port}").parse()?, "school", timeout))
}

/// A server that gives every request the same answer.
async fn answering(status: &'static str, body: &'static str) -> Result<Management> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    });
    client(port, TIMEOUT)
}

/// The error of reading, and its text.
async fn error_of(management: &Management) -> (ManagementError, String) {
    let error = management.actual().await.unwrap_err();
    let text = format!("{error} {error:?} {management:?}");
    assert!(!text.contains("s3cret"), "{text}");
    (error, text)
}

/// A broker with much to do gives up on some calls.
#[tokio::test]
async fn what_the_broker_fails_over_is_asked_again() -> Result<()> {
    let (failing, sound) = ("HTTP/1.1 500 Internal Server Error", r#"{"rabbitmq_version": "3.10.8"}"#);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let management = client(listener.local_addr()?.port(), TIMEOUT)?;
    let requests = tokio::spawn(async move {
        let mut paths = Vec::new();
        // The last answer is what was asked for next, which shows that the call before was done.
        for (start, body) in [(failing, ""), (failing, ""), ("HTTP/1.1 200 OK", sound), ("HTTP/1.1 200 OK", "{}")] {
            let (mut stream, _) = listener.accept().await?;
            let mut request = [0; 4096];
            let count = stream.read(&mut request).await?;
            paths.push(
                String::from_utf8_lossy(&request[..count]).split_whitespace().nth(1).unwrap_or_default().to_owned(),
            );
            let answer = format!("{start}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await?;
        }
        anyhow::Ok(paths)
    });
    let (error, _) = error_of(&management).await;
    assert!(matches!(&error, ManagementError::Answer { endpoint, .. } if endpoint == "GET /api/nodes"), "{error:?}");
    assert_eq!(requests.await??, ["/api/overview", "/api/overview", "/api/overview", "/api/nodes"]);
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_away_is_told_within_the_deadline() -> Result<()> {
    let nobody = client(free_port()?, TIMEOUT)?;
    let (error, text) = error_of(&nobody).await;
    assert!(matches!(error, ManagementError::Away { .. }) && text.contains("http://127.0.0.1"), "{text}");

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let silent = client(listener.local_addr()?.port(), Duration::from_millis(300))?;
    let (error, text) = error_of(&silent).await;
    assert!(matches!(error, ManagementError::Away { .. }) && text.contains("300ms"), "{text}");
    let everything = Permission { configure: ".*".into(), write: ".*".into(), read: ".*".into() };
    let put = silent.put_permission("user", &everything).await;
    assert!(matches!(put, Err(ManagementError::Away { .. })), "{put:?}");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_told_by_its_place_and_never_quoted() -> Result<()> {
    let table = [
        ("200 OK", "s3cret", "GET /api/overview", "."),
        ("200 OK", r#"{"rabbitmq_version": ["s3cret"]}"#, "GET /api/overview", "rabbitmq_version"),
        ("302 Found", "s3cret", "GET /api/overview", "the status 302"),
    ];
    for (status, body, endpoint, field) in table {
        let (error, _) = error_of(&answering(status, body).await?).await;
        let expected = ManagementError::Answer { endpoint: endpoint.to_owned(), field: field.to_owned() };
        assert_eq!(error, expected);
    }
    for status in ["500 Internal Server Error", "503 Service Unavailable"] {
        let (error, _) = error_of(&answering(status, "s3cret").await?).await;
        assert!(matches!(error, ManagementError::Away { .. }), "{error:?}");
    }
    let (error, _) = error_of(&answering("401 Unauthorized", r#"{"error":"not_authorized"}"#).await?).await;
    assert_eq!(error, ManagementError::Unauthorized);
    let (error, _) = error_of(&answering("403 Forbidden", r#"{"error":"forbidden","reason":"no"}"#).await?).await;
    assert_eq!(error, ManagementError::Forbidden { what: "read the broker's version".into(), detail: "no".into() });
    Ok(())
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn tls_does_not_fall_back_to_plain_text() -> Result<()> {
    const HANDSHAKE: u8 = 22;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://user:s3cret@127.0.0.1:{}", listener.local_addr()?.port());
    let hello = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let kind = stream.read_u8().await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await?;
        anyhow::Ok(kind)
    });
    let (error, text) = error_of(&Management::new(url.parse()?, "school", TIMEOUT)).await;
    assert!(matches!(error, ManagementError::Away { .. }) && text.contains("https://127.0.0.1"), "{text}");
    assert_eq!(hello.await??, HANDSHAKE);
    Ok(())
}
