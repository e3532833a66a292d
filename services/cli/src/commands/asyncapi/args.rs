//! The arguments of `fabric asyncapi`.

/// `fabric asyncapi`.
#[derive(Debug, clap::Args)]
pub struct Asyncapi {
    /// Describe only these services.
    #[arg(long, visible_alias = "service", value_delimiter = ',', value_name = "NAMES")]
    pub services: Vec<String>,
    /// Describe every event of the catalogue, not only those that the services publish or receive.
    #[arg(long)]
    pub catalogue: bool,
}
