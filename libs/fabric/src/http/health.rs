//! `/health/live`, `/health/ready` and `/health/events`.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use fabric_core::{
    SubscriptionName,
    breaker::Circuit,
    health::{Observed, Readiness, assess},
};
use fabric_runtime::{
    activity::{Activity, SubscriptionActivity},
    metric,
    observer::{self, SubscriptionDepth, Watched},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{Adapters, http::Problem};

/// What is asked about one service, or about all in this process.
#[derive(Clone)]
pub struct Health {
    name: String,
    watched: Vec<Watched>,
    adapters: Adapters,
    activity: Arc<Activity>,
}

/// The answer of `/health/events`.
#[derive(Debug, Clone, Serialize)]
pub struct EventsReport {
    /// The service, or `fabric` for all in the process.
    pub service: String,
    /// Events that this process has published, confirmed, since it started.
    pub published: u64,
    /// Deliveries that this process has taken and not come to an end with, of all services in it.
    pub in_hand: usize,
    /// Deliveries that came to an end per second, over the last ten seconds.
    pub events_per_second: f64,
    /// When the last delivery was settled.
    pub last_event_at: Option<Timestamp>,
    /// Each subscription.
    pub subscriptions: Vec<SubscriptionReport>,
}

/// One subscription in [`EventsReport`].
#[derive(Debug, Clone, Serialize)]
pub struct SubscriptionReport {
    /// Its name.
    pub subscription: String,
    /// Events that wait in its queue; none when the broker does not say.
    pub pending: Option<u64>,
    /// Events in its parked queue.
    pub parked: Option<u64>,
    /// Consumers in all processes.
    pub active_consumers: Option<u64>,
    /// Whether this process consumes it.
    pub consuming_here: bool,
    /// Whether an operator has paused it.
    pub paused: bool,
    /// What its circuit breaker lets through.
    pub circuit: Circuit,
    /// Handled by this process.
    pub handled: u64,
    /// Put off by this process.
    pub retried: u64,
    /// From the making of the last event to the end of its handling, in milliseconds.
    pub lag_ms: i64,
    /// When the last delivery was settled.
    pub last_event_at: Option<Timestamp>,
    /// Deliveries that came to an end per second, over the last ten seconds.
    pub events_per_second: f64,
}

impl Health {
    pub(crate) fn new(name: &str, watched: Vec<Watched>, adapters: &Adapters, activity: Arc<Activity>) -> Self {
        Self { name: name.to_owned(), watched, adapters: adapters.clone(), activity }
    }

    /// The three routes.
    pub fn router(self) -> Router {
        Router::new()
            .route("/health/live", get(live))
            .route("/health/ready", get(ready))
            .route("/health/events", get(events))
            .with_state(self)
    }

    /// Whether everything that is needed is there.
    pub fn readiness(&self) -> Readiness {
        let broker = self.adapters.broker.status().borrow().clone();
        let activity = self.activity.snapshot();
        let of = |one: &Watched| activity.subscriptions.get(&one.subscription).cloned().unwrap_or_default();
        let those = |is_meant: fn(&SubscriptionActivity) -> bool| -> Vec<String> {
            let meant = self.watched.iter().filter(|one| is_meant(&of(one)));
            meant.map(|one| one.subscription.to_string()).collect()
        };
        let readiness = assess(&Observed {
            broker_connected: broker.connected,
            broker_blocked: broker.blocked,
            missing: self.activity.missing(),
            not_consuming: those(|own| !own.is_consuming && !own.is_paused && own.circuit == Circuit::Closed),
            paused: those(|own| own.is_paused),
            open_circuits: those(|own| own.circuit != Circuit::Closed),
            cache_reachable: *self.adapters.cache.reachable().borrow(),
            draining: self.activity.is_draining(),
        });
        metric::ready(&self.name, readiness.takes_requests);
        readiness
    }

    /// What goes on in each subscription. Without the broker it says what this process knows.
    pub async fn events(&self) -> EventsReport {
        let depths = self.depths().await;
        let mut activity = self.activity.snapshot();
        let elapsed = self.adapters.clock.elapsed();
        let report = |name: &SubscriptionName, activity: &mut BTreeMap<SubscriptionName, SubscriptionActivity>| {
            let mut own = activity.remove(name).unwrap_or_default();
            let depth = depths.iter().find(|depth| depth.subscription == *name);
            SubscriptionReport {
                subscription: name.to_string(),
                pending: depth.map(|depth| depth.pending),
                parked: depth.map(|depth| depth.parked),
                active_consumers: depth.map(|depth| depth.consumers),
                consuming_here: own.is_consuming,
                paused: own.is_paused,
                circuit: own.circuit,
                handled: own.handled,
                retried: own.retried,
                lag_ms: own.lag_ms,
                last_event_at: own.last_at,
                events_per_second: own.rate.per_second(elapsed),
            }
        };
        let subscriptions: Vec<SubscriptionReport> =
            self.watched.iter().map(|one| report(&one.subscription, &mut activity.subscriptions)).collect();
        EventsReport {
            service: self.name.clone(),
            published: activity.published,
            in_hand: self.activity.in_hand(),
            events_per_second: subscriptions.iter().map(|subscription| subscription.events_per_second).sum(),
            last_event_at: subscriptions.iter().filter_map(|subscription| subscription.last_event_at).max(),
            subscriptions,
        }
    }

    /// What waits in the queues. Nothing is known of that while the broker is away, and nobody is kept waiting for it.
    async fn depths(&self) -> Vec<SubscriptionDepth> {
        if !self.adapters.broker.status().borrow().connected {
            return Vec::new();
        }
        observer::depths(self.adapters.broker.as_ref(), &self.watched).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "depths could not be read");
            Vec::new()
        })
    }
}

/// The process answers. It looks at nothing else: a server that is away is no reason to restart the process.
async fn live() -> impl IntoResponse {
    Json(serde_json::json!({ "status": "live" }))
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let readiness = health.readiness();
    let status = if readiness.takes_requests { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn events(State(health): State<Health>) -> Result<Json<EventsReport>, Problem> {
    Ok(Json(health.events().await))
}
