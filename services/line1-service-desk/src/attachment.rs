//! `AttachmentService`: the files of a ticket, up in parts and down as a stream.
//!
//! The bytes are on the disk before the tables say so, in this order at every step; a crash in between leaves bytes that
//! nobody knows of, which are written over or swept, and never an entry without bytes.

use std::pin::Pin;

use attachments::{Content, Digest, Sealed, Vault, name};
use futures::{Stream, StreamExt};
use handover::wire::{Reader, instant};
use handover::{Desk, Order, Refused, answer, page_size, ticket_id};
use proto::line1 as wire;
use proto::line1::attachment_service_server::AttachmentService;
use rpc::{Caller, Refusal, Role};
use ticket::event::DeskEvent;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{AttachmentId, EventBody, Line, State, Ticket, TicketId, WrongState};
use tonic::{Request, Response, Status, async_trait};

use crate::contact::visible;
use crate::shelf::{
    Kept, Owner, PART_BYTES_MAX, Shelf, UPLOADS_MAX, Upload, not_found, to_attachment, vault, wrong_type,
};

/// Serves `AttachmentService`.
pub(crate) struct Attachments(pub(crate) Desk, pub(crate) Vault);

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl AttachmentService for Attachments {
    async fn begin_attachment(
        &self,
        request: Request<wire::BeginAttachmentRequest>,
    ) -> Answer<wire::BeginAttachmentResponse> {
        answer(request, async |caller, request| self.begin(caller, request).await).await
    }

    async fn put_attachment_part(
        &self,
        request: Request<wire::PutAttachmentPartRequest>,
    ) -> Answer<wire::PutAttachmentPartResponse> {
        answer(request, async |caller, request| self.put_part(caller, request).await).await
    }

    async fn finish_attachment(
        &self,
        request: Request<wire::FinishAttachmentRequest>,
    ) -> Answer<wire::FinishAttachmentResponse> {
        answer(request, async |caller, request| self.finish(caller, request).await).await
    }

    async fn share_attachment(
        &self,
        request: Request<wire::ShareAttachmentRequest>,
    ) -> Answer<wire::ShareAttachmentResponse> {
        answer(request, async |caller, request| self.share(caller, request).await).await
    }

    async fn get_upload(&self, request: Request<wire::GetUploadRequest>) -> Answer<wire::GetUploadResponse> {
        answer(request, async |caller, request| {
            let (ticket, id) = named(&request.ticket_id, &request.attachment_id)?;
            self.may_see(&caller, ticket, "GetUpload").await?;
            let mut shelf = Shelf::of(&self.0, &caller.organization, ticket).await?;
            let upload = shelf.upload(id, &Owner::of(&caller), self.0.clock().now())?;
            let until = Some(instant(upload.until()));
            Ok(wire::GetUploadResponse { received: upload.received, bytes: upload.bytes, until })
        })
        .await
    }

    async fn list_attachments(
        &self,
        request: Request<wire::ListAttachmentsRequest>,
    ) -> Answer<wire::ListAttachmentsResponse> {
        answer(request, async |caller, request| {
            let wire::ListAttachmentsRequest { ticket_id: ticket, page_size: size, page_token } = request;
            let (ticket, size) = (ticket_id(&ticket)?, usize::try_from(page_size(size)?).unwrap_or(1));
            let after = match page_token.as_str() {
                "" => None,
                token => Some(token.parse::<AttachmentId>().map_err(|_| Refused::PageToken)?),
            };
            self.may_see(&caller, ticket, "ListAttachments").await?;
            let shelf = Shelf::of(&self.0, &caller.organization, ticket).await?;
            let mut seen: Vec<&Kept> = shelf.seen_by(&caller).collect();
            if let Some(after) = after {
                let at = seen.iter().position(|kept| kept.id == after).ok_or(Refused::PageToken)?;
                seen.drain(..=at);
            }
            let next = seen.get(size.saturating_sub(1)).filter(|_| seen.len() > size);
            let next_page_token = next.map(|last| last.id.to_string()).unwrap_or_default();
            let attachments = seen.into_iter().take(size).cloned().map(to_attachment).collect();
            Ok(wire::ListAttachmentsResponse { attachments, next_page_token })
        })
        .await
    }

    type GetAttachmentStream = Pin<Box<dyn Stream<Item = Result<wire::GetAttachmentResponse, Status>> + Send>>;

    async fn get_attachment(&self, request: Request<wire::GetAttachmentRequest>) -> Answer<Self::GetAttachmentStream> {
        answer(request, async |caller, request| {
            let (ticket, id) = named(&request.ticket_id, &request.attachment_id)?;
            self.may_see(&caller, ticket, "GetAttachment").await?;
            let shelf = Shelf::of(&self.0, &caller.organization, ticket).await?;
            let kept = shelf.seen_by(&caller).find(|kept| kept.id == id).cloned().ok_or_else(|| not_found(id))?;
            let content = self.1.open(&caller.organization, &kept.sha256).await.map_err(vault(id))?;
            let first = wire::GetAttachmentResponse { attachment: Some(to_attachment(kept)), data: Vec::new() };
            let stream = futures::stream::iter([Ok(first)]).chain(parts(id, content));
            Ok(Box::pin(stream) as Self::GetAttachmentStream)
        })
        .await
    }
}

fn parts(id: AttachmentId, content: Content) -> impl Stream<Item = Result<wire::GetAttachmentResponse, Status>> {
    futures::stream::try_unfold(content, move |content| async move {
        let next = content.next().await.map_err(|error| rpc::into_status(&vault(id)(error)))?;
        Ok(next.map(|(data, rest)| (wire::GetAttachmentResponse { attachment: None, data }, rest)))
    })
}

impl Attachments {
    /// The people of the vendor bridge come in only where the plan says so.
    fn may_come(&self, caller: &Caller, method: &str) -> Result<(), Refused> {
        let is_bridge = caller.role.line() == Some(Line::Vendor);
        if is_bridge && !self.0.plan(&caller.organization)?.attachments().for_vendor_bridge {
            let (method, role) = (method.to_owned(), caller.role.to_string());
            return Err(Refusal::RoleNotAllowed { method, role }.into());
        }
        Ok(())
    }

    /// Lets in who may see the ticket. What changes something asks inside of its change, where repeats are known.
    async fn may_see(&self, caller: &Caller, id: TicketId, method: &str) -> Result<(), Refused> {
        self.may_come(caller, method)?;
        visible(caller, &self.0.find(&caller.organization, id).await?.0)
    }

    async fn begin(
        &self,
        caller: Caller,
        request: wire::BeginAttachmentRequest,
    ) -> Result<wire::BeginAttachmentResponse, Refused> {
        let order = Order::of(&caller, "BeginAttachment", &request.request_id, &request)?;
        let wire::BeginAttachmentRequest { request_id: _, ticket_id, name: called, media_type, bytes, sha256 } =
            request;
        let mut reader = Reader::default();
        let id = reader.id::<TicketId>("ticket_id", &ticket_id);
        let called = reader.text("name", &called, TEXT_BYTES_MAX);
        let name = name::tidy(&called);
        if name.is_none() && !called.is_empty() {
            reader.wrong("name", "has nothing that a file could be called");
        }
        let media_type = reader.text("media_type", &media_type, LINE_BYTES_MAX);
        let sha256 = match sha256.as_str() {
            "" => None,
            given => reader.id::<Digest>("sha256", given),
        };
        if bytes == 0 {
            reader.wrong("bytes", "is 0; an empty file is none");
        }
        let (id, name) = reader.finish(id.zip(name))?;
        self.may_come(&caller, "BeginAttachment")?;
        // Who knows a SHA-256 need not have the file; people of the organization may see it anyway.
        let is_known = match &sha256 {
            Some(sha256) if caller.role != Role::Client => {
                let found = self.1.has(&caller.organization, sha256, bytes).await;
                found.unwrap_or_default()
            }
            Some(_) | None => false,
        };
        let (by, request) = (Owner::of(&caller), order.request_id.clone());
        self.0
            .change(&order, id, "announce a file of", move |change| {
                Box::pin(async move {
                    let (ticket, _) = change.ticket(id).await?;
                    visible(&caller, &ticket)?;
                    is_open(&ticket)?;
                    let rules = change.plan.attachments();
                    if !rules.types.contains(&media_type) {
                        return Err(wrong_type(&media_type, "the plan does not name it".to_owned()));
                    }
                    let (mut shelf, read) = Shelf::in_change(change, id).await?;
                    shelf.has_room(bytes, rules)?;
                    shelf.uploads.retain(|upload| change.now <= upload.until());
                    if shelf.uploads.len() >= UPLOADS_MAX {
                        return Err(Refused::RecordFull { what: "uploads", most: UPLOADS_MAX });
                    }
                    let attachment = AttachmentId::of(id, &by.subject, &request, change.now);
                    let received = if is_known { bytes } else { 0 };
                    let answer = wire::BeginAttachmentResponse {
                        attachment_id: attachment.to_string(),
                        received,
                        part_bytes_max: u32::try_from(PART_BYTES_MAX).unwrap_or(u32::MAX),
                        name: name.clone(),
                    };
                    shelf.uploads.push(Upload {
                        id: attachment,
                        name,
                        media_type,
                        bytes,
                        sha256,
                        is_known,
                        received,
                        by,
                    });
                    shelf.put(change, id, read).await?;
                    Ok(answer)
                })
            })
            .await
    }

    async fn put_part(
        &self,
        caller: Caller,
        request: wire::PutAttachmentPartRequest,
    ) -> Result<wire::PutAttachmentPartResponse, Refused> {
        let order = Order::of(&caller, "PutAttachmentPart", &request.request_id, &request)?;
        let wire::PutAttachmentPartRequest { request_id: _, ticket_id, attachment_id, offset, data } = request;
        let mut reader = Reader::default();
        let ticket = reader.id::<TicketId>("ticket_id", &ticket_id);
        let id = reader.id::<AttachmentId>("attachment_id", &attachment_id);
        if data.is_empty() || data.len() > PART_BYTES_MAX {
            reader.wrong("data", format!("has {} bytes; it must have from 1 to {PART_BYTES_MAX}", data.len()));
        }
        let (ticket, id) = reader.finish(ticket.zip(id))?;
        self.may_come(&caller, "PutAttachmentPart")?;
        let owner = Owner::of(&caller);
        let end = offset.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
        let mut shelf = Shelf::of(&self.0, &caller.organization, ticket).await?;
        // A repeat finds more received, or all of it kept, and gets its answer below without touching the bytes.
        let is_next = match shelf.upload(id, &owner, self.0.clock().now()) {
            Ok(upload) => upload.received == offset && end <= upload.bytes,
            Err(_) => false,
        };
        if is_next {
            self.1.put(&caller.organization, id, offset, data).await.map_err(vault(id))?;
        }
        self.0
            .change(&order, ticket, "bring a part of a file of", move |change| {
                Box::pin(async move {
                    visible(&caller, &change.ticket(ticket).await?.0)?;
                    let (mut shelf, read) = Shelf::in_change(change, ticket).await?;
                    let upload = shelf.upload(id, &owner, change.now)?;
                    if !is_next || upload.received != offset {
                        let why = format!("the part is from {offset} to {end} of {}", upload.bytes);
                        return Err(upload.mismatch(why));
                    }
                    upload.received = end;
                    shelf.put(change, ticket, read).await?;
                    Ok(wire::PutAttachmentPartResponse { received: end })
                })
            })
            .await
    }

    async fn finish(
        &self,
        caller: Caller,
        request: wire::FinishAttachmentRequest,
    ) -> Result<wire::FinishAttachmentResponse, Refused> {
        let order = Order::of(&caller, "FinishAttachment", &request.request_id, &request)?;
        let (ticket, id) = named(&request.ticket_id, &request.attachment_id)?;
        self.may_come(&caller, "FinishAttachment")?;
        let owner = Owner::of(&caller);
        let mut shelf = Shelf::of(&self.0, &caller.organization, ticket).await?;
        // What is not there, and what is finished, the change below tells: it knows repeats.
        let sealed = match shelf.upload(id, &owner, self.0.clock().now()) {
            Ok(upload) => Some(self.sealed(&caller, upload).await?),
            Err(_) => None,
        };
        let organization = caller.organization.clone();
        let finished = self.0.change(&order, ticket, "put a file to", move |change| {
            Box::pin(async move {
                let (mut ticket, version) = change.ticket(ticket).await?;
                visible(&caller, &ticket)?;
                let (mut shelf, read) = Shelf::in_change(change, ticket.facts.id).await?;
                if let Some(kept) = shelf.kept(id).filter(|kept| kept.by == owner) {
                    return Ok(wire::FinishAttachmentResponse { attachment: Some(to_attachment(kept.clone())) });
                }
                let upload = shelf.upload(id, &owner, change.now)?.clone();
                let Sealed { sha256, .. } = sealed.ok_or_else(|| not_found(id))?;
                is_open(&ticket)?;
                shelf.has_room(upload.bytes, change.plan.attachments())?;
                let Upload { id, name, media_type, bytes, by, .. } = upload;
                let event = DeskEvent::Attached { sha256: sha256.to_string(), name: name.clone(), bytes };
                let kept = Kept { id, sha256, name, media_type, bytes, by, is_shared: false, at: change.now };
                shelf.uploads.retain(|upload| upload.id != id);
                shelf.files.push(kept.clone());
                shelf.put(change, ticket.facts.id, read).await?;
                change.log(&ticket, EventBody::Desk(event)).await?;
                change.touch(&mut ticket, version).await?;
                Ok(wire::FinishAttachmentResponse { attachment: Some(to_attachment(kept)) })
            })
        });
        let finished = finished.await?;
        // Where this fails the sweep does it.
        let _ = self.1.forget(&organization, id).await;
        Ok(finished)
    }

    /// Checks what came in, and gives it its address.
    async fn sealed(&self, caller: &Caller, upload: &Upload) -> Result<Sealed, Refused> {
        let (organization, id) = (&caller.organization, upload.id);
        if upload.received != upload.bytes {
            return Err(upload.mismatch(format!("it ends before its {} bytes", upload.bytes)));
        }
        let sealed = match &upload.sha256 {
            Some(sha256) if upload.is_known => self.1.known(organization, sha256).await,
            Some(_) | None => self.1.seal(organization, id, upload.bytes).await,
        };
        let sealed = sealed.map_err(vault(id))?;
        upload.check(&sealed.sha256, &sealed.head)?;
        if !upload.is_known {
            self.1.keep(organization, id, &sealed.sha256).await.map_err(vault(id))?;
        }
        Ok(sealed)
    }

    async fn share(
        &self,
        caller: Caller,
        request: wire::ShareAttachmentRequest,
    ) -> Result<wire::ShareAttachmentResponse, Refused> {
        let order = Order::of(&caller, "ShareAttachment", &request.request_id, &request)?;
        let (ticket, id) = named(&request.ticket_id, &request.attachment_id)?;
        self.0
            .change(&order, ticket, "share a file of", move |change| {
                Box::pin(async move {
                    let (mut ticket, version) = change.ticket(ticket).await?;
                    let (mut shelf, read) = Shelf::in_change(change, ticket.facts.id).await?;
                    let kept = shelf.files.iter_mut().find(|kept| kept.id == id).ok_or_else(|| not_found(id))?;
                    kept.is_shared = true;
                    let (name, answer) = (kept.name.clone(), to_attachment(kept.clone()));
                    shelf.put(change, ticket.facts.id, read).await?;
                    change.log(&ticket, EventBody::Desk(DeskEvent::Shared { name })).await?;
                    change.touch(&mut ticket, version).await?;
                    Ok(wire::ShareAttachmentResponse { attachment: Some(answer) })
                })
            })
            .await
    }
}

fn named(ticket: &str, attachment: &str) -> Result<(TicketId, AttachmentId), Refused> {
    let mut reader = Reader::default();
    let ticket = reader.id::<TicketId>("ticket_id", ticket);
    let id = reader.id::<AttachmentId>("attachment_id", attachment);
    reader.finish(ticket.zip(id))
}

fn is_open(ticket: &Ticket) -> Result<(), Refused> {
    if matches!(ticket.state, State::Closed { .. }) {
        let problem = WrongState::Refused { action: "attach a file to", state: ticket.state.name() };
        return Err(Refused::State { ticket: ticket.facts.id, problem });
    }
    Ok(())
}
