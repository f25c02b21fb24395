//! Where the bytes are: a directory of files that are called by their SHA-256.
//!
//! `DIR/ORGANIZATION/ab/cdef…` holds what is whole, `DIR/ORGANIZATION/unfinished/att_…` what still comes in. A file gets its
//! address by a hard link when it is whole and on the disk, so that at every instant it is there whole or not at all; its
//! unfinished name goes when the tables know of it. Replicas share the directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use ticket::{AttachmentId, OrganizationId};

use crate::digest::Digest;
use crate::kind::HEAD_BYTES;

/// For how long what still comes in is waited for.
pub const UNFINISHED_HOURS: i64 = 24;

const UNFINISHED: &str = "unfinished";

/// How much is read at once.
const READ_BYTES: usize = 512 * 1024;

/// What can go wrong with the bytes.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk failed, or is full.
    #[error("the directory of attachments: {0}")]
    Disk(#[from] io::Error),
    /// Less is there than was said.
    #[error("{there} bytes came, and {said} were announced")]
    Short {
        /// So much is there.
        there: u64,
        /// So much was said.
        said: u64,
    },
    /// What is there is not what was put there, or it is gone.
    #[error("the content of {0} is damaged or gone")]
    Damaged(Digest),
}

/// The directory of all attachments. Clones are the same.
#[derive(Debug, Clone)]
pub struct Vault(Arc<PathBuf>);

/// A file that came in whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its address.
    pub sha256: Digest,
    /// Its first bytes, up to [`HEAD_BYTES`].
    pub head: Vec<u8>,
}

impl Vault {
    /// The vault in `dir`, which is made when the first file comes.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self(Arc::new(dir))
    }

    fn unfinished(&self, organization: &OrganizationId, id: AttachmentId) -> PathBuf {
        self.0.join(organization.as_str()).join(UNFINISHED).join(id.to_string())
    }

    fn place(&self, organization: &OrganizationId, sha256: &Digest) -> PathBuf {
        let (shelf, rest) = sha256.as_str().split_at(2);
        self.0.join(organization.as_str()).join(shelf).join(rest)
    }

    /// Puts `data` at `offset` of what comes in as `id`; it is on the disk then.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub async fn put(
        &self,
        organization: &OrganizationId,
        id: AttachmentId,
        offset: u64,
        data: Vec<u8>,
    ) -> Result<(), VaultError> {
        let path = self.unfinished(organization, id);
        blocking(move || {
            make_parent(&path)?;
            let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(&data)?;
            file.sync_data()?;
            if offset == 0 {
                sync_parent(&path)?;
            }
            Ok(())
        })
        .await
    }

    /// Reckons the address of what came in as `id`, which has `bytes`; anything behind them was never acknowledged.
    ///
    /// # Errors
    /// [`VaultError::Short`], or what the disk says.
    pub async fn seal(
        &self,
        organization: &OrganizationId,
        id: AttachmentId,
        bytes: u64,
    ) -> Result<Sealed, VaultError> {
        let path = self.unfinished(organization, id);
        blocking(move || {
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(VaultError::Short { there: 0, said: bytes });
                }
                Err(error) => return Err(error.into()),
            };
            let there = file.metadata()?.len();
            if there < bytes {
                return Err(VaultError::Short { there, said: bytes });
            }
            if there > bytes {
                file.set_len(bytes)?;
                file.sync_all()?;
            }
            let (mut reader, mut hasher, mut head) = (file, Sha256::new(), Vec::new());
            let mut buffer = vec![0; READ_BYTES];
            loop {
                let read = reader.read(&mut buffer)?;
                if read == 0 {
                    return Ok(Sealed { sha256: Digest::of(hasher), head });
                }
                hasher.update(&buffer[..read]);
                let room = HEAD_BYTES.saturating_sub(head.len()).min(read);
                head.extend_from_slice(&buffer[..room]);
            }
        })
        .await
    }

    /// Gives what came in as `id` its address. Where the same is kept already, it costs nothing.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn keep(
        &self,
        organization: &OrganizationId,
        id: AttachmentId,
        sha256: &Digest,
    ) -> Result<(), VaultError> {
        let (from, to) = (self.unfinished(organization, id), self.place(organization, sha256));
        blocking(move || {
            make_parent(&to)?;
            match fs::hard_link(&from, &to) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    // One that a broken disk cut off is mended by the next who brings it.
                    if fs::metadata(&to)?.len() != fs::metadata(&from)?.len() {
                        fs::rename(&from, &to)?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
            Ok(sync_parent(&to)?)
        })
        .await
    }

    /// Lets go of what came in as `id`, if anything did.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn forget(&self, organization: &OrganizationId, id: AttachmentId) -> Result<(), VaultError> {
        let path = self.unfinished(organization, id);
        blocking(move || match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        })
        .await
    }

    /// Whether the vault has a whole file with this address and length.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn has(&self, organization: &OrganizationId, sha256: &Digest, bytes: u64) -> Result<bool, VaultError> {
        let path = self.place(organization, sha256);
        blocking(move || match fs::metadata(&path) {
            Ok(found) => Ok(found.len() == bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// What is kept at an address, as if it came in.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when nothing is, or what the disk says.
    pub async fn known(&self, organization: &OrganizationId, sha256: &Digest) -> Result<Sealed, VaultError> {
        let Content { file, sha256, .. } = self.open(organization, sha256).await?;
        blocking(move || {
            let mut head = Vec::new();
            file.take(u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX)).read_to_end(&mut head)?;
            Ok(Sealed { sha256, head })
        })
        .await
    }

    /// The content at an address.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] when there is none, or what the disk says.
    pub async fn open(&self, organization: &OrganizationId, sha256: &Digest) -> Result<Content, VaultError> {
        let (path, sha256) = (self.place(organization, sha256), sha256.clone());
        blocking(move || match File::open(&path) {
            Ok(file) => Ok(Content { file, sha256, hasher: Sha256::new(), ahead: None }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(VaultError::Damaged(sha256)),
            Err(error) => Err(error.into()),
        })
        .await
    }

    /// Removes what began to come in too long before `now`, of every organization, and returns how many those were.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn sweep(&self, now: Timestamp) -> Result<u64, VaultError> {
        let dir = self.0.clone();
        let oldest = now.saturating_sub(SignedDuration::from_hours(UNFINISHED_HOURS)).unwrap_or(Timestamp::MIN);
        blocking(move || {
            let mut swept = 0;
            for organization in entries(&dir)? {
                for path in entries(&organization.join(UNFINISHED))? {
                    // The name says when it began, so that a copied directory keeps its ages.
                    let id = path.file_name().and_then(|name| name.to_str()?.parse::<AttachmentId>().ok());
                    if id.is_some_and(|id| id.began() < oldest) {
                        fs::remove_file(&path)?;
                        swept += 1;
                    }
                }
            }
            Ok(swept)
        })
        .await
    }
}

/// A file that is being read, and checked as it goes.
#[derive(Debug)]
pub struct Content {
    file: File,
    sha256: Digest,
    hasher: Sha256,
    /// Read, and not yet given away.
    ahead: Option<Vec<u8>>,
}

impl Content {
    /// The next bytes, with the reader of those after them; none at the end. The last ones are given away only when all
    /// of it was what its address says.
    ///
    /// # Errors
    /// [`VaultError::Damaged`], or what the disk says.
    pub async fn next(mut self) -> Result<Option<(Vec<u8>, Self)>, VaultError> {
        blocking(move || {
            loop {
                let mut chunk = Vec::with_capacity(READ_BYTES);
                let limit = u64::try_from(READ_BYTES).unwrap_or(u64::MAX);
                (&self.file).take(limit).read_to_end(&mut chunk)?;
                if chunk.is_empty() {
                    let found = Digest::of(std::mem::take(&mut self.hasher));
                    let Some(last) = self.ahead.take() else { return Ok(None) };
                    if found != self.sha256 {
                        return Err(VaultError::Damaged(self.sha256));
                    }
                    return Ok(Some((last, self)));
                }
                self.hasher.update(&chunk);
                if let Some(before) = self.ahead.replace(chunk) {
                    return Ok(Some((before, self)));
                }
            }
        })
        .await
    }
}

/// The paths in `dir`; none where it is not, or is no directory.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(all) => all.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(vec![]),
        Err(error) => Err(error),
    }
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// A name is on the disk only when its directory is.
fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

/// Disks block; the threads of the runtime do not wait for them.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    match tokio::task::spawn_blocking(job).await {
        Ok(done) => done,
        Err(error) => Err(VaultError::Disk(io::Error::other(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(at: &str) -> AttachmentId {
        let ticket = "tkt_0190f3f2a1b27c3d8e4f5a6b7c8d9e0f".parse().unwrap();
        AttachmentId::of(ticket, "anna", &"r".parse().unwrap(), at.parse().unwrap())
    }

    async fn put(vault: &Vault, organization: &OrganizationId, id: AttachmentId, data: &[u8]) -> Digest {
        vault.put(organization, id, 0, data.to_vec()).await.unwrap();
        let sealed = vault.seal(organization, id, data.len().try_into().unwrap()).await.unwrap();
        vault.keep(organization, id, &sealed.sha256).await.unwrap();
        vault.forget(organization, id).await.unwrap();
        sealed.sha256
    }

    async fn all(mut content: Content) -> Result<Vec<u8>, VaultError> {
        let mut read = Vec::new();
        while let Some((chunk, rest)) = content.next().await? {
            read.extend(chunk);
            content = rest;
        }
        Ok(read)
    }

    #[tokio::test]
    async fn what_was_put_in_parts_is_read_whole_and_the_same_again_costs_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, acme) = (Vault::new(dir.path().into()), "acme".parse().unwrap());
        let data: Vec<u8> = (0..READ_BYTES * 2 + 7).map(|n| u8::try_from(n % 251).unwrap()).collect();
        let one = id("2026-09-14T09:00:00Z");
        // Never acknowledged, and written over or cut off.
        vault.put(&acme, one, 10, vec![7; data.len()]).await.unwrap();
        vault.put(&acme, one, 0, data[..1000].to_vec()).await.unwrap();
        vault.put(&acme, one, 1000, data[1000..].to_vec()).await.unwrap();
        let sealed = vault.seal(&acme, one, data.len().try_into().unwrap()).await.unwrap();
        assert_eq!(sealed.head, data[..HEAD_BYTES]);
        // A crash in between leaves all as it was: both steps can be repeated.
        vault.keep(&acme, one, &sealed.sha256).await.unwrap();
        vault.keep(&acme, one, &sealed.sha256).await.unwrap();
        vault.forget(&acme, one).await.unwrap();
        assert_eq!(all(vault.open(&acme, &sealed.sha256).await.unwrap()).await.unwrap(), data);

        let again = put(&vault, &acme, id("2026-09-14T09:00:01Z"), &data).await;
        assert_eq!(again, sealed.sha256);
        let files = fs::read_dir(vault.place(&acme, &again).parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "one content, one file");
        let other = "other".parse().unwrap();
        assert!(!vault.has(&other, &again, data.len().try_into().unwrap()).await.unwrap(), "organizations are apart");
    }

    #[tokio::test]
    async fn a_damaged_file_is_never_given_away_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, acme) = (Vault::new(dir.path().into()), "acme".parse().unwrap());
        let sha256 = put(&vault, &acme, id("2026-09-14T09:00:00Z"), b"what was said").await;
        fs::write(vault.place(&acme, &sha256), b"what was sold").unwrap();
        assert!(matches!(all(vault.open(&acme, &sha256).await.unwrap()).await, Err(VaultError::Damaged(_))));
        fs::remove_file(vault.place(&acme, &sha256)).unwrap();
        assert!(matches!(vault.open(&acme, &sha256).await, Err(VaultError::Damaged(_))));
    }

    #[tokio::test]
    async fn what_nobody_finishes_is_swept_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, acme) = (Vault::new(dir.path().into()), "acme".parse().unwrap());
        let (old, young) = (id("2026-09-14T09:00:00Z"), id("2026-09-14T20:00:00Z"));
        vault.put(&acme, old, 0, b"one".to_vec()).await.unwrap();
        vault.put(&acme, young, 0, b"two".to_vec()).await.unwrap();
        let kept = put(&vault, &acme, id("2026-01-01T00:00:00Z"), b"whole").await;
        assert_eq!(vault.sweep("2026-09-15T09:00:00Z".parse().unwrap()).await.unwrap(), 0);
        assert_eq!(vault.sweep("2026-09-15T09:00:01Z".parse().unwrap()).await.unwrap(), 1);
        assert!(matches!(vault.seal(&acme, old, 3).await, Err(VaultError::Short { there: 0, said: 3 })));
        assert_eq!(vault.seal(&acme, young, 3).await.unwrap().head, b"two");
        assert!(vault.has(&acme, &kept, 5).await.unwrap(), "what is whole is never swept");
    }
}
