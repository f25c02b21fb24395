//! Which files a ticket may have.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;

/// The largest file that a plan may allow, in mebibytes.
pub const FILE_MEBIBYTES_MAX: i64 = 256;
/// The most that a plan may allow all files of one ticket to have, in mebibytes.
pub const TICKET_MEBIBYTES_MAX: i64 = 4096;
/// The most types that a plan may name.
pub const TYPES_MAX: usize = 100;

const MEBIBYTE: u64 = 1024 * 1024;

/// What people send to show what is wrong: pictures, logs, documents.
const CUSTOMARY: [&str; 12] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "text/plain",
    "text/csv",
    "application/zip",
    "application/gzip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "video/mp4",
];

/// Which files a ticket may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRules {
    /// The longest file, in bytes.
    pub file_bytes_max: u64,
    /// The most that all files of a ticket have together, in bytes.
    pub ticket_bytes_max: u64,
    /// The media types that are taken.
    pub types: Vec<String>,
    /// Whether the people of the vendor bridge see them.
    pub for_vendor_bridge: bool,
}

/// Which files a ticket may have.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Attachments")]
pub(crate) struct AttachmentsEntry {
    /// The longest file, in mebibytes; 25 when left out.
    #[schemars(range(min = 1, max = FILE_MEBIBYTES_MAX))]
    file_mebibytes: Option<At<i64>>,
    /// The most that all files of a ticket have together, in mebibytes; 200 when left out.
    #[schemars(range(min = 1, max = TICKET_MEBIBYTES_MAX))]
    ticket_mebibytes: Option<At<i64>>,
    /// The media types that are taken, such as `image/png`; pictures, logs, documents and archives when left out.
    types: Option<Vec<At<String>>>,
    /// Whether the people of the vendor bridge see them; no when left out. A vendor never gets them by itself.
    #[serde(default)]
    for_vendor_bridge: bool,
}

pub(crate) fn check(entry: Option<&AttachmentsEntry>, gathered: &mut Gathered) -> AttachmentRules {
    let (file, ticket) = entry.map_or((None, None), |e| (e.file_mebibytes.as_ref(), e.ticket_mebibytes.as_ref()));
    let file_most = file.map_or(25, |at| bounded(at, "file_mebibytes", FILE_MEBIBYTES_MAX, gathered));
    let ticket_most = ticket.map_or(200, |at| bounded(at, "ticket_mebibytes", TICKET_MEBIBYTES_MAX, gathered));
    if let Some(at) = ticket.or(file).filter(|_| file_most > ticket_most) {
        let message = format!("a file may have {file_most} mebibytes, and all files of a ticket only {ticket_most}");
        gathered.note(&at.span, message, "raise `ticket_mebibytes`, or lower `file_mebibytes`");
    }
    let types = match entry.and_then(|entry| entry.types.as_ref()) {
        Some(types) => named(types, gathered),
        None => CUSTOMARY.map(str::to_owned).to_vec(),
    };
    let bytes = |mebibytes: i64| u64::try_from(mebibytes).unwrap_or(1) * MEBIBYTE;
    AttachmentRules {
        file_bytes_max: bytes(file_most),
        ticket_bytes_max: bytes(ticket_most),
        types,
        for_vendor_bridge: entry.is_some_and(|entry| entry.for_vendor_bridge),
    }
}

fn named(types: &[At<String>], gathered: &mut Gathered) -> Vec<String> {
    for (index, at) in types.iter().enumerate() {
        if !is_media_type(&at.value) {
            let message = format!("`{}` is no media type", at.value);
            gathered.note(&at.span, message, "write it as `image/png`, in small letters and without parameters");
        } else if types[..index].iter().any(|before| before.value == at.value) {
            gathered.note(&at.span, format!("`{}` is named twice", at.value), "leave one of them out");
        }
    }
    if let Some(at) = types.get(TYPES_MAX) {
        gathered.note(&at.span, format!("there are {} types", types.len()), format!("name at most {TYPES_MAX}"));
    }
    types.iter().map(|at| at.value.clone()).collect()
}

fn is_media_type(text: &str) -> bool {
    let is_part = |part: &str| {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.len() <= 127 && part.bytes().all(fits)
    };
    text.split_once('/').is_some_and(|(kind, of)| is_part(kind) && is_part(of))
}

impl Plan {
    /// Which files a ticket may have.
    #[must_use]
    pub fn attachments(&self) -> &AttachmentRules {
        &self.attachments
    }
}
