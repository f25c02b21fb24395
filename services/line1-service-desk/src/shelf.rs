//! The files of a ticket, as the tables know them: what is kept, and what still comes in.

use attachments::{Digest, UNFINISHED_HOURS, kind};
use handover::wire::instant;
use handover::{Change, Desk, Refused};
use jiff::{SignedDuration, Timestamp};
use plan::AttachmentRules;
use proto::errors::Reason;
use proto::line1 as wire;
use rpc::{Caller, Problem, Role};
use serde::{Deserialize, Serialize};
use store::Version;
use ticket::{AttachmentId, OrganizationId, TicketId};

/// A ticket with more files is an archive.
pub(crate) const FILES_MAX: usize = 100;

/// So many files of one ticket may come in at once.
pub(crate) const UPLOADS_MAX: usize = 20;

/// The longest part; it must fit into what the gateway takes, as JSON too.
pub(crate) const PART_BYTES_MAX: usize = 512 * 1024;

/// The kind of the documents, one for each ticket.
const DOCUMENT: &str = "attachments";

/// The files of a ticket.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shelf {
    /// In the order in which they were put there.
    pub(crate) files: Vec<Kept>,
    pub(crate) uploads: Vec<Upload>,
}

/// A file that is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) id: AttachmentId,
    pub(crate) sha256: Digest,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: u64,
    /// Who brought it.
    pub(crate) by: Owner,
    /// Whether the client was shown it.
    pub(crate) is_shared: bool,
    pub(crate) at: Timestamp,
}

/// A file that comes in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: AttachmentId,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: u64,
    /// What it shall come to, where that was said.
    pub(crate) sha256: Option<Digest>,
    /// Its content was there before, so that nothing is sent.
    pub(crate) is_known: bool,
    /// What was acknowledged.
    pub(crate) received: u64,
    pub(crate) by: Owner,
}

/// Who brings a file; nobody else goes on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) subject: String,
    pub(crate) is_client: bool,
}

impl Owner {
    pub(crate) fn of(caller: &Caller) -> Self {
        Self { subject: caller.subject.clone(), is_client: caller.role == Role::Client }
    }
}

impl Upload {
    /// When it is given up.
    pub(crate) fn until(&self) -> Timestamp {
        self.id.began().saturating_add(SignedDuration::from_hours(UNFINISHED_HOURS)).unwrap_or(Timestamp::MAX)
    }

    /// Refuses a content that is not what was announced.
    pub(crate) fn check(&self, sha256: &Digest, head: &[u8]) -> Result<(), Refused> {
        if self.sha256.as_ref().is_some_and(|said| said != sha256) {
            return Err(self.mismatch(format!("its SHA-256 is {sha256}")));
        }
        if !kind::fits(&self.media_type, head) {
            let found = kind::by_signature(head).first().map_or("no such file", |found| found);
            return Err(wrong_type(&self.media_type, format!("its content is {found}")));
        }
        Ok(())
    }

    pub(crate) fn mismatch(&self, why: String) -> Refused {
        Refused::Own(Box::new(AttachmentProblem::Mismatch { id: self.id, received: self.received, why }))
    }
}

impl Shelf {
    /// As it stands now.
    pub(crate) async fn of(desk: &Desk, organization: &OrganizationId, id: TicketId) -> Result<Self, Refused> {
        let found = desk.store().document(organization, DOCUMENT, &id.to_string()).await?;
        Ok(found.map(|(shelf, _)| shelf).unwrap_or_default())
    }

    /// To be changed.
    pub(crate) async fn in_change(change: &Change<'_>, id: TicketId) -> Result<(Self, Option<Version>), Refused> {
        let found = change.work.document(change.organization(), DOCUMENT, &id.to_string()).await?;
        Ok(found.map_or_else(Default::default, |(shelf, version)| (shelf, Some(version))))
    }

    pub(crate) async fn put(&self, change: &Change<'_>, id: TicketId, read: Option<Version>) -> Result<(), Refused> {
        change.work.put_document(change.organization(), DOCUMENT, &id.to_string(), self, read).await?;
        Ok(())
    }

    pub(crate) fn kept(&self, id: AttachmentId) -> Option<&Kept> {
        self.files.iter().find(|kept| kept.id == id)
    }

    /// What `owner` brings as `id`, unless it was given up.
    pub(crate) fn upload(&mut self, id: AttachmentId, owner: &Owner, now: Timestamp) -> Result<&mut Upload, Refused> {
        let found = self.uploads.iter_mut().find(|upload| upload.id == id && upload.by == *owner);
        found.filter(|upload| now <= upload.until()).ok_or_else(|| not_found(id))
    }

    /// Refuses a file of `bytes` that would be one too many, or too much.
    pub(crate) fn has_room(&self, bytes: u64, rules: &AttachmentRules) -> Result<(), Refused> {
        if self.files.len() >= FILES_MAX {
            return Err(Refused::RecordFull { what: "attachments", most: FILES_MAX });
        }
        if bytes > rules.file_bytes_max {
            return Err(too_large(bytes, rules.file_bytes_max));
        }
        let all = self.files.iter().map(|kept| kept.bytes).sum::<u64>().saturating_add(bytes);
        if all > rules.ticket_bytes_max { Err(too_large(all, rules.ticket_bytes_max)) } else { Ok(()) }
    }

    /// What `caller` may see: a client the own files and those that were shared.
    pub(crate) fn seen_by<'s>(&'s self, caller: &Caller) -> impl Iterator<Item = &'s Kept> {
        let is_client = caller.role == Role::Client;
        self.files.iter().filter(move |kept| !is_client || kept.by.is_client || kept.is_shared)
    }
}

pub(crate) fn to_attachment(kept: Kept) -> wire::Attachment {
    let Kept { id, sha256, name, media_type, bytes, by: Owner { subject, is_client }, is_shared, at } = kept;
    wire::Attachment {
        attachment_id: id.to_string(),
        name,
        media_type,
        bytes,
        sha256: sha256.to_string(),
        by: if is_client { String::new() } else { subject },
        from_client: is_client,
        for_client: is_client || is_shared,
        at: Some(instant(at)),
    }
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttachmentProblem {
    #[error("the ticket has no attachment {0} for you")]
    NotFound(AttachmentId),
    #[error("a file of the type `{media_type}` is not taken: {why}")]
    WrongType { media_type: String, why: String },
    #[error("{bytes} bytes are too many; {most} are taken")]
    TooLarge { bytes: u64, most: u64 },
    #[error("attachment {id} is not what was announced: {why}; {received} bytes were received")]
    Mismatch { id: AttachmentId, received: u64, why: String },
    #[error("attachment {0} is no longer what was put there; bring the file again")]
    Damaged(AttachmentId),
    #[error(transparent)]
    Disk(attachments::VaultError),
}

pub(crate) fn not_found(id: AttachmentId) -> Refused {
    Refused::Own(Box::new(AttachmentProblem::NotFound(id)))
}

pub(crate) fn wrong_type(media_type: &str, why: String) -> Refused {
    Refused::Own(Box::new(AttachmentProblem::WrongType { media_type: media_type.to_owned(), why }))
}

fn too_large(bytes: u64, most: u64) -> Refused {
    Refused::Own(Box::new(AttachmentProblem::TooLarge { bytes, most }))
}

/// What the vault says about the file `id`.
pub(crate) fn vault(id: AttachmentId) -> impl Fn(attachments::VaultError) -> Refused {
    move |error| {
        Refused::Own(Box::new(match error {
            attachments::VaultError::Damaged(_) => AttachmentProblem::Damaged(id),
            error @ (attachments::VaultError::Disk(_) | attachments::VaultError::Short { .. }) => {
                AttachmentProblem::Disk(error)
            }
        }))
    }
}

impl Problem for AttachmentProblem {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => Reason::AttachmentNotFound,
            Self::WrongType { .. } => Reason::AttachmentTypeRefused,
            Self::TooLarge { .. } => Reason::AttachmentTooLarge,
            Self::Mismatch { .. } => Reason::AttachmentUploadMismatch,
            Self::Damaged(_) => Reason::AttachmentDamaged,
            Self::Disk(_) => Reason::StorageUnavailable,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotFound(id) | Self::Damaged(id) => vec![("attachment", id.to_string())],
            Self::WrongType { media_type, why } => vec![("media_type", media_type.clone()), ("why", why.clone())],
            Self::TooLarge { bytes, most } => vec![("bytes", bytes.to_string()), ("most", most.to_string())],
            Self::Mismatch { id, received, why } => {
                vec![("attachment", id.to_string()), ("received", received.to_string()), ("why", why.clone())]
            }
            Self::Disk(_) => vec![],
        }
    }
}
