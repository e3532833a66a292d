//! Speaking to a running `fabric up`, or to any service's health routes.

use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::mpsc, task};
use ureq::{Agent, Body, http::Response};

use crate::{Outcome, exit::Failure};

/// A client of one address.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    url: String,
    token: Option<String>,
}

/// How long an answer may take, streams aside.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);

const CONNECT_DEADLINE: Duration = Duration::from_secs(3);

impl Client {
    /// A client of the address; with a token for an operator's routes.
    pub fn new(url: &str, token: Option<String>) -> Self {
        let config =
            Agent::config_builder().timeout_connect(Some(CONNECT_DEADLINE)).http_status_as_error(false).build();
        Self { agent: config.into(), url: url.trim_end_matches('/').to_owned(), token }
    }

    /// Gets JSON. An answer of another status than 200 comes with its body as text.
    pub async fn get<T: DeserializeOwned + Send + 'static>(&self, path: &str, query: &[(&str, String)]) -> Outcome<T> {
        let (status, text) = self.get_any(path, query).await?;
        self.parse(status, &text)
    }

    /// Gets whatever comes, with its status.
    pub async fn get_any(&self, path: &str, query: &[(&str, String)]) -> Outcome<(u16, String)> {
        let (client, path, query) = (self.clone(), path.to_owned(), owned(query));
        blocking(move || {
            let mut response = client.request(&path, &query, None, Some(ANSWER_DEADLINE))?;
            Ok((response.status().as_u16(), read(&mut response)?))
        })
        .await
    }

    /// Posts bytes and gets JSON.
    pub async fn post<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: Vec<u8>,
    ) -> Outcome<T> {
        let (client, path, query) = (self.clone(), path.to_owned(), owned(query));
        let (status, text) = blocking(move || {
            let mut response = client.request(&path, &query, Some(body), Some(ANSWER_DEADLINE))?;
            Ok((response.status().as_u16(), read(&mut response)?))
        })
        .await?;
        self.parse(status, &text)
    }

    /// Reads an answer of one JSON object a line, as they come. The stream ends when the server or the receiver does.
    pub async fn lines<B: Serialize, T: DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: Option<&B>,
    ) -> Outcome<mpsc::Receiver<T>> {
        let body = body.map(serde_json::to_vec).transpose().map_err(|error| Failure::Other(error.to_string()))?;
        let (client, path, query) = (self.clone(), path.to_owned(), owned(query));
        let mut response = blocking(move || client.request(&path, &query, body, None)).await?;
        if response.status().as_u16() != 200 {
            let status = response.status().as_u16();
            let text = blocking(move || read(&mut response)).await?;
            return self.parse::<T>(status, &text).and(Err(Failure::Other("an answer that is none".to_owned())));
        }
        let (sender, receiver) = mpsc::channel(64);
        task::spawn_blocking(move || {
            let lines = BufReader::new(response.into_body().into_reader()).lines();
            for line in lines.map_while(Result::ok) {
                let Ok(value) = serde_json::from_str(&line) else { break };
                if sender.blocking_send(value).is_err() {
                    break;
                }
            }
        });
        Ok(receiver)
    }

    fn request(
        &self,
        path: &str,
        query: &[(String, String)],
        body: Option<Vec<u8>>,
        deadline: Option<Duration>,
    ) -> Outcome<Response<Body>> {
        let url = format!("{}{path}", self.url);
        let pairs = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let response = match body {
            None => {
                let request = self.agent.get(&url).query_pairs(pairs).config().timeout_global(deadline).build();
                authorization.iter().fold(request, |request, value| request.header("authorization", value)).call()
            }
            Some(body) => {
                let request = self.agent.post(&url).query_pairs(pairs).config().timeout_global(deadline).build();
                let request = request.header("content-type", "application/json");
                authorization
                    .iter()
                    .fold(request, |request, value| request.header("authorization", value))
                    .send(&body[..])
            }
        };
        response.map_err(|error| Failure::Unreachable(format!("{} does not answer: {error}", self.url)))
    }

    /// An answer of status 200 as its type; any other as the failure that it stands for.
    fn parse<T: DeserializeOwned>(&self, status: u16, text: &str) -> Outcome<T> {
        if status == 200 {
            let answer = serde_json::from_str(text);
            return answer.map_err(|_| Failure::Other("the answer is not one of a fabric".to_owned()));
        }
        let message = serde_json::from_str::<Problem>(text)
            .map_or_else(|_| format!("the answer has the status {status}"), |problem| problem.detail);
        Err(match status {
            // All of an operator's routes are there or none.
            404 => Failure::Usage(format!(
                "{} is not a `fabric up`: a single service tells its health only. Name a `fabric up` with --url, or the servers \
                 with --amqp and --redis",
                self.url
            )),
            401 | 403 | 413 | 422 => Failure::Refused(message),
            409 => Failure::NotReady(message),
            424 => Failure::Drifted(message),
            503 => Failure::Unreachable(message),
            504 => Failure::Unknown(message),
            _ => Failure::Other(message),
        })
    }
}

/// What an error says as HTTP has it.
#[derive(serde::Deserialize)]
struct Problem {
    detail: String,
}

fn owned(query: &[(&str, String)]) -> Vec<(String, String)> {
    query.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn read(response: &mut Response<Body>) -> Outcome<String> {
    response.body_mut().read_to_string().map_err(|error| Failure::Unreachable(format!("the answer broke off: {error}")))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    task::spawn_blocking(work).await.map_err(|error| Failure::Other(error.to_string()))?
}
