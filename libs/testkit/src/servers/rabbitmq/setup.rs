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

/// One scheduler that does not spin, and distribution on the loopback interface only.
const ERLANG: &str = "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}";

/// The ports of a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub amqp: u16,
    pub management: Option<u16>,
    mapper: u16,
    distribution: u16,
    control: u16,
}

impl Ports {
    pub fn choose(options: &RabbitMqOptions) -> Result<Self> {
        Ok(Self {
            amqp: free_port()?,
            management: options.management.then(free_port).transpose()?,
            mapper: free_port()?,
            distribution: free_port()?,
            control: free_port()?,
        })
    }
}

/// Writes the configuration, the list of plugins and the cookie.
pub(super) fn write_files(folder: &Path, ports: Ports) -> Result<()> {
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
         {management}",
        ports.amqp
    );
    write_private(&folder.join("rabbitmq.conf"), &config)?;
    write_private(&folder.join("enabled_plugins"), plugins)?;
    // It keeps nobody out who can read this folder; it keeps apart nodes that meet by mistake.
    write_private(&folder.join(".erlang.cookie"), &format!("fabric-testkit-{}-{}", std::process::id(), ports.amqp))
}

/// The variables that node and control program share.
pub(super) fn env(folder: &Path, ports: Ports) -> Vec<(&'static str, OsString)> {
    let inside = |name: &str| folder.join(name).into_os_string();
    vec![
        ("HOME", folder.into()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
        ("ERL_EPMD_PORT", ports.mapper.to_string().into()),
        // The script then becomes the Erlang machine instead of waiting for it, so signals reach the right process.
        ("RUNNING_UNDER_SYSTEMD", "true".into()),
        ("RABBITMQ_NODENAME", format!("fabric-{}@localhost", ports.amqp).into()),
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
    ]
}

pub(super) fn launch(scripts: &Path, env: Vec<(&'static str, OsString)>) -> Launch {
    Launch {
        name: "rabbitmq-server",
        command: vec!["sh".into(), "-c".into(), START.into(), scripts.join("rabbitmq-server").into()],
        env,
        user: None,
        ending: "KILL",
    }
}

fn write_private(path: &Path, text: &str) -> Result<()> {
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        std::io::Write::write_all(&mut file, text.as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
