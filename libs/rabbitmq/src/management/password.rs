//! Passwords for the broker's users: made at random, and hashed as the broker keeps them, so that a file of definitions has no
//! password in it.

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// How many random bytes a password has; nobody has to type it.
const PASSWORD_BYTES: usize = 32;

/// What the broker calls the way in which [`hash`] works.
pub(super) const ALGORITHM: &str = "rabbit_password_hashing_sha256";

/// The machine gives no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no random numbers: {0}")]
pub struct NoRandomness(getrandom::Error);

/// A new password: 32 random bytes as 64 hexadecimal digits, which need no escape in any URL.
pub fn random() -> Result<SecretString, NoRandomness> {
    let mut bytes = [0; PASSWORD_BYTES];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16);
    Ok(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect::<String>().into())
}

/// A new salt for [`hash`].
pub fn random_salt() -> Result<[u8; 4], NoRandomness> {
    let mut salt = [0; 4];
    getrandom::fill(&mut salt).map_err(NoRandomness)?;
    Ok(salt)
}

/// A password's hash in the broker's own form `rabbit_password_hashing_sha256`: the salt and the SHA-256 of salt and password, as
/// base64.
///
/// ```
/// use fabric_rabbitmq::management::password;
///
/// assert_eq!(password::hash("test12", [0x90, 0x8d, 0xc6, 0x0a]), "kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");
/// ```
pub fn hash(password: &str, salt: [u8; 4]) -> String {
    let digest = Sha256::new().chain_update(salt).chain_update(password).finalize();
    BASE64_STANDARD.encode([&salt[..], &digest].concat())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn passwords_are_long_and_differ() {
        let [one, two] = [random().unwrap(), random().unwrap()];
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(one.expose_secret().len(), 64);
        assert!(one.expose_secret().chars().all(|digit| digit.is_ascii_hexdigit()));
        assert!(!format!("{one:?}").contains(one.expose_secret()));
    }

    #[test]
    fn a_hash_depends_on_password_and_salt() {
        let salt = random_salt().unwrap();
        let other = salt.map(|byte| !byte);
        assert_eq!(hash("a", salt), hash("a", salt));
        assert_ne!(hash("a", salt), hash("b", salt));
        assert_ne!(hash("a", salt), hash("a", other));
        assert_eq!(hash("", salt).len(), 48);
    }
}
