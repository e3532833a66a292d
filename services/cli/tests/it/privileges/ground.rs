//! A virtual host with everything that the services need, and a user for each of them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use fabric::{
    AnyService, Topic,
    config::Config,
    connect,
    core::{
        service::ServiceSpec,
        topology::{Declaring, Topology, of_services, users},
    },
    host::{Host, contexts_of},
    management::{Management, ManagementUrl, password},
    runtime::ids::Ids,
};
use fabric_testkit::servers::{RabbitMq, RabbitMqOptions};
use lapin::{
    BasicProperties, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::FieldTable,
};
use tokio::sync::OnceCell;

/// The services that have a user.
pub const SERVICES: [&str; 5] = ["academic", "user", "social", "notification", "kyc"];

/// The password of every user: the broker is thrown away after the tests.
const PASSWORD: &str = "only-for-tests";

const TIMEOUT: Duration = Duration::from_secs(20);

/// A virtual host on the node that these tests share.
pub struct Ground {
    url: String,
    topology: Topology,
    management: Management,
}

impl Ground {
    /// With everything that the services need.
    pub async fn new() -> Result<Self> {
        let ground = Self::bare().await?;
        ground.make().await?;
        Ok(ground)
    }

    /// With the users only.
    pub async fn bare() -> Result<Self> {
        static NODE: OnceCell<RabbitMq> = OnceCell::const_new();
        let node = NODE.get_or_try_init(|| RabbitMq::start_with(RabbitMqOptions { management: true })).await?;
        let url = node.fresh_vhost().await?;
        let (_, vhost) = url.rsplit_once('/').context("the URL has a virtual host")?;
        let management: ManagementUrl = node.management_url().context("the node has the plugin")?.parse()?;
        let management = Management::new(management, vhost, TIMEOUT);
        let specs = specs()?;
        let topology = of_services(&specs, &contexts_of(fabric_catalog::all()));
        let ground = Self { url, topology, management };
        let by_reference: Vec<&ServiceSpec> = specs.iter().collect();
        for (name, user) in users(&by_reference, fabric_catalog::all(), Declaring::Never) {
            let hash = password::hash(PASSWORD, password::random_salt()?);
            ground.management.put_user(&name, &user.tags, Some(&hash)).await?;
            ground.management.put_permission(&name, user.permission.as_ref().context("it may enter")?).await?;
            for (exchange, permission) in &user.topics {
                ground.management.put_topic_permission(&name, exchange, permission).await?;
            }
        }
        Ok(ground)
    }

    /// Makes what the services need, as the user of `fabric topology apply` does.
    pub async fn make(&self) -> Result<()> {
        let config = config(&self.url_of("fabric-deploy"), "create")?;
        let adapters = connect(&config, "fabric").await?;
        adapters.broker.declare(&self.topology).await?;
        adapters.broker.close(TIMEOUT).await;
        Ok(())
    }

    /// The URL of a user.
    pub fn url_of(&self, user: &str) -> String {
        self.url.replace("guest:guest", &format!("{user}:{PASSWORD}"))
    }

    /// Starts a service with its own user. It makes nothing on the broker.
    pub async fn start(&self, service: &str) -> Result<Host> {
        let config = config(&self.url_of(service), "verify")?;
        let adapters = connect(&config, service).await?;
        let services = [value(service)?];
        let host = Host::start(&config, adapters, Ids::system(), fabric_catalog::all(), &services).await?;
        host.activity().start_recording();
        Ok(host)
    }

    /// Whether no subscription gets the events of a topic.
    pub fn is_unheard(&self, topic: &Topic) -> bool {
        !self.topology.bindings.iter().any(|binding| binding.pattern.matches(topic.as_str()))
    }

    /// A connection of a user.
    pub async fn connection(&self, user: &str) -> Result<Arc<Connection>> {
        Ok(Arc::new(Connection::connect(&self.url_of(user), ConnectionProperties::default()).await?))
    }

    /// Publishes what is no event of the topic, confirmed.
    pub async fn publish_garbage(&self, user: &str, topic: &str) -> Result<()> {
        let connection = self.connection(user).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let exchange = format!("events.{}", topic.split('.').next().unwrap_or_default());
        let properties = BasicProperties::default().with_headers(FieldTable::default());
        channel
            .basic_publish(
                exchange.as_str().into(),
                topic.into(),
                BasicPublishOptions::default(),
                b"garbage",
                properties,
            )
            .await?
            .await?;
        connection.close(200, "done".into()).await?;
        Ok(())
    }
}

/// What the services are.
pub fn specs() -> Result<Vec<ServiceSpec>> {
    let defaults = fabric::subscription_defaults(&config("memory://", "auto")?)?;
    SERVICES.iter().map(|name| Ok(value(name)?.spec(&defaults)?)).collect()
}

fn value(service: &str) -> Result<Box<dyn AnyService>> {
    Ok(match service {
        "academic" => Box::new(academic::service()),
        "user" => Box::new(user::service()),
        "social" => Box::new(social::service()),
        "kyc" => Box::new(kyc::service()),
        _ => {
            let mailer = notification::Mailer::from_config(&config("memory://", "auto")?)?;
            Box::new(notification::service(mailer))
        }
    })
}

fn config(url: &str, at_start: &str) -> Result<Config> {
    let folder = std::env::temp_dir().join(format!("fabric-privileges-{}", std::process::id()));
    let given = [
        ("FABRIC__BROKER__URL", url),
        ("FABRIC__TOPOLOGY__AT_START", at_start),
        ("FABRIC__DATA__FOLDER", folder.to_str().context("a path")?),
    ];
    Ok(Config::load(None, given.map(|(name, value)| (name.to_owned(), value.to_owned())))?)
}
