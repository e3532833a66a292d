//! Who is asking: bearer tokens, and the key that signs them.
//!
//! A token says who somebody is, in which role, and for which tenant. It is a JSON Web Token with HMAC-SHA-256, so whoever can
//! check one can make one: the key stays on the servers.
//!
//! | step | item |
//! |---|---|
//! | read the key, or make one | [`SigningKey`] |
//! | make and check tokens | [`Tokens`] |
//! | ask for an identity in an HTTP handler | [`Identity`] as an argument, with a [`Verifier`] as the router's extension |

mod extract;
mod hs256;
mod key;
#[cfg(test)]
mod tests;
mod token;

use fabric_core::{Actor, TenantId};

pub use extract::{Unauthenticated, Verifier};
pub use key::{KeyError, SigningKey};
pub use token::{MintError, TokenError, Tokens};

/// Who is asking, and for which tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The tenant whose data it is about.
    pub tenant: TenantId,
    /// Who, and in which role.
    pub actor: Actor,
}
