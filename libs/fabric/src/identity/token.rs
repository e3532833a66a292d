//! Making and checking tokens. The time comes in as an argument; no error quotes anything of a token.

use std::{fmt, time::Duration};

use fabric_core::{Actor, ActorId, Role, TenantId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation, errors::ErrorKind};
use serde_json::{Map, Value, json};

use super::{Identity, KeyError, SigningKey};
use crate::config::Config;

/// Makes and checks tokens with one key.
///
/// ```
/// # use std::time::Duration;
/// use fabric::{Actor, identity::{Identity, SigningKey, TokenError, Tokens}};
///
/// let key = SigningKey::from_hex(&"5e".repeat(32)).ok_or("not a key")?;
/// let tokens = Tokens::new(key, Duration::from_hours(24));
/// let teacher = Identity {
///     tenant: "district-1".parse()?,
///     actor: Actor { id: "t-7".parse()?, role: "teacher".parse()? },
/// };
/// let now = "2026-09-01T08:00:00Z".parse()?;
///
/// let token = tokens.mint(&teacher, Duration::from_hours(1), now)?;
/// assert_eq!(tokens.verify(&token, now)?, teacher);
/// assert_eq!(tokens.verify(&token, "2026-09-01T09:00:00Z".parse()?), Err(TokenError::Expired));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tokens {
    key: SigningKey,
    lifetime_max: Duration,
}

/// Why a token was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// It would be valid for no time, or for longer than tokens may be.
    #[error("a token may be valid for 1 to {} seconds", lifetime_max.as_secs())]
    Lifetime {
        /// The longest that a token may be valid.
        lifetime_max: Duration,
    },
    /// Signing failed, which it cannot do with a key of ours.
    #[error("the token could not be signed")]
    Signing,
}

/// Why a token is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It has not the form of a token.
    #[error("the token is not a JSON Web Token")]
    Malformed,
    /// It is signed in another way, or not at all.
    #[error("the token is not signed with HS256")]
    Algorithm,
    /// It was changed, or signed with another key.
    #[error("the token's signature is wrong")]
    Signature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It claims to be valid for longer than tokens may be.
    #[error("the token is valid for longer than is allowed")]
    LifetimeTooLong,
    /// It does not say something that it must say.
    #[error("the token has no claim {0:?}")]
    MissingClaim(&'static str),
    /// It says something that cannot be.
    #[error("the token's claim {0:?} is not what it must be")]
    InvalidClaim(&'static str),
}

/// Who makes our tokens.
const ISSUER: &str = "fabric";
/// Longer than any token of ours.
const TOKEN_BYTES_MAX: usize = 4096;
/// How far the clocks of two machines may be apart before a new token looks as if it came from the future.
const CLOCK_SKEW_MAX_S: i64 = 60;

impl Tokens {
    /// Tokens that are signed with this key and valid for no longer than `lifetime_max`.
    pub fn new(key: SigningKey, lifetime_max: Duration) -> Self {
        Self { key, lifetime_max }
    }

    /// Tokens as the configuration wants them. Fails when there is no key: see [`SigningKey::for_config`].
    pub fn for_config(config: &Config) -> Result<Self, KeyError> {
        let lifetime_max = Duration::from_hours(config.auth.token_lifetime_max_hours.into());
        Ok(Self::new(SigningKey::for_config(config)?, lifetime_max))
    }

    /// Makes a token that is valid from now on, for `lifetime` in whole seconds.
    pub fn mint(&self, identity: &Identity, lifetime: Duration, now: Timestamp) -> Result<String, MintError> {
        let refused = MintError::Lifetime { lifetime_max: self.lifetime_max };
        if lifetime.as_secs() == 0 || lifetime > self.lifetime_max {
            return Err(refused);
        }
        let seconds = i64::try_from(lifetime.as_secs()).map_err(|_| refused)?;
        let claims = json!({
            "iss": ISSUER,
            "sub": identity.actor.id,
            "tenant": identity.tenant,
            "role": identity.actor.role,
            "iat": now.as_second(),
            "exp": now.as_second().saturating_add(seconds),
        });
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.key.encoding)
            .map_err(|_| MintError::Signing)
    }

    /// Checks a token and says whose it is. It must be signed with HS256 and this key, have the claims `iss`, `sub`, `tenant`, `role`,
    /// `iat` and `exp`, and be valid now; a claim `nbf` is respected, and a claim `aud` means somebody else.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Identity, TokenError> {
        let claims = Claims(self.signed_claims(token)?);
        if claims.text("iss")? != ISSUER {
            return Err(TokenError::InvalidClaim("iss"));
        }
        if claims.0.contains_key("aud") {
            return Err(TokenError::InvalidClaim("aud"));
        }
        self.check_times(&claims, now.as_second())?;
        let actor = Actor {
            id: ActorId::try_new(claims.text("sub")?).map_err(|_| TokenError::InvalidClaim("sub"))?,
            role: Role::try_new(claims.text("role")?).map_err(|_| TokenError::InvalidClaim("role"))?,
        };
        let tenant = TenantId::try_new(claims.text("tenant")?).map_err(|_| TokenError::InvalidClaim("tenant"))?;
        Ok(Identity { tenant, actor })
    }

    /// What the token says, once its signature is known to be ours. Nothing of it is believed here: every claim is looked at by
    /// [`verify`](Self::verify), since the library would ask the system for the time.
    fn signed_claims(&self, token: &str) -> Result<Map<String, Value>, TokenError> {
        if token.len() > TOKEN_BYTES_MAX || token.split('.').count() != 3 {
            return Err(TokenError::Malformed);
        }
        // A header whose algorithm the library does not know, such as `none`, is one that it cannot read.
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Algorithm)?;
        if header.alg != Algorithm::HS256 || header.crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let data =
            jsonwebtoken::decode(token, &self.key.decoding, &validation).map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                _ => TokenError::Malformed,
            })?;
        Ok(data.claims)
    }

    fn check_times(&self, claims: &Claims, now_s: i64) -> Result<(), TokenError> {
        let (issued_s, expires_s) = (claims.seconds("iat")?, claims.seconds("exp")?);
        if expires_s <= now_s {
            return Err(TokenError::Expired);
        }
        let begins_s = if claims.0.contains_key("nbf") { claims.seconds("nbf")?.max(issued_s) } else { issued_s };
        if begins_s > now_s.saturating_add(CLOCK_SKEW_MAX_S) {
            return Err(TokenError::NotYetValid);
        }
        let lifetime_s =
            u64::try_from(expires_s.saturating_sub(issued_s)).map_err(|_| TokenError::InvalidClaim("exp"))?;
        if lifetime_s > self.lifetime_max.as_secs() {
            return Err(TokenError::LifetimeTooLong);
        }
        Ok(())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("key", &self.key).field("lifetime_max", &self.lifetime_max).finish()
    }
}

struct Claims(Map<String, Value>);

impl Claims {
    fn text(&self, name: &'static str) -> Result<&str, TokenError> {
        self.get(name)?.as_str().ok_or(TokenError::InvalidClaim(name))
    }

    /// A time in whole seconds since 1970.
    fn seconds(&self, name: &'static str) -> Result<i64, TokenError> {
        self.get(name)?.as_i64().filter(|seconds| *seconds >= 0).ok_or(TokenError::InvalidClaim(name))
    }

    fn get(&self, name: &'static str) -> Result<&Value, TokenError> {
        self.0.get(name).ok_or(TokenError::MissingClaim(name))
    }
}
