//! The consume connection, and what lives on it: consumers, taps, declarations and questions about queues.

mod claim;
mod consumer;
mod opening;
mod supervisor;
mod tap;

use std::{sync::Arc, time::Duration};

use fabric_runtime::ports::{Claim, ClaimError, ConsumeError, ConsumeRequest, Consumer, Depth, DepthError, TapRequest};

pub(crate) use self::supervisor::Supervisor;
use crate::{depths, flaw::Flaws, options::RabbitOptions, standing::Standing};

/// Everything that is asked of the consume connection. What it is asked while there is none waits for one.
pub(crate) struct ConsumeSide {
    standing: Arc<Standing>,
    client: String,
    operation_timeout: Duration,
    flaws: Flaws,
}

impl ConsumeSide {
    /// Asks on the connection that `standing` has.
    pub fn new(options: &RabbitOptions, standing: &Arc<Standing>) -> Self {
        Self {
            standing: Arc::clone(standing),
            client: options.connection_name.clone(),
            operation_timeout: options.operation_timeout,
            flaws: Flaws::of(options),
        }
    }

    /// Starts consuming a queue.
    pub async fn consume(&self, request: ConsumeRequest) -> Result<Box<dyn Consumer>, ConsumeError> {
        let connection = self.standing.connection().await.map_err(|detail| ConsumeError::Away { detail })?;
        consumer::start(&connection, request, self.operation_timeout, self.flaws).await
    }

    /// Starts watching what goes by.
    pub async fn tap(&self, request: TapRequest) -> Result<Box<dyn Consumer>, ConsumeError> {
        let connection = self.standing.connection().await.map_err(|detail| ConsumeError::Away { detail })?;
        tap::start(&connection, &self.client, request, self.operation_timeout).await
    }

    /// Claims a name.
    pub async fn claim(&self, name: String) -> Result<Box<dyn Claim>, ClaimError> {
        let connection = self.standing.connection().await.map_err(|detail| ClaimError::Away { detail })?;
        claim::start(&connection, name, self.operation_timeout).await
    }

    /// The depths of those of the queues that exist.
    pub async fn depths(&self, queues: Vec<String>) -> Result<Vec<Depth>, DepthError> {
        let connection = self.standing.connection().await.map_err(|detail| DepthError { detail })?;
        let asked = depths::depths(&connection, self.operation_timeout, queues).await;
        asked.map_err(|error| DepthError { detail: error.to_string() })
    }
}
