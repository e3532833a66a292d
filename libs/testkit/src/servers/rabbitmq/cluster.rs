//! A private cluster of three nodes on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::net::TcpStream;

use super::setup::{self, Ports};
use super::{RabbitMq, RabbitMqOptions};
use crate::servers::process::{Process, new_folder};
use crate::wait::{eventually, free_port};

const MAPPER_DEADLINE: Duration = Duration::from_secs(30);
/// Nodes find one another in seconds; a frozen one is noticed after 15 s, and a loaded machine is given time.
const REJOIN_DEADLINE: Duration = Duration::from_secs(90);
/// An election takes a second or two once the old leader's end is known.
const ELECTION_DEADLINE: Duration = Duration::from_mins(1);

/// Three nodes, each with the user `guest`/`guest`, numbered 0 to 2; a minority that is cut off pauses itself.
///
/// They are up in about 20 s at 120 MB a node, and all gone with the value. A number that is not below
/// [`Cluster::NODES`] panics, like an index.
///
/// ```no_run
/// # async fn test() -> anyhow::Result<()> {
/// use fabric_testkit::servers::Cluster;
///
/// let mut cluster = Cluster::start().await?;
/// let vhost = cluster.fresh_vhost().await?;
/// let url = cluster.node(0).url_at(cluster.node(0).addr(), &vhost);
/// // … declare a quorum queue `grades`: it has a member on every node …
/// cluster.flush_registries().await?;
/// let leader = cluster.leader_of(&vhost, "grades").await?;
/// cluster.kill(leader).await?;
/// assert_ne!(cluster.leader_of(&vhost, "grades").await?, leader);
/// cluster.start_again(leader).await?;
/// cluster.whole().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Cluster {
    nodes: [RabbitMq; Self::NODES],
    /// Where nodes look up one another's ports. It is killed last, and only with the value.
    _mapper: Process,
}

impl Cluster {
    /// How many nodes there are.
    pub const NODES: usize = 3;

    /// Starts three nodes at once and waits until each sees the others. Fails when RabbitMQ is not installed or does not
    /// come up within 90 s.
    pub async fn start() -> Result<Self> {
        let (mapper, mapper_port) = start_mapper().await?;
        let choose = || Ports::choose(&RabbitMqOptions::default(), mapper_port);
        let ports = [choose()?, choose()?, choose()?];
        let members = ports.map(|ports| ports.node_name());
        let [first, second, third] = ports.map(|ports| RabbitMq::prepare(ports, &members));
        let mut cluster = Self { nodes: [first?, second?, third?], _mapper: mapper };
        cluster.start_all_again().await?;
        Ok(cluster)
    }

    /// One of the nodes.
    pub fn node(&self, node: usize) -> &RabbitMq {
        &self.nodes[node]
    }

    /// The same to be disturbed in ways that the cluster has no verb for, by an alarm for instance.
    pub fn node_mut(&mut self, node: usize) -> &mut RabbitMq {
        &mut self.nodes[node]
    }

    /// `amqp://guest:guest@127.0.0.1:PORT/%2f` at one of the nodes.
    pub fn url(&self, node: usize) -> String {
        self.nodes[node].url()
    }

    /// The name of a new virtual host, present on every node, on which `guest` may do everything.
    pub async fn fresh_vhost(&self) -> Result<String> {
        let url = self.any_running()?.fresh_vhost().await?;
        let (_, name) = url.rsplit_once('/').context("the URL has no virtual host")?;
        Ok(name.to_owned())
    }

    /// Runs `rabbitmqctl` on a node, see [`RabbitMq::ctl`].
    pub async fn ctl(&self, node: usize, arguments: &[&str]) -> Result<String> {
        self.nodes[node].ctl(arguments).await
    }

    /// The node that leads a quorum queue, asked of the queue's members rather than read from the broker's books. Waits
    /// for an election under way, up to a minute.
    pub async fn leader_of(&self, vhost: &str, queue: &str) -> Result<usize> {
        self.any_running()?; // or there is nothing to wait for
        let leader = OnceLock::new();
        eventually(ELECTION_DEADLINE, &format!("a leader of {queue}"), || async {
            let found = self.look_for_leader(vhost, queue).await?;
            anyhow::Ok(found.map(|node| leader.get_or_init(|| node)).is_some())
        })
        .await?;
        leader.into_inner().with_context(|| format!("{queue} has no leader"))
    }

    /// Kills a node with `SIGKILL`; it is gone on return.
    pub async fn kill(&mut self, node: usize) -> Result<()> {
        self.nodes[node].kill().await
    }

    /// Starts a killed or stopped node again on the same port with the same data, and waits until it and all others that
    /// run see one another.
    ///
    /// A node waits for those that went down after it: after the end of all, use [`Cluster::start_all_again`].
    pub async fn start_again(&mut self, node: usize) -> Result<()> {
        self.nodes[node].start_again().await?;
        self.assembled().await
    }

    /// Starts all nodes that are down at once, and waits until all see one another.
    pub async fn start_all_again(&mut self) -> Result<()> {
        let [first, second, third] = &mut self.nodes;
        tokio::try_join!(start_if_down(first), start_if_down(second), start_if_down(third))?;
        self.assembled().await
    }

    /// Freezes a node (`SIGSTOP`): its connections stay open and nothing answers. The others take it for dead after 15 s.
    pub fn pause(&mut self, node: usize) -> Result<()> {
        self.nodes[node].pause()
    }

    /// Lets a frozen node go on; [`Cluster::whole`] waits until the others have taken it back.
    pub fn resume(&mut self, node: usize) -> Result<()> {
        self.nodes[node].resume()
    }

    /// Stops and starts every node in good order, one after the other, each only while all quorum queues can spare it.
    pub async fn rolling_restart(&mut self) -> Result<()> {
        for node in 0..Self::NODES {
            self.whole().await?;
            self.nodes[node].stop().await?;
            self.start_again(node).await?;
        }
        self.whole().await
    }

    /// Waits until all three nodes see one another and no quorum queue misses a member.
    pub async fn whole(&self) -> Result<()> {
        let away: Vec<_> = self.nodes.iter().filter(|node| !node.answers()).map(RabbitMq::name).collect();
        ensure!(away.is_empty(), "the cluster cannot become whole while {away:?} is down or frozen");
        // What would lose its majority with one more node has lost a member already.
        self.agreed("a whole cluster", "rpc:call(N, rabbit_quorum_queue, list_with_minimum_quorum, []) =:= []").await
    }

    /// Has every running node write its registries to disk, see [`RabbitMq::flush_registries`]: to be called between the
    /// declaration of a quorum queue and the killing of a node.
    pub async fn flush_registries(&self) -> Result<()> {
        for node in self.running() {
            node.flush_registries().await?;
        }
        Ok(())
    }

    async fn assembled(&self) -> Result<()> {
        self.agreed("an assembled cluster", "true").await
    }

    /// Waits until on every running node `N` the broker runs, all others that run are connected, and `also` holds.
    async fn agreed(&self, what: &str, also: &str) -> Result<()> {
        let asked = self.any_running()?;
        let question = format!(
            "Nodes = {}, lists:all(fun(N) -> \
               rpc:call(N, rabbit, is_running, []) =:= true andalso \
               Nodes -- [N | rpc:call(N, erlang, nodes, [])] =:= [] andalso {also} \
             end, Nodes).",
            self.erlang_list()
        );
        let arguments = ["eval", question.as_str()];
        eventually(REJOIN_DEADLINE, what, || async {
            let answer = asked.ctl(&arguments).await?;
            if answer != "true" {
                bail!("the nodes do not agree yet: {answer}");
            }
            anyhow::Ok(true)
        })
        .await
    }

    /// Every running node knows whether its own member leads. While two believe so, nobody does.
    ///
    /// `rabbitmq-queues quorum_status` would ask the dead as well, and wait for their answer.
    async fn look_for_leader(&self, vhost: &str, queue: &str) -> Result<Option<usize>> {
        let question = format!(
            "{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"{vhost}\">>, queue, <<\"{queue}\">>)), \
             {{Member, _}} = amqqueue:get_pid(Q), \
             Leads = fun(N) -> [leader] =:= [element(2, S) || S <- rpc:call(N, ets, lookup, [ra_state, Member])] end, \
             [io:format(\"~s~n\", [N]) || N <- {}, Leads(N)], ok.",
            self.erlang_list()
        );
        let answer = self.any_running()?.ctl(&["eval", &question]).await?;
        let index = |name: &str| self.nodes.iter().position(|node| node.name() == name);
        let leaders: Vec<usize> = answer.lines().filter_map(index).collect();
        Ok(if let [leader] = leaders[..] { Some(leader) } else { None })
    }

    /// The names of the nodes that run, as Erlang writes it.
    fn erlang_list(&self) -> String {
        let names: Vec<_> = self.running().map(|node| format!("'{}'", node.name())).collect();
        format!("[{}]", names.join(","))
    }

    fn running(&self) -> impl Iterator<Item = &RabbitMq> {
        self.nodes.iter().filter(|node| node.answers())
    }

    fn any_running(&self) -> Result<&RabbitMq> {
        self.running().next().context("all nodes are down or frozen")
    }
}

async fn start_if_down(node: &mut RabbitMq) -> Result<()> {
    if node.pid().is_none() { node.start_again().await } else { Ok(()) }
}

async fn start_mapper() -> Result<(Process, u16)> {
    let port = free_port()?;
    let folder = new_folder("epmd", None)?;
    let launch = setup::launch_mapper(folder.path(), port);
    let mut mapper = Process::supervise(folder, launch)?;
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    mapper.start(MAPPER_DEADLINE, || async move { Ok(TcpStream::connect(addr).await.map(|_| true)?) }).await?;
    Ok((mapper, port))
}
