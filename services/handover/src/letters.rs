//! Messages between lines that are about no ticket: sent through the outbox, heard once.

use futures::future::BoxFuture;
use prost::Message;
use proto::handover as hand;
use rpc::identity::Caller;
use ticket::{Actor, Line, MessageId, OrganizationId};

use crate::caller::sending_line;
use crate::change::{About, Change, corrupt};
use crate::desk::Desk;
use crate::order::fingerprint;
use crate::parcel::Parcel;
use crate::receiving::known_answer;
use crate::refused::Refused;
use crate::relay::same_organization;
use crate::wire::{Reader, enums};

/// The head of such a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterHead {
    /// Which message.
    pub id: MessageId,
    /// Who sent it.
    pub from: Line,
    organization: OrganizationId,
}

impl LetterHead {
    /// The head in `letter`; its faults go to `reader`.
    pub fn read(reader: &mut Reader, letter: Option<hand::Letter>) -> Option<Self> {
        let hand::Letter { message_id, organization, from } = reader.given("letter", letter)?;
        let id = reader.id("letter.message_id", &message_id);
        let organization = reader.id("letter.organization", &organization);
        let from = enums::line(reader, "letter.from", from, true);
        Some(Self { id: id?, organization: organization?, from: from? })
    }

    /// The head, whose sender is who calls, and which is for the caller's organization.
    ///
    /// # Errors
    /// When it is not so.
    pub fn verified(self, caller: &Caller, method: &str) -> Result<Self, Refused> {
        sending_line(caller, self.from, method)?;
        same_organization(caller, &self.organization)?;
        Ok(self)
    }
}

impl Change<'_> {
    /// The head of a letter to `to` that this change causes by `step`; `about` is the id of what it is about.
    #[must_use]
    pub fn letter(&self, to: Line, parcel: Parcel, about: &str, step: &str) -> hand::Letter {
        let id = MessageId::of_letter(self.organization(), &format!("{parcel}>{to}"), about, step);
        hand::Letter {
            message_id: id.to_string(),
            organization: self.organization().to_string(),
            from: enums::to_line(self.line),
        }
    }

    /// Puts a letter to another line into the outbox. Those about one thing to one line arrive in this order, where they are
    /// sent under the lock of its document.
    ///
    /// # Errors
    /// What the database says.
    pub async fn send_letter(
        &self,
        to: Line,
        parcel: Parcel,
        about: &str,
        letter: &hand::Letter,
        message: &impl Message,
    ) -> Result<(), Refused> {
        let id = letter.message_id.parse().map_err(|e| corrupt(format!("{e}")))?;
        self.enqueue(About::Other(about), id, None, to.name().to_owned(), parcel, message).await
    }
}

impl Desk {
    /// Hears a letter of another line, once: `job` runs in one transaction with its answer, which every repeat gets.
    ///
    /// # Errors
    /// [`Refused::RequestIdReused`] when the message came with another content; else what the job refuses.
    pub async fn hear_letter<M>(
        &self,
        head: LetterHead,
        message: &impl Message,
        answer: M,
        job: impl for<'c, 'w> FnOnce(&'c Change<'w>) -> BoxFuture<'c, Result<(), Refused>> + Send + 'static,
    ) -> Result<M, Refused>
    where
        M: Message + Default + 'static,
    {
        let fingerprint = fingerprint(message);
        let LetterHead { id, from, organization } = head;
        self.work(&organization, Actor::Line { line: from }, move |change| {
            Box::pin(async move {
                if let Some(known) = known_answer::<M>(change, id, &fingerprint).await? {
                    return Ok(known);
                }
                job(change).await?;
                let bytes = answer.encode_to_vec();
                change.work.remember_inbox(change.organization(), id, None, &fingerprint, bytes).await?;
                Ok(answer)
            })
        })
        .await
    }
}
