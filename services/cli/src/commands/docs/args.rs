//! The arguments of `fabric docs`.

use std::{net::SocketAddr, path::PathBuf};

/// `fabric docs`.
#[derive(Debug, clap::Args)]
pub struct Docs {
    /// Listen here; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090", conflicts_with = "out")]
    pub address: SocketAddr,
    /// Write the page to this file instead, and serve nothing.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
