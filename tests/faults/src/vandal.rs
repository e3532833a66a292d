//! Somebody else with access to the broker, who takes things away.

use anyhow::{Result, bail};
use lapin::{
    Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{
        ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable},
};

/// A connection of somebody else.
pub struct Vandal {
    connection: Connection,
}

impl Vandal {
    /// Connects.
    pub async fn connect(url: &str) -> Result<Self> {
        Ok(Self { connection: Connection::connect(url, ConnectionProperties::default()).await? })
    }

    /// Deletes a queue with everything in it.
    pub async fn delete_queue(&self, queue: &str) -> Result<()> {
        self.channel().await?.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
        Ok(())
    }

    /// Deletes an exchange with all its bindings.
    pub async fn delete_exchange(&self, exchange: &str) -> Result<()> {
        self.channel().await?.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await?;
        Ok(())
    }

    /// Removes a binding.
    pub async fn unbind(&self, queue: &str, exchange: &str, key: &str) -> Result<()> {
        self.channel().await?.queue_unbind(queue.into(), exchange.into(), key.into(), FieldTable::default()).await?;
        Ok(())
    }

    /// Adds a binding.
    pub async fn bind(&self, queue: &str, exchange: &str, key: &str) -> Result<()> {
        let options = QueueBindOptions::default();
        self.channel()
            .await?
            .queue_bind(queue.into(), exchange.into(), key.into(), options, FieldTable::default())
            .await?;
        Ok(())
    }

    /// Has a transient queue of its own that gets what is published with a key.
    pub async fn watch(&self, exchange: &str, key: &str) -> Result<()> {
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue = self.channel().await?.queue_declare("".into(), options, FieldTable::default()).await?;
        self.bind(queue.name().as_str(), exchange, key).await
    }

    /// Declares a queue with other arguments than it has, which the broker must refuse.
    pub async fn redeclare_otherwise(&self, queue: &str) -> Result<()> {
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("classic".into()));
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        match self.channel().await?.queue_declare(queue.into(), options, arguments).await {
            Err(error) if error.to_string().contains("PRECONDITION") => Ok(()),
            result => bail!("redeclaring {queue} was not refused: {result:?}"),
        }
    }

    /// Whether an exchange exists.
    pub async fn has_exchange(&self, exchange: &str) -> Result<bool> {
        let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let channel = self.channel().await?;
        Ok(channel.exchange_declare(exchange.into(), ExchangeKind::Topic, options, FieldTable::default()).await.is_ok())
    }

    async fn channel(&self) -> Result<Channel> {
        // A refused request ends its channel, so each gets its own.
        Ok(self.connection.create_channel().await?)
    }
}
