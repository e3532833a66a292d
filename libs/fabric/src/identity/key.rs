//! The key that signs tokens, and the file that it lives in.

use std::{
    fmt, fs,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use jsonwebtoken::{DecodingKey, EncodingKey};
use uuid::Uuid;

use super::hs256;
use crate::config::Config;

/// The key that signs tokens. Its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct SigningKey {
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read, or not be made.
    #[error("the key file {} cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// Others on this machine could read the key, or change it.
    #[error("the key file {} is open to others: do `chmod 600` on it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// What is in the file is not a key.
    #[error("the key file {} must hold {DIGITS_MIN} to {DIGITS_MAX} hexadecimal digits, an even number, and nothing else", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The system gave no random numbers.
    #[error("the system gave no random numbers for a new key: {0}")]
    Random(getrandom::Error),
}

/// 256 bits: what HMAC-SHA-256 can use at all.
const DIGITS_MIN: usize = 64;
const DIGITS_MAX: usize = 1024;

impl SigningKey {
    /// The key that the configuration names. A key file that is named must be there; only the one in the data folder is made when it
    /// is missing, since services that each made a key of their own would refuse one another's tokens.
    pub fn for_config(config: &Config) -> Result<Self, KeyError> {
        let path = config.key_file();
        if config.auth.key_file.as_os_str().is_empty() { Self::load_or_create(&path) } else { Self::load(&path) }
    }

    /// Reads the key, or makes one when there is no file: 64 hexadecimal digits from the system's random numbers, for its owner only.
    /// Several processes may start at once: they get the same key.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path)?;
                Self::load(path)
            }
            result => result,
        }
    }

    /// Reads the key: hexadecimal digits, with white space around them or not. A file that group or others may use is refused, unless
    /// nobody may write it, as container secrets are.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            if mode & 0o222 != 0 {
                return Err(KeyError::Open { path: path.to_owned() });
            }
            tracing::warn!(path = %path.display(), "others can read the key file; that is right for a container's secret only");
        }
        let mut text = String::new();
        // A few bytes more than the longest key, so that a longer one is not taken for a key.
        file.take(DIGITS_MAX as u64 + 16).read_to_string(&mut text).map_err(failed)?;
        Self::from_hex(text.trim()).ok_or_else(|| KeyError::NotAKey { path: path.to_owned() })
    }

    /// A key from hexadecimal digits. None when they are none, or too few, or too many.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let is_key = (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && digits.len().is_multiple_of(2);
        let nibble = |digit: &u8| char::from(*digit).to_digit(16).and_then(|nibble| u8::try_from(nibble).ok());
        let nibbles: Vec<u8> = digits.bytes().map(|digit| nibble(&digit)).collect::<Option<_>>().filter(|_| is_key)?;
        let (pairs, _) = nibbles.as_chunks();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| (high << 4) | low).collect();
        hs256::install();
        Some(Self { encoding: EncodingKey::from_secret(&bytes), decoding: DecodingKey::from_secret(&bytes) })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(***)")
    }
}

/// Makes a key file. Another process may do the same: the file gets its name when it is complete, and the first one stays.
fn create(path: &Path) -> Result<(), KeyError> {
    let mut key = [0_u8; DIGITS_MIN / 2];
    getrandom::fill(&mut key).map_err(KeyError::Random)?;
    let digits: String = key
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(nibble.into(), 16))
        .collect();
    let draft = path.with_extension(format!("{}.new", Uuid::now_v7()));
    let made = write(&draft, &digits).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    });
    let cleaned = fs::remove_file(&draft);
    made.and(cleaned).map_err(|source| KeyError::File { path: path.to_owned(), source })
}

fn write(path: &Path, digits: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(digits.as_bytes())?;
    file.sync_all()
}
