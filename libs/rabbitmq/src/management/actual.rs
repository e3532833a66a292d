//! What stands on the virtual host, and how it is doing.

use std::collections::{BTreeMap, BTreeSet};

use fabric_core::topology::{
    Actual, Arguments, ConsumerState, Definitions, NodeState, QueueState, arguments_from_json, from_json,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::{
    Management, ManagementError,
    call::{Call, Calls},
};

/// What is asked of each queue: all of it would be five times as much to compute and to send.
const QUEUE_COLUMNS: &str = "columns=name,durable,auto_delete,exclusive,arguments,policy,effective_policy_definition,\
                             messages_ready,messages_unacknowledged,messages_dlx,message_bytes,state,members,online";
/// What is asked of each connection.
const CONNECTION_COLUMNS: &str = "columns=name,state";

impl Management {
    /// What stands on the virtual host with how it is doing; without users, which only an administrator may [read](Self::users).
    ///
    /// Left out are the broker's own exchanges and bindings. Queues that are exclusive to a connection count as deleted with their last
    /// consumer. What it says of messages and consumers is up to five seconds old. The user needs the tag `monitoring`.
    pub async fn actual(&self) -> Result<Actual, ManagementError> {
        self.run(|calls| {
            let overview: Overview = calls.read(&Call::get(&["overview"], "the broker's version"))?;
            let nodes: Vec<Node> = calls.read(&Call::get(&["nodes"], "the nodes"))?;
            let listed = Listed::read(calls, "queues", QUEUE_COLUMNS)?;
            let rows: Vec<QueueRow> = listed.call.interpret(&listed.items)?;
            let mut queues = listed.definitions(calls)?.queues;
            for row in rows.iter().filter(|row| row.exclusive) {
                if let Some(queue) = queues.get_mut(&row.name) {
                    queue.auto_delete = true;
                }
            }
            let definitions = Definitions {
                exchanges: Listed::read(calls, "exchanges", "")?.definitions(calls)?.exchanges,
                queues,
                bindings: Listed::read(calls, "bindings", "")?.definitions(calls)?.bindings,
                policies: Listed::read(calls, "policies", "")?.definitions(calls)?.policies,
                users: BTreeMap::new(),
            };
            let mut states: BTreeMap<String, QueueState> = rows.into_iter().map(QueueRow::state).collect();
            add_consumers(calls, &mut states)?;
            let nodes = nodes.into_iter().map(Node::state).collect();
            Ok(Actual { definitions, queues: states, nodes, version: overview.rabbitmq_version })
        })
        .await
    }
}

impl Management {
    /// How one queue is doing, with its consumers. None if it does not stand.
    ///
    /// Unlike [`actual`](Self::actual) this is computed for each question; what it says of messages is still as old as the queue's own
    /// last report, up to five seconds. The user needs the tag `monitoring`.
    pub async fn queue(&self, name: &str) -> Result<Option<QueueState>, ManagementError> {
        let query = format!("{QUEUE_COLUMNS},consumer_details");
        let call = Call::get(&["queues", self.vhost(), name], format!("the queue {name}")).query(&query);
        let row = self.run(move |calls| calls.read::<SingleQueue>(&call)).await;
        match row {
            Ok(SingleQueue { row, consumer_details }) => {
                let (_, mut state) = row.state();
                state.consumers = consumer_details.into_iter().map(|row| row.state(&BTreeSet::new())).collect();
                Ok(Some(state))
            }
            Err(ManagementError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the API lists of the virtual host, each item with the fields that it has in a file of definitions.
struct Listed {
    kind: &'static str,
    call: Call,
    items: Vec<Value>,
}

impl Listed {
    fn read(calls: &Calls, kind: &'static str, query: &str) -> Result<Self, ManagementError> {
        let call = Call::get(&[kind, calls.vhost()], format!("the {kind}")).query(query);
        Ok(Self { kind, items: calls.read(&call)?, call })
    }

    /// What a file of definitions with only this in it says.
    fn definitions(self, calls: &Calls) -> Result<Definitions, ManagementError> {
        let Self { kind, call, items } = self;
        from_json(&json!({ kind: items }), calls.vhost()).map_err(|error| call.unreadable(error.at))
    }
}

/// Puts every consumer to its queue.
fn add_consumers(calls: &Calls, states: &mut BTreeMap<String, QueueState>) -> Result<(), ManagementError> {
    let rows: Vec<ConsumerRow> = calls.read(&Call::get(&["consumers", calls.vhost()], "the consumers"))?;
    let call = Call::get(&["vhosts", calls.vhost(), "connections"], "the connections").query(CONNECTION_COLUMNS);
    let connections: Vec<Connection> = calls.read(&call)?;
    let blocked: BTreeSet<String> =
        connections.into_iter().filter(Connection::is_blocked).filter_map(|connection| connection.name).collect();
    for row in rows {
        if let Some(state) = states.get_mut(&row.queue.name) {
            state.consumers.push(row.state(&blocked));
        }
    }
    for state in states.values_mut() {
        state.consumers.sort_by(|a, b| (&a.connection, &a.tag).cmp(&(&b.connection, &b.tag)));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Overview {
    rabbitmq_version: String,
}

/// A node; one that is down has no figures.
#[derive(Deserialize)]
struct Node {
    name: String,
    running: bool,
    #[serde(default)]
    mem_alarm: bool,
    #[serde(default)]
    disk_free_alarm: bool,
}

impl Node {
    fn state(self) -> NodeState {
        let Self { name, running, mem_alarm, disk_free_alarm } = self;
        NodeState { name, running, memory_alarm: mem_alarm, disk_alarm: disk_free_alarm }
    }
}

/// A queue; one that is new, or down, has no figures.
#[derive(Deserialize)]
struct QueueRow {
    name: String,
    #[serde(default)]
    exclusive: bool,
    policy: Option<String>,
    #[serde(default, deserialize_with = "read_arguments")]
    effective_policy_definition: Arguments,
    messages_ready: Option<u64>,
    messages_unacknowledged: Option<u64>,
    /// Quorum queues with `at-least-once` alone have it.
    messages_dlx: Option<u64>,
    message_bytes: Option<u64>,
    state: Option<String>,
    members: Option<Vec<String>>,
    online: Option<Vec<String>>,
}

/// A queue that was asked for by its name.
#[derive(Deserialize)]
struct SingleQueue {
    #[serde(flatten)]
    row: QueueRow,
    #[serde(default)]
    consumer_details: Vec<ConsumerRow>,
}

impl QueueRow {
    fn state(self) -> (String, QueueState) {
        let online = self.members.map(|members| (self.online.unwrap_or_default().len(), members.len()));
        let state = QueueState {
            ready: self.messages_ready.unwrap_or_default(),
            unacknowledged: self.messages_unacknowledged.unwrap_or_default(),
            dead_lettering: self.messages_dlx.unwrap_or_default(),
            bytes: self.message_bytes.unwrap_or_default(),
            consumers: Vec::new(),
            policy: self.policy.filter(|policy| !policy.is_empty()),
            effective: self.effective_policy_definition,
            state: self.state.unwrap_or_default(),
            online,
        };
        (self.name, state)
    }
}

/// A queue without a policy has `null`, or an empty list.
fn read_arguments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arguments, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Arguments::new()),
        value => arguments_from_json(&value).ok_or_else(|| serde::de::Error::custom("no arguments")),
    }
}

#[derive(Deserialize)]
struct ConsumerRow {
    queue: ConsumedQueue,
    consumer_tag: String,
    active: Option<bool>,
    prefetch_count: Option<u64>,
    /// An empty list for a channel that is not known yet, or no more.
    #[serde(default)]
    channel_details: Value,
}

#[derive(Deserialize)]
struct ConsumedQueue {
    name: String,
}

impl ConsumerRow {
    fn state(self, blocked: &BTreeSet<String>) -> ConsumerState {
        let text = |field: &str| self.channel_details[field].as_str().unwrap_or_default().to_owned();
        let (connection, user) = (text("connection_name"), text("user"));
        ConsumerState {
            tag: self.consumer_tag,
            blocked: blocked.contains(&connection),
            connection,
            user,
            active: self.active.unwrap_or_default(),
            prefetch: self.prefetch_count.map_or(0, |count| u16::try_from(count).unwrap_or(u16::MAX)),
        }
    }
}

/// A connection; one that is new has no state yet.
#[derive(Deserialize)]
struct Connection {
    name: Option<String>,
    state: Option<String>,
}

impl Connection {
    /// Under an alarm a connection that has not published yet is `blocking`, and still consumes and acknowledges.
    fn is_blocked(&self) -> bool {
        self.state.as_deref() == Some("blocked")
    }
}
