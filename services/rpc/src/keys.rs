//! The keys that vouch for identities: files in one directory, made at the first start.
//!
//! Each party that mints tokens has a key pair of its own, so that a service that is taken over can speak for itself
//! and for nobody else: `authority` vouches for people and partners, `line0` to `line4` and `gateway` each for that one
//! service. `<name>.pem` is private and stays where it was made; `<name>.pub.pem` goes to whoever is to believe it.
//! Whoever may write in the directory decides who is believed, so the directory is ours alone.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding},
};
use rand::{TryRng, rngs::SysRng};
use ticket::Line;

use crate::token::{Signer, Verifier};

/// The longest key file that is read, in bytes; real ones have some 200.
const KEY_FILE_BYTES_MAX: u64 = 4 * 1024;

/// Who mints with a key; also the `kid` in the header of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyName {
    /// Signs people and partners in.
    Authority,
    /// The service of a line, for itself.
    Line(Line),
    /// The gateway, for itself.
    Gateway,
}

impl KeyName {
    /// Every key of an installation.
    pub const ALL: [Self; 7] = [
        Self::Authority,
        Self::Line(Line::SelfService),
        Self::Line(Line::ServiceDesk),
        Self::Line(Line::Technical),
        Self::Line(Line::Expert),
        Self::Line(Line::Vendor),
        Self::Gateway,
    ];

    /// Its name in tokens and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Line(Line::SelfService) => "line0",
            Self::Line(Line::ServiceDesk) => "line1",
            Self::Line(Line::Technical) => "line2",
            Self::Line(Line::Expert) => "line3",
            Self::Line(Line::Vendor) => "line4",
            Self::Gateway => "gateway",
        }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a key; the keys are authority, line0 to line4, gateway")]
pub struct NotAKey(String);

impl FromStr for KeyName {
    type Err = NotAKey;

    fn from_str(given: &str) -> Result<Self, NotAKey> {
        Self::ALL.into_iter().find(|key| key.name() == given).ok_or_else(|| NotAKey(given.to_owned()))
    }
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The operating system refused.
    #[error("cannot {action} {} ({reason})", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        reason: io::Error,
    },
    /// Somebody else may read a private key.
    #[error("{} can be read by others (mode {mode:03o}); its secret may be out, so remove it and its .pub.pem and start again, or `chmod 600` it if you are sure", path.display())]
    Exposed {
        /// The private key's file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else may put keys in the directory.
    #[error("others may write in {} (mode {mode:03o}) and so decide who is believed; `chmod 700` it", path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file does not hold a key.
    #[error("{} holds no Ed25519 key in PEM (PKCS#8 for private, SPKI for public); restore it or remove it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// The operating system gives no random numbers.
    #[error("cannot make a key: the operating system gives no random numbers ({0})")]
    Chance(rand::rngs::SysError),
    /// A signer was asked for that this process did not open.
    #[error("this process did not open the key `{0}`; name it among its own keys")]
    NotOwn(KeyName),
}

/// The keys of one process. Clones share everything.
#[derive(Clone)]
pub struct Keys {
    signers: Arc<[(KeyName, Signer)]>,
    verifier: Verifier,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("own", &self.signers.iter().map(|(name, _)| name).collect::<Vec<_>>()).finish()
    }
}

impl Keys {
    /// Opens the directory `dir` (mode 0700 when made) and the private keys `own` in it, making those that are missing
    /// (mode 0600) with their public ones beside them. Several processes may do so at once: the first key stays.
    ///
    /// # Errors
    /// When a file cannot be made or read, holds no key, or is open to others.
    pub fn open(dir: &Path, own: &[KeyName]) -> Result<Self, KeyError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed("create", dir))?;
        let mode = fs::metadata(dir).map_err(failed("read", dir))?.permissions().mode() & 0o777;
        if mode & 0o022 != 0 {
            return Err(KeyError::Open { path: dir.to_owned(), mode });
        }
        let mut signers = Vec::new();
        for name in own {
            let key = private(dir, *name)?;
            publish(dir, *name, &key)?;
            let der = key.to_pkcs8_der().map_err(|_| KeyError::Unreadable { path: private_path(dir, *name) })?;
            signers.push((*name, Signer::new(*name, der.as_bytes())));
        }
        Ok(Self { signers: signers.into(), verifier: Verifier::over(dir)? })
    }

    /// What mints tokens with the key `name`.
    ///
    /// # Errors
    /// When `name` was not among those opened.
    pub fn signer(&self, name: KeyName) -> Result<Signer, KeyError> {
        let found = self.signers.iter().find(|(own, _)| *own == name);
        found.map(|(_, signer)| signer.clone()).ok_or(KeyError::NotOwn(name))
    }

    /// What believes tokens: those of every public key in the directory, now and later.
    pub fn verifier(&self) -> Verifier {
        self.verifier.clone()
    }
}

fn private_path(dir: &Path, name: KeyName) -> PathBuf {
    dir.join(format!("{name}.pem"))
}

fn public_path(dir: &Path, name: KeyName) -> PathBuf {
    dir.join(format!("{name}.pub.pem"))
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> KeyError + use<'a> {
    move |reason| KeyError::File { action, path: path.to_owned(), reason }
}

/// The private key `name`, made now if there is none.
fn private(dir: &Path, name: KeyName) -> Result<SigningKey, KeyError> {
    let path = private_path(dir, name);
    if !path.try_exists().map_err(failed("read", &path))? {
        let mut seed = [0; 32];
        SysRng.try_fill_bytes(&mut seed).map_err(KeyError::Chance)?;
        let made = SigningKey::from_bytes(&seed);
        let pem = made.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Unreadable { path: path.clone() })?;
        let whole = written(dir, name, 0o600, pem.as_bytes())?;
        // A link, unlike a rename, leaves a key alone that another process made first; and it appears whole.
        let linked = fs::hard_link(&whole, &path);
        fs::remove_file(&whole).map_err(failed("remove", &whole))?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed("create", &path)(error)),
            Ok(()) | Err(_) => {}
        }
    }
    let (text, mode) = read(&path)?;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed { path, mode });
    }
    SigningKey::from_pkcs8_pem(&text).map_err(|_| KeyError::Unreadable { path })
}

/// Puts the public half beside the private one.
fn publish(dir: &Path, name: KeyName, key: &SigningKey) -> Result<(), KeyError> {
    let path = public_path(dir, name);
    let wanted = key.verifying_key();
    if public(dir, name).is_ok_and(|there| there == Some(wanted)) {
        return Ok(());
    }
    let pem = wanted.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Unreadable { path: path.clone() })?;
    let whole = written(dir, name, 0o644, pem.as_bytes())?;
    fs::rename(&whole, &path).map_err(failed("create", &path))
}

/// The public key `name`, if it is there.
pub(crate) fn public(dir: &Path, name: KeyName) -> Result<Option<VerifyingKey>, KeyError> {
    let path = public_path(dir, name);
    match read(&path) {
        Ok((text, _)) => VerifyingKey::from_public_key_pem(&text).map(Some).map_err(|_| KeyError::Unreadable { path }),
        Err(KeyError::File { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A new file of some name in `dir` that holds `content`, on disk.
fn written(dir: &Path, name: KeyName, mode: u32, content: &[u8]) -> Result<PathBuf, KeyError> {
    let mut nonce = [0; 8];
    SysRng.try_fill_bytes(&mut nonce).map_err(KeyError::Chance)?;
    let path = dir.join(format!(".{name}.{:016x}", u64::from_ne_bytes(nonce)));
    let mut file: File =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).map_err(failed("create", &path))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(failed("write", &path))?;
    Ok(path)
}

/// The text of a key file and its permission bits.
fn read(path: &Path) -> Result<(String, u32), KeyError> {
    let file = File::open(path).map_err(failed("read", path))?;
    let mode = file.metadata().map_err(failed("read", path))?.permissions().mode() & 0o777;
    let mut text = String::new();
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed("read", path))?;
    Ok((text, mode))
}
