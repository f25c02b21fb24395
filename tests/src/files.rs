//! Somebody who brings and reads the files of a ticket.

use std::sync::atomic::{AtomicU32, Ordering};

use proto::line1;
use proto::line1::attachment_service_client::AttachmentServiceClient;
use rpc::Channel;
use tonic::{Response, Status};

/// The files of one ticket, in the hands of one person. Each call draws its own request id.
pub struct Files {
    /// The way there.
    pub service: AttachmentServiceClient<Channel>,
    ticket: String,
}

fn request_id() -> String {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    format!("file-{}", CALLS.fetch_add(1, Ordering::Relaxed))
}

impl Files {
    /// The files of `ticket`, by this way to line 1.
    #[must_use]
    pub fn new(channel: Channel, ticket: &str) -> Self {
        Self { service: AttachmentServiceClient::new(channel), ticket: ticket.to_owned() }
    }

    /// The announcement of a file.
    #[must_use]
    pub fn announcement(&self, name: &str, media_type: &str, bytes: usize) -> line1::BeginAttachmentRequest {
        line1::BeginAttachmentRequest {
            request_id: request_id(),
            ticket_id: self.ticket.clone(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes: bytes.try_into().expect("a test has small files"),
            sha256: String::new(),
        }
    }

    /// Announces a text.
    ///
    /// # Errors
    /// The refusal.
    pub async fn begin(&mut self, name: &str, data: &[u8]) -> Result<line1::BeginAttachmentResponse, Status> {
        let request = self.announcement(name, "text/plain", data.len());
        self.service.begin_attachment(request).await.map(Response::into_inner)
    }

    /// A part of a file.
    #[must_use]
    pub fn part(&self, attachment: &str, offset: u64, data: &[u8]) -> line1::PutAttachmentPartRequest {
        line1::PutAttachmentPartRequest {
            request_id: request_id(),
            ticket_id: self.ticket.clone(),
            attachment_id: attachment.to_owned(),
            offset,
            data: data.to_vec(),
        }
    }

    /// Brings a part, and returns how much is there.
    ///
    /// # Errors
    /// The refusal.
    pub async fn put(&mut self, attachment: &str, offset: u64, data: &[u8]) -> Result<u64, Status> {
        let request = self.part(attachment, offset, data);
        Ok(self.service.put_attachment_part(request).await?.into_inner().received)
    }

    /// Finishes a file.
    ///
    /// # Errors
    /// The refusal.
    pub async fn finish(&mut self, attachment: &str) -> Result<line1::Attachment, Status> {
        let (request_id, ticket_id, attachment_id) = (request_id(), self.ticket.clone(), attachment.to_owned());
        let request = line1::FinishAttachmentRequest { request_id, ticket_id, attachment_id };
        Ok(self.service.finish_attachment(request).await?.into_inner().attachment.unwrap_or_default())
    }

    /// Puts a whole small text to the ticket, and returns its id.
    ///
    /// # Errors
    /// The refusal.
    pub async fn attach(&mut self, name: &str, data: &[u8]) -> Result<String, Status> {
        let id = self.begin(name, data).await?.attachment_id;
        self.put(&id, 0, data).await?;
        self.finish(&id).await?;
        Ok(id)
    }

    /// Shows a file to the client.
    ///
    /// # Errors
    /// The refusal.
    pub async fn share(&mut self, attachment: &str) -> Result<line1::Attachment, Status> {
        let (request_id, ticket_id, attachment_id) = (request_id(), self.ticket.clone(), attachment.to_owned());
        let request = line1::ShareAttachmentRequest { request_id, ticket_id, attachment_id };
        Ok(self.service.share_attachment(request).await?.into_inner().attachment.unwrap_or_default())
    }

    /// The names of the files that this person sees.
    ///
    /// # Errors
    /// The refusal.
    pub async fn names(&mut self) -> Result<Vec<String>, Status> {
        let request = line1::ListAttachmentsRequest { ticket_id: self.ticket.clone(), ..Default::default() };
        let listed = self.service.list_attachments(request).await?.into_inner();
        Ok(listed.attachments.into_iter().map(|attachment| attachment.name).collect())
    }

    /// The whole content of a file.
    ///
    /// # Errors
    /// The refusal.
    pub async fn read(&mut self, attachment: &str) -> Result<Vec<u8>, Status> {
        let request =
            line1::GetAttachmentRequest { ticket_id: self.ticket.clone(), attachment_id: attachment.to_owned() };
        let mut stream = self.service.get_attachment(request).await?.into_inner();
        let mut read = Vec::new();
        while let Some(part) = stream.message().await? {
            read.extend(part.data);
        }
        Ok(read)
    }
}
