//! Identities on the wire: JSON Web Tokens, signed with Ed25519 and nothing else.
//!
//! Header: `alg` EdDSA, `kid` the [`KeyName`]. Claims: `sub`, `org`, `role`, `line` (agents and services of lines),
//! `vendor` (partners), `iat` and `exp` (seconds since 1970), `aud` always `estafeta`.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use ticket::Line;

use crate::{
    identity::{Caller, Role, ServiceName},
    keys::{self, KeyError, KeyName},
};

/// For whom every token is.
const AUDIENCE: &str = "estafeta";

/// The longest token that is looked at, in bytes.
pub const TOKEN_BYTES_MAX: usize = 4 * 1024;

/// The longest subject or vendor in a token, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// By how much the clocks of two machines may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// How often at most an unknown key makes a verifier look into its directory again.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The most tokens that are remembered as good, so that a peer's is not verified anew with each call.
const REMEMBERED_MAX: usize = 1024;

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none, or it is not a Bearer token.
    #[error("there is no token")]
    Missing,
    /// It is longer than [`TOKEN_BYTES_MAX`].
    #[error("the token is too long")]
    TooLong,
    /// It is not a token, or not for this suite.
    #[error("the token cannot be read, or is for somebody else")]
    Malformed,
    /// It is signed in another way than with Ed25519.
    #[error("the token is not signed with Ed25519")]
    Algorithm,
    /// Its `kid` names no key of ours.
    #[error("the token's key is not known here")]
    KeyUnknown,
    /// Its signature is not its key's.
    #[error("the token's signature is wrong")]
    Signature,
    /// Its time has passed, or has not come.
    #[error("the token has expired or is not valid yet")]
    Expired,
    /// Its key may not vouch for such a caller.
    #[error("the token's key may not vouch for this role")]
    KeyMayNot,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    org: String,
    role: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    iat: i64,
    exp: i64,
    aud: String,
}

/// Mints tokens with one private key. Clones share it.
#[derive(Clone)]
pub struct Signer {
    name: KeyName,
    key: Arc<EncodingKey>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.name).finish()
    }
}

impl Signer {
    pub(crate) fn new(name: KeyName, pkcs8_der: &[u8]) -> Self {
        Self { name, key: Arc::new(EncodingKey::from_ed_der(pkcs8_der)) }
    }

    /// The key with which it signs.
    pub fn key(&self) -> KeyName {
        self.name
    }

    /// A token that says that its bearer is `caller`, from `now` for `lifetime`.
    ///
    /// Verifiers refuse it when this key may not vouch for such a caller: `authority` may for everybody but services,
    /// each other key only for its own service.
    pub fn token(&self, caller: &Caller, now: Timestamp, lifetime: SignedDuration) -> SecretString {
        let header = Header { kid: Some(self.name.to_string()), ..Header::new(Algorithm::EdDSA) };
        let Caller { subject, organization, role } = caller;
        let (line, vendor) = match role {
            Role::Agent { line } | Role::Service { name: ServiceName::Line(line) } => (Some(line.to_string()), None),
            Role::Partner { vendor } => (None, Some(vendor.clone())),
            Role::Client
            | Role::Supervisor
            | Role::KnowledgeEditor
            | Role::Administrator
            | Role::Service { name: ServiceName::Gateway } => (None, None),
        };
        let claims = Claims {
            sub: subject.clone(),
            org: organization.to_string(),
            role: role.name().to_owned(),
            line,
            vendor,
            iat: now.as_second(),
            exp: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX).as_second(),
            aud: AUDIENCE.to_owned(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key)
            .expect("texts and numbers always serialize, and the key was read as an Ed25519 key")
            .into()
    }
}

/// Believes tokens of the keys in one directory. Clones share what they know.
#[derive(Clone)]
pub struct Verifier(Arc<Known>);

struct Known {
    dir: PathBuf,
    validation: Validation,
    state: Mutex<Believed>,
}

#[derive(Default)]
struct Believed {
    keys: HashMap<KeyName, DecodingKey>,
    looked: Option<Instant>,
    good: HashMap<String, Good>,
}

#[derive(Clone)]
struct Good {
    caller: Caller,
    from: Timestamp,
    until: Timestamp,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("dir", &self.0.dir).finish_non_exhaustive()
    }
}

impl Verifier {
    pub(crate) fn over(dir: &Path) -> Result<Self, KeyError> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        // Against the caller's `now`, below; the library would ask the machine's clock.
        validation.validate_exp = false;
        let state = Mutex::new(Believed { keys: all(dir)?, ..Believed::default() });
        Ok(Self(Arc::new(Known { dir: dir.to_owned(), validation, state })))
    }

    /// Who bears `token`, at `now`.
    ///
    /// A token of a key that is not known, or whose signature is wrong, makes it look into the directory again, at most
    /// once a second: processes start in any order, and keys are replaced.
    ///
    /// # Errors
    /// When the token is not to be believed.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Caller, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        let remembered = self.state().good.get(token).cloned();
        let good = match remembered {
            Some(good) => good,
            None => {
                let good = match self.check(token) {
                    Err(TokenError::KeyUnknown | TokenError::Signature) if self.look_again() => self.check(token)?,
                    other => other?,
                };
                let mut state = self.state();
                if state.good.len() >= REMEMBERED_MAX {
                    state.good.clear();
                }
                state.good.insert(token.to_owned(), good.clone());
                good
            }
        };
        let late = now.saturating_add(LEEWAY).unwrap_or(Timestamp::MAX);
        let early = now.saturating_sub(LEEWAY).unwrap_or(Timestamp::MIN);
        if late < good.from || good.until <= early {
            return Err(TokenError::Expired);
        }
        Ok(good.caller)
    }

    /// What the token says, if its signature is right and its key may say so; times are not checked.
    fn check(&self, token: &str) -> Result<Good, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::EdDSA {
            return Err(TokenError::Algorithm);
        }
        let name: KeyName = header.kid.ok_or(TokenError::KeyUnknown)?.parse().map_err(|_| TokenError::KeyUnknown)?;
        let key = self.state().keys.get(&name).cloned().ok_or(TokenError::KeyUnknown)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.0.validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::Signature,
                _ => TokenError::Malformed,
            })?
            .claims;
        read(claims, name)
    }

    /// Whether the directory was read again just now.
    fn look_again(&self) -> bool {
        let mut state = self.state();
        if state.looked.is_some_and(|looked| looked.elapsed() < LOOK_EVERY) {
            return false;
        }
        state.looked = Some(Instant::now());
        match all(&self.0.dir) {
            Ok(keys) => {
                state.keys = keys;
                state.good.clear();
                true
            }
            Err(error) => {
                tracing::warn!(%error, "public keys cannot be read; going on with those known");
                false
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, Believed> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every public key in `dir`.
fn all(dir: &Path) -> Result<HashMap<KeyName, DecodingKey>, KeyError> {
    let mut found = HashMap::new();
    for name in KeyName::ALL {
        if let Some(key) = keys::public(dir, name)? {
            found.insert(name, DecodingKey::from_ed_der(key.as_bytes()));
        }
    }
    Ok(found)
}

/// The caller whom `claims` describe, if the key `name` may vouch for such a one.
fn read(claims: Claims, name: KeyName) -> Result<Good, TokenError> {
    let Claims { sub, org, role, line, vendor, iat, exp, aud: _ } = claims;
    let line = line.map(|line| line.parse::<Line>()).transpose().map_err(|_| TokenError::Malformed)?;
    let role = match (role.as_str(), line, vendor) {
        ("client", None, None) => Role::Client,
        ("agent", Some(line), None) => Role::Agent { line },
        ("supervisor", None, None) => Role::Supervisor,
        ("knowledge-editor", None, None) => Role::KnowledgeEditor,
        ("administrator", None, None) => Role::Administrator,
        ("partner", None, Some(vendor)) if is_name(&vendor) => Role::Partner { vendor },
        ("service", Some(line), None) => Role::Service { name: ServiceName::Line(line) },
        ("service", None, None) => Role::Service { name: ServiceName::Gateway },
        _ => return Err(TokenError::Malformed),
    };
    let vouched_by = match &role {
        Role::Service { name } => name.key(),
        Role::Client
        | Role::Agent { .. }
        | Role::Supervisor
        | Role::KnowledgeEditor
        | Role::Administrator
        | Role::Partner { .. } => KeyName::Authority,
    };
    if name != vouched_by {
        return Err(TokenError::KeyMayNot);
    }
    if !is_name(&sub) {
        return Err(TokenError::Malformed);
    }
    let organization = org.parse().map_err(|_| TokenError::Malformed)?;
    let at = |second| Timestamp::from_second(second).map_err(|_| TokenError::Malformed);
    Ok(Good { caller: Caller { subject: sub, organization, role }, from: at(iat)?, until: at(exp)? })
}

fn is_name(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && !text.contains(char::is_control)
}
