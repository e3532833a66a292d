//! The files and variables of a node that shares nothing with the machine's own RabbitMQ.

use std::ffi::OsString;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::RabbitMqOptions;
use crate::servers::process::Launch;
use crate::wait::free_port;

/// Starts a port mapper in the node's own process group and then becomes the node. Left to itself Erlang starts the
/// mapper as a daemon, which would outlive everything.
const START: &str = "epmd & until epmd -names >/dev/null 2>&1; do kill -0 $! || exit 1; sleep 0.05; done; exec \"$0\"";

/// One scheduler that does not spin, distribution on the loopback interface only, and a frozen neighbour taken for dead
/// after 15 s instead of 60.
const ERLANG: &str = "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1} -kernel net_ticktime 15";

/// The ports of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub amqp: u16,
    pub management: Option<u16>,
    pub mapper: u16,
    distribution: u16,
    control: u16,
}

impl Ports {
    /// Free ones, beside the port mapper's.
    pub fn choose(options: &RabbitMqOptions, mapper: u16) -> Result<Self> {
        Ok(Self {
            amqp: free_port()?,
            management: options.management.then(free_port).transpose()?,
            mapper,
            distribution: free_port()?,
            control: free_port()?,
        })
    }

    /// The Erlang name of the node with these ports.
    pub fn node_name(&self) -> String {
        format!("fabric-{}@localhost", self.amqp)
    }
}

/// Writes the configuration, the list of plugins and the cookie. `members` are the names of all nodes of the cluster,
/// none for a node on its own.
pub(super) fn write_files(folder: &Path, ports: Ports, members: &[String]) -> Result<()> {
    let (plugins, management) = match ports.management {
        None => ("[].\n", String::new()),
        Some(port) => {
            ("[rabbitmq_management].\n", format!("management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n"))
        }
    };
    let config = format!(
        "listeners.tcp.default = 127.0.0.1:{}\n\
         loopback_users = none\n\
         heartbeat = 10\n\
         raft.wal_max_size_bytes = 33554432\n\
         log.file = false\n\
         log.console = true\n\
         log.console.level = info\n\
         log.console.use_colors = off\n\
         {management}{}",
        ports.amqp,
        cluster_formation(members)
    );
    write_private(&folder.join("rabbitmq.conf"), &config)?;
    write_private(&folder.join("enabled_plugins"), plugins)?;
    // It keeps nobody out who can read this folder; it keeps apart nodes that meet by mistake. Nodes that are meant to
    // meet have the same port mapper.
    write_private(&folder.join(".erlang.cookie"), &format!("fabric-testkit-{}-{}", std::process::id(), ports.mapper))
}

fn cluster_formation(members: &[String]) -> String {
    if members.is_empty() {
        return String::new();
    }
    let member = |(name, number): (&String, u32)| format!("cluster_formation.classic_config.nodes.{number} = {name}");
    let nodes: Vec<String> = members.iter().zip(1..).map(member).collect();
    format!(
        "cluster_partition_handling = pause_minority\n\
         cluster_formation.peer_discovery_backend = classic_config\n\
         {}\n",
        nodes.join("\n")
    )
}

/// The variables that node and control program share.
pub(super) fn env(folder: &Path, ports: Ports) -> Vec<(&'static str, OsString)> {
    let inside = |name: &str| folder.join(name).into_os_string();
    let mut env = mapper_env(folder, ports.mapper);
    env.extend([
        // The script then becomes the Erlang machine instead of waiting for it, so signals reach the right process.
        ("RUNNING_UNDER_SYSTEMD", "true".into()),
        ("RABBITMQ_NODENAME", ports.node_name().into()),
        ("RABBITMQ_DIST_PORT", ports.distribution.to_string().into()),
        ("RABBITMQ_MNESIA_BASE", inside("data")),
        ("RABBITMQ_LOG_BASE", inside("log")),
        ("RABBITMQ_CONFIG_FILE", inside("rabbitmq.conf")),
        ("RABBITMQ_CONFIG_FILES", inside("conf.d")),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", inside("advanced.config")),
        ("RABBITMQ_CONF_ENV_FILE", inside("rabbitmq-env.conf")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", inside("enabled_plugins")),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", format!("{ERLANG} -start_epmd false").into()),
        ("RABBITMQ_CTL_ERL_ARGS", ERLANG.into()),
        // Several control programs may run at once, each needs a port: the first free one from here on.
        ("RABBITMQ_CTL_DIST_PORT_MIN", ports.control.to_string().into()),
        ("RABBITMQ_CTL_DIST_PORT_MAX", ports.control.saturating_add(500).to_string().into()),
    ]);
    env
}

/// The variables of a port mapper, which every node that it serves has too.
fn mapper_env(folder: &Path, port: u16) -> Vec<(&'static str, OsString)> {
    vec![("HOME", folder.into()), ("ERL_EPMD_ADDRESS", "127.0.0.1".into()), ("ERL_EPMD_PORT", port.to_string().into())]
}

/// A node with a port mapper of its own.
pub(super) fn launch_alone(scripts: &Path, env: Vec<(&'static str, OsString)>) -> Launch {
    let server = scripts.join("rabbitmq-server");
    launch("rabbitmq-server", vec!["sh".into(), "-c".into(), START.into(), server.into()], env)
}

/// A node that finds its port mapper running.
pub(super) fn launch_member(scripts: &Path, env: Vec<(&'static str, OsString)>) -> Launch {
    launch("rabbitmq-server", vec![scripts.join("rabbitmq-server").into()], env)
}

/// The port mapper of a cluster: it must outlive every single node.
pub(super) fn launch_mapper(folder: &Path, port: u16) -> Launch {
    launch("epmd", vec!["epmd".into()], mapper_env(folder, port))
}

fn launch(name: &'static str, command: Vec<OsString>, env: Vec<(&'static str, OsString)>) -> Launch {
    Launch { name, command, env, user: None, ending: "KILL" }
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        std::io::Write::write_all(&mut file, text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
