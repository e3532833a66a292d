//! One virtual host: what is wanted there, and what stands.

use std::{collections::BTreeMap, time::Duration};

use fabric::{
    config::{AtStart, Config},
    core::topology::{
        Actual, Caps, Change, ConsumerState, Declaring, Definitions, UserDefinition, plan, users, wanted,
    },
    management::{Management, ManagementError, ManagementUrl},
    runtime::ports::Broker,
};

use super::{MANAGEMENT_URL, vhost};
use crate::{Outcome, exit::Failure, platform};

/// How long one thing asked of the management API may take; reading everything is one.
const CALL_DEADLINE: Duration = Duration::from_secs(30);

/// Whether the broker's users are looked at. They belong to the whole broker, and only an administrator sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// They are.
    Included,
    /// Only exchanges, queues, bindings and policies are.
    LeftOut,
}

/// What is wanted on a virtual host, and a client to see what stands there.
pub struct Desk {
    /// The client.
    pub management: Management,
    /// What is wanted.
    pub wanted: Definitions,
    users: Users,
}

impl Desk {
    /// For the services with these names, all when none is named. Nothing is sent yet. Fails when the broker is in this process:
    /// then there is nothing to compare.
    pub fn open(config: &Config, services: &[String], users: Users) -> Outcome<Self> {
        let url = config.management_url().filter(|_| config.broker.url.scheme().starts_with("amqp"));
        let Some(url) = url else {
            return Err(Failure::Refused(
                "broker.url is memory://: that broker is empty at every start and made by the services themselves, so \
                 there is nothing to compare; name one with --amqp"
                    .to_owned(),
            ));
        };
        let wrong =
            |error: fabric::management::ManagementUrlError| Failure::Usage(format!("{MANAGEMENT_URL}: {error}"));
        let url: ManagementUrl = url.expose().parse().map_err(wrong)?;
        let vhost = vhost(&config.broker.url)
            .ok_or_else(|| Failure::Usage("broker.url: its virtual host is not UTF-8".to_owned()))?;
        let wanted = definitions(config, services, users)?;
        Ok(Self { management: Management::new(url, vhost, CALL_DEADLINE), wanted, users })
    }

    /// What stands there now.
    pub async fn actual(&self) -> Result<Actual, ManagementError> {
        let mut actual = self.management.actual().await?;
        if self.users == Users::Included {
            actual.definitions.users = self.management.users().await?;
        }
        Ok(actual)
    }

    /// The same with newer numbers for the queues whose names `concerns`: how many messages wait, and whether anybody consumes.
    pub async fn exact(&self, broker: &dyn Broker, concerns: impl Fn(&str) -> bool) -> Outcome<Actual> {
        let mut actual = self.actual().await?;
        let queues = actual.definitions.queues.keys().filter(|name| concerns(name)).cloned().collect();
        add_depths(&mut actual, broker, queues).await?;
        Ok(actual)
    }

    /// What stood before, with one queue looked at anew, or without it.
    pub async fn with_queue(&self, broker: &dyn Broker, mut before: Actual, name: &str) -> Outcome<Actual> {
        match self.management.queue(name).await? {
            Some(state) => drop(before.queues.insert(name.to_owned(), state)),
            None => drop((before.queues.remove(name), before.definitions.queues.remove(name))),
        }
        add_depths(&mut before, broker, vec![name.to_owned()]).await?;
        Ok(before)
    }

    /// What it takes to get from what stands to what should.
    pub fn plan(&self, actual: &Actual) -> Vec<Change> {
        plan(&self.wanted, actual)
    }
}

/// Puts in what the broker itself says of these queues.
async fn add_depths(actual: &mut Actual, broker: &dyn Broker, queues: Vec<String>) -> Outcome {
    for depth in broker.depths(queues).await? {
        let state = actual.queues.entry(depth.queue).or_default();
        // The API's numbers are seconds old, and the broker answers that a queue is empty when its leader is slow to say how full it is.
        // So the larger number counts.
        state.ready = state.ready.max(depth.ready);
        let consumers = usize::try_from(depth.consumers).unwrap_or(usize::MAX);
        if state.consumers.len() < consumers {
            // Of consumers that the API has not seen yet, nothing is known but their number.
            state.consumers.resize(consumers, ConsumerState::default());
        }
    }
    Ok(())
}

/// Everything that is wanted for the services with these names.
pub fn definitions(config: &Config, services: &[String], included: Users) -> Outcome<Definitions> {
    let specs = platform::specs(config, services)?;
    let section = &config.topology;
    let caps = Caps {
        work_bytes_max: section.work_bytes_max,
        wait_bytes_max: section.wait_bytes_max,
        parked_bytes_max: section.parked_bytes_max,
        unrouted_bytes_max: section.unrouted_bytes_max,
    };
    let users: BTreeMap<String, UserDefinition> = match included {
        Users::Included => users(&specs.iter().collect::<Vec<_>>(), platform::catalogue(), declaring(config)),
        Users::LeftOut => BTreeMap::new(),
    };
    Ok(Definitions { users, ..wanted(&platform::topology_of(&specs), &caps) })
}

/// Whether the services' users may make what they need. A service of its own does so only where that is configured.
fn declaring(config: &Config) -> Declaring {
    match config.topology.at_start {
        AtStart::Create => Declaring::Own,
        AtStart::Auto | AtStart::Verify => Declaring::Never,
    }
}
