//! What an operator can do with subscriptions as a whole: pause them, resume them, see which are paused.

use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use fabric::{
    SubscriptionName,
    identity::Identity,
    runtime::control::{self, ControlError, Pause},
};
use fabric_catalog::{
    fabric::{SubscriptionPaused, SubscriptionResumed},
    values::{Id, PrivateText},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Operator,
    audit::Act,
    parked::{
        Desk,
        routes::{Answer, answer, desk},
    },
};
use crate::{Outcome, exit::Failure};

/// Which subscription is paused, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PauseRequest {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Why.
    pub reason: String,
}

/// Which subscription is resumed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResumeRequest {
    /// The subscription.
    pub subscription: SubscriptionName,
}

/// What came of pausing or resuming.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Switched {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Whether it is paused now.
    pub paused: bool,
    /// Whether it was before.
    pub was_paused: bool,
    /// Whether the event that tells of it was published: running services act on it at once, and without it the next time they look.
    pub told: bool,
}

/// A subscription that is paused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Paused {
    /// The subscription.
    pub subscription: SubscriptionName,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Desk {
    /// What is paused, sorted by name.
    pub async fn paused(&self) -> Outcome<Vec<Paused>> {
        let paused = control::paused(self.broker.as_ref()).await?;
        let shown = |(subscription, Pause { reason, by, at })| Paused { subscription, reason, by, since: at };
        Ok(paused.into_iter().map(shown).collect())
    }

    /// Pauses a subscription in all instances.
    pub async fn pause(&self, request: PauseRequest) -> Outcome<Switched> {
        let PauseRequest { subscription, reason } = request;
        let text = PrivateText::<500>::try_new(reason.clone())
            .map_err(|error| Failure::Usage(format!("--reason: {error}")))?;
        self.require(&subscription)?;
        let was_paused = control::paused(self.broker.as_ref()).await?.contains_key(&subscription);
        let act = Act::on_subscription(self.next_id(), &self.actor, "pause", &subscription);
        let act = Act { reason: Some(reason.clone()), ..act };
        self.audit.begin(&act).await?;
        let paused = if was_paused {
            Ok(())
        } else {
            let at = Some(self.platform.clock().now());
            let pause = Pause { reason, by: self.actor.id.to_string(), at };
            control::pause(self.broker.as_ref(), &subscription, pause).await
        };
        let outcome = match &paused {
            Ok(()) if was_paused => "it was paused before".to_owned(),
            Ok(()) => "paused".to_owned(),
            Err(error) => error.to_string(),
        };
        self.audit.end(&act, &outcome).await?;
        paused?;
        let event = id_of(&subscription).map(|id| SubscriptionPaused { subscription: id, reason: text });
        let told = self.tell(event).await;
        Ok(Switched { subscription, paused: true, was_paused, told })
    }

    /// Resumes a subscription in all instances.
    pub async fn resume(&self, request: ResumeRequest) -> Outcome<Switched> {
        let ResumeRequest { subscription } = request;
        self.require(&subscription)?;
        let act = Act::on_subscription(self.next_id(), &self.actor, "resume", &subscription);
        self.audit.begin(&act).await?;
        let resumed = control::resume(self.broker.as_ref(), &subscription).await;
        let outcome = match &resumed {
            Ok(true) => "resumed".to_owned(),
            Ok(false) => "it was not paused".to_owned(),
            Err(error) => error.to_string(),
        };
        self.audit.end(&act, &outcome).await?;
        let was_paused = resumed?;
        let event = id_of(&subscription).map(|id| SubscriptionResumed { subscription: id });
        let told = self.tell(event).await;
        Ok(Switched { subscription, paused: false, was_paused, told })
    }
}

fn id_of(subscription: &SubscriptionName) -> Result<Id, String> {
    Id::try_new(subscription.as_str()).map_err(|error| error.to_string())
}

/// The routes of a running `fabric up`.
pub fn router() -> Router<Operator> {
    Router::new()
        .route("/operator/paused", get(list))
        .route("/operator/pause", post(pause))
        .route("/operator/resume", post(resume))
}

async fn list(State(operator): State<Operator>, identity: Identity) -> Answer<Vec<Paused>> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.paused().await }).await
}

async fn pause(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<PauseRequest>,
) -> Answer<Switched> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.pause(request).await }).await
}

async fn resume(
    State(operator): State<Operator>,
    identity: Identity,
    Json(request): Json<ResumeRequest>,
) -> Answer<Switched> {
    let desk = desk(&operator, identity)?;
    answer(async move { desk.resume(request).await }).await
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Read(error) => error.into(),
            ControlError::Write(error) => fabric::PublishFailure::from(error).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use fabric::{AnyService, config::Config};
    use fabric_testkit::harness::{Harness, tenant};
    use serde_json::Value;

    use super::*;

    /// Every act that was begun has an outcome: otherwise it looks as if the process had died over it.
    #[tokio::test(start_paused = true)]
    async fn an_act_that_fails_is_recorded_with_its_outcome() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::load(None, std::iter::empty::<(String, String)>()).unwrap();
        config.data.folder = folder.path().to_owned();
        let harness = Harness::start(Vec::<Box<dyn AnyService>>::new()).await;
        let desk = Desk::direct(harness.host(), &config, tenant()).unwrap();
        let subscription: SubscriptionName = "notification.dispatch".parse().unwrap();
        let outcomes = || -> Vec<[Value; 3]> {
            let text = std::fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
            let acts = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            acts.map(|act| ["act", "phase", "outcome"].map(|field| act[field].clone())).collect()
        };
        let pause = PauseRequest { subscription: subscription.clone(), reason: "the mail server moves".to_owned() };
        harness.broker().refuse_next(1);
        let refused = desk.pause(pause).await.unwrap_err().to_string();
        assert_eq!(outcomes()[0], ["pause".into(), "begun".into(), Value::Null]);
        let [act, phase, outcome] = &outcomes()[1];
        assert_eq!([act, phase], ["pause", "ended"]);
        assert!(outcome.as_str().is_some_and(|outcome| outcome.contains("refused")), "{outcome} {refused}");

        harness.broker().delete_queue("fabric.control");
        desk.resume(ResumeRequest { subscription }).await.unwrap_err();
        let [act, phase, outcome] = &outcomes()[3];
        assert_eq!([act, phase], ["resume", "ended"]);
        assert!(outcome.is_string(), "{outcome}");
    }
}
