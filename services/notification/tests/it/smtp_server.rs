//! A tiny mail server: it takes mails, or says what it is told to.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::Eml;

/// A mail server that runs until it is dropped.
pub struct SmtpServer {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
    task: JoinHandle<()>,
}

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub mail: Eml,
}

/// What the server says to a line with some word in it, instead of going along.
#[derive(Debug)]
pub struct Saying {
    heard: &'static str,
    said: &'static str,
    times: usize,
}

impl Saying {
    pub fn always(heard: &'static str, said: &'static str) -> Self {
        Self { heard, said, times: usize::MAX }
    }

    pub fn once(heard: &'static str, said: &'static str) -> Self {
        Self { heard, said, times: 1 }
    }
}

/// What is said to a line, if anything is, this time.
fn told(sayings: &Mutex<Vec<Saying>>, line: &str) -> Option<&'static str> {
    let mut sayings = sayings.lock().unwrap();
    let saying = sayings.iter_mut().find(|saying| saying.times > 0 && line.contains(saying.heard))?;
    saying.times -= 1;
    Some(saying.said)
}

impl SmtpServer {
    pub async fn start(sayings: Vec<Saying>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let (mails, sayings) = (Arc::clone(&taken), Arc::new(Mutex::new(sayings)));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(converse(stream, Arc::clone(&sayings), Arc::clone(&mails)));
            }
        });
        Self { address, taken, task }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(stream: TcpStream, sayings: Arc<Mutex<Vec<Saying>>>, taken: Arc<Mutex<Vec<Taken>>>) {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let (mut from, mut to) = (String::new(), Vec::new());
    writing.write_all(b"220 tiny ESMTP\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match (told(&sayings, &line), verb.as_str()) {
            (Some(said), _) => said,
            (None, "EHLO") => "250-tiny\r\n250 AUTH PLAIN",
            (None, "MAIL") => {
                from = line;
                "250 fine"
            }
            (None, "RCPT") => {
                to.push(line);
                "250 fine"
            }
            (None, "AUTH") => "235 welcome",
            (None, "DATA") => {
                writing.write_all(b"354 go on\r\n").await.unwrap();
                let mut text = String::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    text += line.strip_prefix('.').unwrap_or(&line);
                    text += "\r\n";
                }
                let (from, to) = (std::mem::take(&mut from), std::mem::take(&mut to));
                taken.lock().unwrap().push(Taken { from, to, mail: Eml::read(&text) });
                "250 taken"
            }
            (None, "QUIT") => "221 bye",
            _ => "500 what?",
        };
        if writing.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || verb == "QUIT" {
            break;
        }
    }
}
