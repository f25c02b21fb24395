//! The files of a ticket: up from the disk, and down to it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use proto::line1::attachment_service_client::AttachmentServiceClient;
use proto::line1::{self, Attachment};
use rpc::{Channel, Limits, tuned};
use ticket::Line;

use super::connect::Connected;
use super::show::at;
use crate::failure::Failure;

/// What can be done with files.
#[derive(Debug, Subcommand)]
pub(super) enum Deed {
    /// Put a file to a ticket. What broke off is gone on with by the same `--request-id`.
    Attach {
        /// The ticket.
        id: String,
        /// The file.
        file: PathBuf,
        /// What it is, such as `image/png`. Default: by the end of its name.
        #[arg(long = "type", value_name = "MEDIA_TYPE")]
        media_type: Option<String>,
    },
    /// List the files of a ticket.
    Attachments {
        /// The ticket.
        id: String,
    },
    /// Save a file of a ticket. It is there whole or not at all.
    Fetch {
        /// The ticket.
        id: String,
        /// The file, `att_…`, as `attachments` lists it.
        attachment: String,
        /// Where to; nothing may be there yet. Default: its name, in this directory.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

/// The types of what people mostly attach, by the end of the name.
const TYPES: [(&str, &str); 14] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("pdf", "application/pdf"),
    ("csv", "text/csv"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("mp4", "video/mp4"),
    ("txt", "text/plain"),
    ("log", "text/plain"),
];

type Service = AttachmentServiceClient<Channel>;

pub(super) async fn run(suite: &Connected, deed: Deed) -> Result<(), Failure> {
    let mut service = tuned!(AttachmentServiceClient::new(suite.line(Line::ServiceDesk)?), &Limits::default());
    match deed {
        Deed::Attach { id, file, media_type } => attach(suite, &mut service, id, &file, media_type).await,
        Deed::Attachments { id } => {
            let request = line1::ListAttachmentsRequest { ticket_id: id, page_size: 200, page_token: String::new() };
            let answer = service.list_attachments(suite.request(request)).await?.into_inner();
            let people: Vec<String> = answer.attachments.iter().map(row).collect();
            let people = if people.is_empty() { "no files".to_owned() } else { people.join("\n") };
            suite.print("estafeta.line1.v1.ListAttachmentsResponse", &answer, people)
        }
        Deed::Fetch { id, attachment, to } => fetch(suite, &mut service, id, attachment, to).await,
    }
}

async fn attach(
    suite: &Connected,
    service: &mut Service,
    ticket_id: String,
    path: &Path,
    media_type: Option<String>,
) -> Result<(), Failure> {
    let unreadable = |reason| Failure::reading("the file", path)(reason);
    let mut file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let media_type = media_type.unwrap_or_else(|| by_name(&name).to_owned());
    // All that follows derives its ids from this one, so that a repeat goes on where the last one broke off.
    let request_id = suite.request_id();
    let begin = line1::BeginAttachmentRequest {
        request_id: request_id.clone(),
        ticket_id: ticket_id.clone(),
        name,
        media_type,
        bytes,
        sha256: String::new(),
    };
    let begun = service.begin_attachment(suite.request(begin)).await?.into_inner();
    let attachment_id = begun.attachment_id;
    let upload = line1::GetUploadRequest { ticket_id: ticket_id.clone(), attachment_id: attachment_id.clone() };
    // What is finished has no upload any more.
    let mut offset = match service.get_upload(suite.request(upload)).await {
        Ok(upload) => upload.into_inner().received,
        Err(status) if status.code() == tonic::Code::NotFound => bytes,
        Err(status) => return Err(status.into()),
    };
    file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
    while offset < bytes {
        let mut data = Vec::new();
        (&file).take(u64::from(begun.part_bytes_max)).read_to_end(&mut data).map_err(unreadable)?;
        if data.is_empty() {
            return Err(Failure::Given(format!("{} became shorter while it was sent", path.display())));
        }
        let part = line1::PutAttachmentPartRequest {
            request_id: format!("{request_id}/{offset}"),
            ticket_id: ticket_id.clone(),
            attachment_id: attachment_id.clone(),
            offset,
            data,
        };
        offset = service.put_attachment_part(suite.request(part)).await?.into_inner().received;
    }
    let finish = line1::FinishAttachmentRequest { request_id, ticket_id, attachment_id };
    let answer = service.finish_attachment(suite.request(finish)).await?.into_inner();
    let people = answer.attachment.as_ref().map(row).unwrap_or_default();
    suite.print("estafeta.line1.v1.FinishAttachmentResponse", &answer, people)
}

async fn fetch(
    suite: &Connected,
    service: &mut Service,
    ticket_id: String,
    attachment_id: String,
    to: Option<PathBuf>,
) -> Result<(), Failure> {
    let request = line1::GetAttachmentRequest { ticket_id, attachment_id };
    let mut stream = service.get_attachment(request).await?.into_inner();
    let first = stream.message().await?.unwrap_or_default();
    let attachment = first.attachment.clone().unwrap_or_default();
    // The service has tidied the name: it has no path in it.
    let to = to.unwrap_or_else(|| PathBuf::from(&attachment.name));
    let part = to.with_file_name(format!(".{}.part", attachment.attachment_id));
    if to.exists() {
        return Err(Failure::Given(format!("{} is there already; give another name by --to", to.display())));
    }
    let saved = async {
        let mut file = File::create(&part).map_err(Failure::writing("the file", &part))?;
        while let Some(message) = stream.message().await? {
            file.write_all(&message.data).map_err(Failure::writing("the file", &part))?;
        }
        std::fs::rename(&part, &to).map_err(Failure::writing("the file", &to))
    };
    if let Err(failure) = saved.await {
        let _ = std::fs::remove_file(&part);
        return Err(failure);
    }
    let people = format!("{} ({} bytes)", to.display(), attachment.bytes);
    suite.print("estafeta.line1.v1.GetAttachmentResponse", &first, people)
}

fn by_name(name: &str) -> &'static str {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).unwrap_or_default();
    TYPES.iter().find(|(known, _)| *known == end).map_or("application/octet-stream", |(_, media_type)| media_type)
}

fn row(attachment: &Attachment) -> String {
    let Attachment { attachment_id, name, media_type, bytes, by, at: when, .. } = attachment;
    let by = if by.is_empty() { "the client" } else { by };
    format!("{attachment_id}  {}  {bytes:>10}  {media_type:<16} {by:<14} {name}", at(*when))
}
