//! Private RabbitMQ nodes: one, or a cluster of three.

mod cluster;
mod setup;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

use super::installed::{Server, installed};
use super::process::{Process, bare_command, new_folder};
use crate::wait::free_port;
pub use cluster::Cluster;
use setup::Ports;

/// A node is up in about 8 s; a loaded machine is given time.
const START_DEADLINE: Duration = Duration::from_secs(90);
const STOP_DEADLINE: Duration = Duration::from_mins(1);
const CONTROL_DEADLINE: Duration = Duration::from_mins(1);
/// Virtual hosts created at once: the control program takes half a second, a virtual host few milliseconds.
const VHOSTS_AT_ONCE: usize = 16;
/// RabbitMQ's own defaults, which lift the alarms.
const MEMORY_WATERMARK: &str = "0.4";
const DISK_FREE_LIMIT: &str = "50MB";

/// What a node has beyond the bare broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RabbitMqOptions {
    /// The management plugin with its HTTP API, see [`RabbitMq::management_url`].
    pub management: bool,
}

/// A private node with the user `guest`/`guest`.
///
/// Whatever disturbs a node takes `&mut self`, so that it cannot happen to the [shared](RabbitMq::shared) one.
#[derive(Debug)]
pub struct RabbitMq {
    process: Process,
    ports: Ports,
    env: Vec<(&'static str, OsString)>,
    vhosts: Mutex<Vhosts>,
}

#[derive(Debug, Default)]
struct Vhosts {
    created: usize,
    unused: Vec<String>,
}

impl RabbitMq {
    /// Starts a node and waits until it takes connections. Fails when RabbitMQ is not installed or does not come up
    /// within 90 s.
    pub async fn start() -> Result<Self> {
        Self::start_with(RabbitMqOptions::default()).await
    }

    /// Like [`RabbitMq::start`], with options.
    pub async fn start_with(options: RabbitMqOptions) -> Result<Self> {
        let mut rabbitmq = Self::prepare(Ports::choose(&options, free_port()?)?, &[])?;
        rabbitmq.start_again().await?;
        Ok(rabbitmq)
    }

    /// A node that has everything but was not started yet, alone or one of `members`.
    fn prepare(ports: Ports, members: &[String]) -> Result<Self> {
        let scripts = installed(Server::RabbitMq)?;
        let folder = new_folder("rabbitmq", None)?;
        setup::write_files(folder.path(), ports, members)?;
        let env = setup::env(folder.path(), ports);
        let launch = if members.is_empty() { setup::launch_alone } else { setup::launch_member };
        let process = Process::supervise(folder, launch(scripts, env.clone()))?;
        Ok(Self { process, ports, env, vhosts: Mutex::default() })
    }

    /// The node that the tests of this process share, started at its first use. Each test takes a
    /// [virtual host of its own](RabbitMq::fresh_vhost).
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<RabbitMq> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// `amqp://guest:guest@127.0.0.1:PORT/%2f`.
    pub fn url(&self) -> String {
        self.url_at(self.addr(), "%2f")
    }

    /// The URL of a virtual host by way of another address, a [`Relay`](crate::relay::Relay)'s for instance.
    pub fn url_at(&self, addr: SocketAddr, vhost: &str) -> String {
        format!("amqp://guest:guest@{addr}/{vhost}")
    }

    /// Where the node takes AMQP connections.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports.amqp).into()
    }

    /// The port of [`RabbitMq::addr`].
    pub fn port(&self) -> u16 {
        self.ports.amqp
    }

    /// `http://guest:guest@127.0.0.1:PORT`, if the node was started with the management plugin.
    pub fn management_url(&self) -> Option<String> {
        self.ports.management.map(|port| format!("http://guest:guest@127.0.0.1:{port}"))
    }

    /// The Erlang name of the node, as in the output of `rabbitmqctl cluster_status`.
    pub fn name(&self) -> String {
        self.ports.node_name()
    }

    /// The process id of the Erlang machine while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// The folder of its data and log, removed with the value.
    pub fn folder(&self) -> &Path {
        self.process.folder()
    }

    /// The last lines of the node's log.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }

    /// A new virtual host on which `guest` may do everything: its URL, ending in the name. Names are never used twice on
    /// a node, nor on two nodes.
    pub async fn fresh_vhost(&self) -> Result<String> {
        let mut vhosts = self.vhosts.lock().await;
        if vhosts.unused.is_empty() {
            let name = |n| format!("test-{}-{}", self.ports.amqp, vhosts.created + n);
            let names: Vec<String> = (0..VHOSTS_AT_ONCE).map(name).collect();
            self.create_vhosts(&names).await?;
            vhosts.created += VHOSTS_AT_ONCE;
            vhosts.unused = names.into_iter().rev().collect();
        }
        let name = vhosts.unused.pop().context("no virtual host was created")?;
        Ok(self.url_at(self.addr(), &name))
    }

    /// Runs `rabbitmqctl` on this node and returns what it prints, without headings. It takes about half a second.
    ///
    /// ```no_run
    /// # async fn test(broker: fabric_testkit::servers::RabbitMq) -> anyhow::Result<()> {
    /// for line in broker.ctl(&["list_queues", "name", "messages"]).await?.lines() {
    ///     let (name, messages) = line.split_once('\t').unwrap();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ctl(&self, arguments: &[&str]) -> Result<String> {
        let program = installed(Server::RabbitMq)?.join("rabbitmqctl");
        let mut command = tokio::process::Command::from(bare_command(program, &self.env, None));
        command.arg("--silent").args(arguments).current_dir(self.folder()).kill_on_drop(true);
        let output = timeout(CONTROL_DEADLINE, command.output()).await;
        let Output { status, stdout, stderr } =
            output.with_context(|| format!("rabbitmqctl {arguments:?} did not end within {CONTROL_DEADLINE:?}"))??;
        let said = String::from_utf8_lossy(&stderr);
        ensure!(status.success(), "rabbitmqctl {arguments:?}: {status}: {}", said.trim_end());
        Ok(String::from_utf8(stdout)?.trim_end().to_owned())
    }

    /// Kills the node with `SIGKILL`; it is gone on return.
    #[expect(clippy::unused_async, reason = "alike on all servers, and free to wait later")]
    pub async fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Has the node end in good order (`SIGTERM`): it closes its connections with a reason and writes what it holds. It
    /// is gone on return.
    pub async fn stop(&mut self) -> Result<()> {
        self.process.stop(STOP_DEADLINE).await
    }

    /// Starts the killed or stopped node again on the same port with the same data, and waits until it takes connections.
    pub async fn start_again(&mut self) -> Result<()> {
        let addr = self.addr();
        self.process.start(START_DEADLINE, || takes_connections(addr)).await
    }

    /// Has the node write its registries to disk, among them which quorum queue keeps its log where.
    ///
    /// A broker of version 3.10 does so on its own about three seconds after a queue was declared. Killed before that, it
    /// comes back with the queue but without its log, confirmed messages included, and the queue never elects a leader:
    /// publishes to it are not confirmed and reads hang. A test that declares a queue and kills the node, and means
    /// something else, calls this in between.
    pub async fn flush_registries(&self) -> Result<()> {
        let answer = self.ctl(&["eval", "lists:usort([dets:sync(Table) || Table <- dets:all()])."]).await?;
        ensure!(answer == "[ok]", "registries cannot be written: {answer}");
        Ok(())
    }

    /// Freezes the Erlang machine (`SIGSTOP`): connections stay open and nothing answers, heartbeats included.
    pub fn pause(&mut self) -> Result<()> {
        self.process.signal(Signal::STOP)
    }

    /// Lets a frozen node go on.
    pub fn resume(&mut self) -> Result<()> {
        self.process.signal(Signal::CONT)
    }

    /// Stops the broker but not the Erlang machine: connections are closed with a reason and new ones are refused.
    pub async fn stop_app(&mut self) -> Result<()> {
        self.ctl(&["stop_app"]).await.map(drop)
    }

    /// Starts the stopped broker.
    pub async fn start_app(&mut self) -> Result<()> {
        self.ctl(&["start_app"]).await.map(drop)
    }

    /// Raises the memory alarm: publishing connections are blocked from now on.
    pub async fn raise_memory_alarm(&mut self) -> Result<()> {
        self.ctl(&["set_vm_memory_high_watermark", "0"]).await.map(drop)
    }

    /// Lifts the memory alarm.
    pub async fn clear_memory_alarm(&mut self) -> Result<()> {
        self.ctl(&["set_vm_memory_high_watermark", MEMORY_WATERMARK]).await.map(drop)
    }

    /// Raises the disk alarm, which blocks like the memory alarm.
    pub async fn raise_disk_alarm(&mut self) -> Result<()> {
        self.ctl(&["set_disk_free_limit", "900000GB"]).await.map(drop)
    }

    /// Lifts the disk alarm.
    pub async fn clear_disk_alarm(&mut self) -> Result<()> {
        self.ctl(&["set_disk_free_limit", DISK_FREE_LIMIT]).await.map(drop)
    }

    /// Whether it makes sense to ask the node anything: it was started and is not frozen.
    fn answers(&self) -> bool {
        self.process.is_running() && !self.process.is_frozen()
    }

    async fn create_vhosts(&self, names: &[String]) -> Result<()> {
        let list = names.iter().map(|name| format!("<<\"{name}\">>")).collect::<Vec<_>>().join(",");
        let create = format!(
            "lists:foreach(fun(Vhost) -> \
               ok = rabbit_vhost:add(Vhost, <<\"guest\">>), \
               ok = rabbit_auth_backend_internal:set_permissions( \
                      <<\"guest\">>, Vhost, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"testkit\">>) \
             end, [{list}])."
        );
        let answer = self.ctl(&["eval", &create]).await?;
        ensure!(answer == "ok", "virtual hosts cannot be created: {answer}");
        Ok(())
    }
}

/// Whether a broker there answers the protocol header with a method frame, `Connection.Start`. The listener is the last
/// thing that a booting node opens.
async fn takes_connections(addr: SocketAddr) -> Result<bool> {
    const METHOD_FRAME: u8 = 1;
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    Ok(stream.read_u8().await? == METHOD_FRAME)
}
