//! What a file is by its content, whatever it is called.

/// How many of the first bytes are looked at.
pub const HEAD_BYTES: usize = 4096;

/// A signature: its place, its bytes, and the media types that have it. The more exact first.
type Signature = (usize, &'static [u8], &'static [&'static str]);

/// Office documents and archives share one signature: they are all ZIP files.
const ZIPPED: &[&str] = &[
    "application/zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
];

const SIGNATURES: &[Signature] = &[
    (0, b"\x89PNG\r\n\x1a\n", &["image/png"]),
    (0, b"\xff\xd8\xff", &["image/jpeg"]),
    (0, b"GIF87a", &["image/gif"]),
    (0, b"GIF89a", &["image/gif"]),
    (8, b"WEBP", &["image/webp"]),
    (8, b"WAVE", &["audio/wav"]),
    (4, b"ftyp", &["video/mp4", "audio/mp4", "image/heic", "video/quicktime"]),
    (0, b"\x1aE\xdf\xa3", &["video/webm", "video/x-matroska"]),
    (0, b"OggS", &["audio/ogg", "video/ogg"]),
    (0, b"ID3", &["audio/mpeg"]),
    (0, b"%PDF-", &["application/pdf"]),
    (0, b"PK\x03\x04", ZIPPED),
    (0, b"\x1f\x8b", &["application/gzip"]),
    (0, b"7z\xbc\xaf\x27\x1c", &["application/x-7z-compressed"]),
    (0, b"Rar!\x1a\x07", &["application/vnd.rar"]),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        &["application/msword", "application/vnd.ms-excel", "application/vnd.ms-outlook"],
    ),
    (0, b"\xd4\xc3\xb2\xa1", &["application/vnd.tcpdump.pcap"]),
    (0, b"\xa1\xb2\xc3\xd4", &["application/vnd.tcpdump.pcap"]),
    (0, b"\x0a\x0d\x0d\x0a", &["application/x-pcapng"]),
    // Programs, under no type that a plan could allow by mistake.
    (0, b"MZ", &["application/vnd.microsoft.portable-executable"]),
    (0, b"\x7fELF", &["application/x-elf"]),
    (0, b"\xcf\xfa\xed\xfe", &["application/x-mach-binary"]),
    (0, b"#!", &["text/x-shellscript"]),
];

/// The media types that `head`, the first bytes of a file, may be by its signature; none where it has none that is known.
#[must_use]
pub fn by_signature(head: &[u8]) -> &'static [&'static str] {
    let has = |(at, bytes, _): &&Signature| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes));
    SIGNATURES.iter().find(has).map_or(&[], |(_, _, types)| types)
}

/// Whether a file that begins with `head` may be called a `media_type`: types with a known signature must have it, and
/// the others no other one. What is called a text is one.
#[must_use]
pub fn fits(media_type: &str, head: &[u8]) -> bool {
    let found = by_signature(head);
    if found.contains(&media_type) {
        return true;
    }
    let has_signature = SIGNATURES.iter().any(|(_, _, types)| types.contains(&media_type));
    !has_signature && found.is_empty() && (!media_type.starts_with("text/") || is_text(head))
}

/// UTF-16 with its mark, or anything without a NUL: logs come in many encodings.
fn is_text(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || !head.contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        assert!(fits("image/png", b"\x89PNG\r\n\x1a\n...."));
        assert!(!fits("image/png", b"MZ\x90\0"), "a program that is called a picture");
        assert!(!fits("image/png", b"\xff\xd8\xff\xe0"), "a picture of another kind");
        assert!(!fits("text/plain", b"MZ\x90\0"), "a program that is called a text");
        assert!(!fits("text/plain", b"#!/bin/sh\n"), "a script that is called a text");
        assert!(!fits("text/plain", b"ab\0cd"), "no text");
        assert!(fits("text/plain", "Журнал маршрутизатора".as_bytes()));
        assert!(fits("text/plain", b"\xff\xfeA\0"), "UTF-16, as Windows writes it");
        assert!(fits("application/vnd.oasis.opendocument.text", b"PK\x03\x04.."));
        assert!(fits("application/octet-stream", b"\x01\x02\x03\0"), "nothing is known of it");
        assert!(!fits("application/octet-stream", b"\x7fELF"), "a program is one by any name");
    }
}
