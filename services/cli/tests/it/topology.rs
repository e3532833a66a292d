//! What stands on a broker, compared, made, migrated and watched: a node with the management plugin, each test on a virtual host of its own.

mod applying;
mod load;
mod migrating;
mod ordered;
mod served;
mod users;
mod watching;

use std::{process::Output, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, ensure};
use fabric::{
    config::Config,
    core::topology::{BindingDefinition, Destination},
    management::Management,
    runtime::ports::Broker,
};
use fabric_testkit::servers::{RabbitMq, RabbitMqOptions};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::process::Cli;

/// How long a call of the management API may take: reached only when something is broken.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The node of these tests.
async fn node() -> Result<&'static RabbitMq> {
    static NODE: OnceCell<RabbitMq> = OnceCell::const_new();
    NODE.get_or_try_init(|| RabbitMq::start_with(RabbitMqOptions { management: true })).await
}

/// A virtual host of a test's own.
struct World {
    url: String,
    management_url: String,
    management: Management,
    cli: Cli,
}

impl World {
    async fn new() -> Result<Self> {
        let node = node().await?;
        let url = node.fresh_vhost().await?;
        let management_url = node.management_url().context("the node has the plugin")?;
        let (_, vhost) = url.rsplit_once('/').context("the URL has a virtual host")?;
        let management = Management::new(management_url.parse()?, vhost, TIMEOUT);
        let cli = cli(&url, &management_url)?;
        Ok(Self { url, management_url, management, cli })
    }

    /// The command with a data folder and a variable of its own.
    fn cli_with(&self, name: &'static str, value: &str) -> Result<Cli> {
        Ok(cli(&self.url, &self.management_url)?.with(name, value))
    }

    async fn broker(&self) -> Result<Arc<dyn Broker>> {
        let config = Config::load(None, [("FABRIC__BROKER__URL".to_owned(), self.url.clone())])?;
        Ok(fabric::connect(&config, "test").await?.broker)
    }
}

fn cli(url: &str, management_url: &str) -> Result<Cli> {
    Ok(Cli::new()?.with("FABRIC__BROKER__URL", url).with("FABRIC__TOPOLOGY__MANAGEMENT_URL", management_url))
}

/// Runs `fabric topology …`, which must end with this code.
async fn ends(cli: &Cli, arguments: &[&str], code: i32) -> Result<Output> {
    let output = cli.run(&[&["topology"], arguments].concat()).await?;
    let (said, shown) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.code() == Some(code), "{arguments:?} ended with {}: {said}\n{shown}", output.status);
    Ok(output)
}

/// The same with `--json`.
async fn ends_json(cli: &Cli, arguments: &[&str], code: i32) -> Result<Value> {
    let output = ends(cli, &[arguments, &["--json"]].concat(), code).await?;
    serde_json::from_slice(&output.stdout).with_context(|| format!("{arguments:?} printed no JSON"))
}

/// The changes of a class, each as its resource's name with the field.
fn of_class(report: &Value, class: &str) -> Vec<String> {
    let changes = ["changes", "left"].iter().find_map(|key| report[*key].as_array()).cloned().unwrap_or_default();
    let of_class = changes.into_iter().filter(|change| change["class"] == class);
    of_class
        .map(|change| format!("{} {}", named(&change["resource"]), change["field"].as_str().unwrap_or("-")))
        .collect()
}

/// The name of a resource; of a binding, where it leads.
fn named(resource: &Value) -> String {
    let name = &resource["name"];
    name.as_str().or_else(|| name["destination"]["name"].as_str()).unwrap_or_default().to_owned()
}

fn binding(source: &str, queue: &str, key: &str) -> BindingDefinition {
    let destination = Destination::Queue(queue.to_owned());
    BindingDefinition { source: source.to_owned(), destination, key: key.to_owned(), arguments: [].into() }
}
