//! Two services on a broker on which everything is fine.

use std::collections::BTreeMap;

use crate::{
    event::Descriptor,
    name::SubscriptionName,
    service::{OnPark, Order, ServiceSpec},
    topology::{
        Actual, ConsumerState, Declaring, NodeState, QueueState, UserDefinition,
        doctor::{Case, Facts, Finding, Handling, ParkedLook, Severity, diagnose},
        sample::{definitions, service, standing, strict, subscription},
        users,
        wanted::policy_of,
    },
};

pub(super) const AUDIT: &str = "academic.audit";
pub(super) const CHECKS: &str = "kyc.checks";
/// A name that a shell would take apart.
pub(super) const VHOST: &str = "my school #1";

/// A loose subscription that also makes its bindings, and a partitioned one that holds keys.
pub(super) fn services() -> Vec<ServiceSpec> {
    let Order::Strict { partitions, .. } = strict(2) else { unreachable!() };
    let holding = Order::Strict { partitions, on_park: OnPark::HoldKey };
    vec![
        service("academic", vec![subscription(AUDIT, &["gradebook.#"], Order::Loose)]),
        service("kyc", vec![subscription(CHECKS, &["kyc.#"], holding)]),
    ]
}

/// A world in which everything is fine, to break things in.
pub(super) struct World {
    pub(super) actual: Actual,
    pub(super) facts: Facts,
}

impl World {
    pub(super) fn healthy() -> Self {
        let mut actual = standing(definitions(&services()));
        for (queue, state) in &mut actual.queues {
            state.effective = actual.definitions.policies[&policy_of(queue)].definition.clone();
        }
        for service in services() {
            for spec in service.subscriptions() {
                for queue in spec.work_queues() {
                    let connection = format!("{} consume", service.name());
                    let consumer = ConsumerState { connection, active: true, prefetch: 10, ..ConsumerState::default() };
                    actual.queues.get_mut(&queue).unwrap().consumers.push(consumer);
                }
            }
        }
        Self {
            actual,
            facts: Facts { pauses: Some(BTreeMap::new()), users: Some(BTreeMap::new()), ..Facts::default() },
        }
    }

    pub(super) fn queue(&mut self, name: &str) -> &mut QueueState {
        self.actual.queues.get_mut(name).unwrap()
    }

    /// One more node of the cluster, which runs.
    pub(super) fn node(&mut self, name: &str) -> &mut NodeState {
        let node = NodeState { name: name.to_owned(), running: true, ..NodeState::default() };
        self.actual.nodes.push(node);
        self.actual.nodes.last_mut().unwrap()
    }

    pub(super) fn process(&mut self, subscription: &str) -> &mut Handling {
        let process = self.facts.process.get_or_insert_default();
        let handling = process.subscriptions.entry(subscription.parse().unwrap()).or_default();
        handling.consuming = true;
        handling
    }

    /// A queue that nobody wants.
    pub(super) fn add_queue(&mut self, name: &str) {
        let like = self.actual.definitions.queues["kyc.checks.partition.0"].clone();
        self.actual.definitions.queues.insert(name.to_owned(), like);
        self.actual.queues.insert(name.to_owned(), QueueState::default());
    }

    /// What came of looking at the parked events of the audit.
    pub(super) fn look(&mut self, look: ParkedLook) {
        self.facts.parked.insert(AUDIT.parse().unwrap(), look);
    }

    pub(super) fn remove_queue(&mut self, name: &str) {
        self.actual.queues.remove(name).unwrap();
        self.actual.definitions.queues.remove(name).unwrap();
        self.actual.definitions.bindings.retain(|binding| binding.destination.name() != name);
    }

    pub(super) fn use_users(&mut self) {
        let services = services();
        let services: Vec<&ServiceSpec> = services.iter().collect();
        let nothing: [Descriptor; 0] = [];
        self.facts.users = Some(users(&services, &nothing, Declaring::Never));
    }

    pub(super) fn user(&mut self, name: &str) -> &mut UserDefinition {
        self.facts.users.as_mut().unwrap().get_mut(name).unwrap()
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let services = services();
        let wanted = definitions(&services);
        let (actual, facts) = (&self.actual, &self.facts);
        diagnose(&Case { services: &services, wanted: &wanted, actual, facts, vhost: VHOST })
    }

    /// What is not fine, as `severity symptom subscription: next`.
    pub(super) fn shown(&self) -> Vec<String> {
        shown(&self.findings())
    }
}

pub(super) fn shown(findings: &[Finding]) -> Vec<String> {
    let shown = |finding: &Finding| {
        let Finding { severity, symptom, subscription, next, .. } = finding;
        let about = subscription.as_ref().map_or("all", SubscriptionName::as_str);
        format!("{severity:?} {symptom:?} {about}: {}", next.as_deref().unwrap_or("-"))
    };
    findings.iter().filter(|finding| finding.severity > Severity::Fine).map(shown).collect()
}
