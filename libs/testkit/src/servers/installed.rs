//! Which servers this machine has, and what a test does where one is missing.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context, Result, bail};

/// A server that the testkit can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The broker.
    RabbitMq,
    /// The cache.
    Redis,
    /// The event log.
    Postgres,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RabbitMq => "rabbitmq-server",
            Self::Redis => "redis-server",
            Self::Postgres => "postgresql",
        })
    }
}

/// The binaries found on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Availability {
    /// The folder with `rabbitmq-server` and `rabbitmqctl`; the scripts themselves, not Debian's wrapper around them,
    /// which insists on switching to the user `rabbitmq`. `FABRIC_RABBITMQ_BIN` names another one, to test with another version.
    pub rabbitmq: Option<PathBuf>,
    /// The program `redis-server`.
    pub redis: Option<PathBuf>,
    /// The folder with `initdb`, `postgres` and `psql`, of the newest version.
    pub postgres: Option<PathBuf>,
}

impl Availability {
    /// Where a server's binaries are, if it is installed.
    pub fn of(&self, server: Server) -> Option<&Path> {
        match server {
            Server::RabbitMq => self.rabbitmq.as_deref(),
            Server::Redis => self.redis.as_deref(),
            Server::Postgres => self.postgres.as_deref(),
        }
    }
}

/// Looks for the servers' binaries, once per process.
pub fn available() -> &'static Availability {
    static FOUND: LazyLock<Availability> = LazyLock::new(|| Availability {
        rabbitmq: rabbitmq_scripts(),
        redis: on_path("redis-server"),
        postgres: postgres_programs(),
    });
    &FOUND
}

/// Whether a test that needs `servers` can run here. Where one is missing it prints `skipped: … is not installed` and
/// answers `false`, but with `FABRIC_REQUIRE_SERVERS=1` in the environment that is an error.
///
/// ```
/// use fabric_testkit::servers::{Server, require};
///
/// fn test() -> anyhow::Result<()> {
///     if !require(&[Server::RabbitMq, Server::Redis])? {
///         return Ok(());
///     }
///     Ok(()) // here both can be started
/// }
/// ```
pub fn require(servers: &[Server]) -> Result<bool> {
    let insisted = std::env::var_os("FABRIC_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    let Some(missing) = missing(available(), servers, insisted)? else { return Ok(true) };
    // Written to the stream itself, because what a passing test prints is kept back.
    writeln!(std::io::stderr(), "skipped: {missing} is not installed")?;
    Ok(false)
}

/// The first of `servers` that is not there, which is an error if somebody insists.
fn missing(available: &Availability, servers: &[Server], insisted: bool) -> Result<Option<Server>> {
    let missing = servers.iter().copied().find(|server| available.of(*server).is_none());
    match missing {
        Some(server) if insisted => bail!("{server} is not installed, and FABRIC_REQUIRE_SERVERS=1 asks for it"),
        missing => Ok(missing),
    }
}

/// Where a server's binaries are, or the error that it is not installed.
pub(super) fn installed(server: Server) -> Result<&'static Path> {
    available().of(server).with_context(|| format!("{server} is not installed"))
}

fn rabbitmq_scripts() -> Option<PathBuf> {
    let named = std::env::var_os("FABRIC_RABBITMQ_BIN").map(PathBuf::from);
    let usual = ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin"].into_iter().map(PathBuf::from);
    named
        .into_iter()
        .chain(usual)
        .chain(subfolders("/usr/lib/rabbitmq/lib", "sbin"))
        .find(|folder| has_all(folder, &["rabbitmq-server", "rabbitmqctl"]))
}

fn postgres_programs() -> Option<PathBuf> {
    subfolders("/usr/lib/postgresql", "bin")
        .into_iter()
        .chain(on_path("initdb").and_then(|program| program.parent().map(Path::to_owned)))
        .find(|folder| has_all(folder, &["initdb", "postgres", "psql"]))
}

/// `{parent}/*/{name}`, the highest version first.
fn subfolders(parent: &str, name: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.into_iter().map(|folder| folder.join(name)).collect()
}

/// The numbers in a folder's name: `rabbitmq_server-3.10.8` is `[3, 10, 8]`.
fn version(folder: &Path) -> Vec<u32> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/bin", "/usr/bin", "/usr/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|program| program.is_file())
}

fn has_all(folder: &Path, programs: &[&str]) -> bool {
    programs.iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let newest = ["/x/9", "/x/15", "/x/rabbitmq_server-3.10.8"].map(|folder| version(Path::new(folder)));
        assert_eq!(newest, [vec![9], vec![15], vec![3, 10, 8]]);
        assert!(version(Path::new("/x/15")) > version(Path::new("/x/9")));
    }

    #[test]
    fn a_missing_server_is_named_or_refused() {
        let available = Availability { redis: Some("/usr/bin/redis-server".into()), ..Availability::default() };
        assert_eq!(missing(&available, &[Server::Redis], true).unwrap(), None);
        let both = [Server::Redis, Server::RabbitMq];
        assert_eq!(missing(&available, &both, false).unwrap(), Some(Server::RabbitMq));
        let error = missing(&available, &both, true).unwrap_err();
        assert_eq!(error.to_string(), "rabbitmq-server is not installed, and FABRIC_REQUIRE_SERVERS=1 asks for it");
    }
}
