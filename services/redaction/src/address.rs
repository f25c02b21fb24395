//! Addresses on the network: e-mail, IPv4, IPv6.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use regex::Regex;

use crate::scan::{self, Span};

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+[\p{L}][\p{L}\p{N}-]+").expect("a fixed pattern")
});
static IPV4: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}").expect("a fixed pattern"));
static IPV6: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)[0-9a-f:]{3,39}(?:\.[0-9]{1,3}){0,3}").expect("a fixed pattern"));

/// What follows the last dot of names that have the shape of an address: units of systemd, archives of packages.
const NO_DOMAINS: [&str; 8] = ["service", "socket", "timer", "mount", "target", "tgz", "jar", "dll"];

/// E-mail addresses, also with letters beyond ASCII.
pub(crate) fn emails(text: &str) -> Vec<Span> {
    scan::each(&EMAIL, text, |found| {
        let whole = found.get(0)?;
        let (mailbox, domain) = whole.as_str().split_once('@')?;
        let last = domain.rsplit('.').next()?;
        // The quote before 'ivan@example.com' and the full stop after it are no part of the address.
        let quoted = mailbox.len() - mailbox.trim_start_matches(['\'', '.', '-']).len();
        (quoted < mailbox.len() && mailbox != "git" && !NO_DOMAINS.contains(&last))
            .then(|| whole.start() + quoted..whole.end())
    })
}

/// IP addresses. Loopback, unspecified addresses and network masks say nothing about a client and stay.
pub(crate) fn ips(text: &str) -> Vec<Span> {
    let own = |span: &Span| scan::stands_apart(text, span) && scan::no_dotted_neighbour(text, span);
    let v4 = scan::each_retrying(&IPV4, text, |span| {
        let address: Ipv4Addr = text[span.clone()].parse().ok()?;
        let personal = !address.is_loopback() && address.octets()[0] != 0 && address.octets()[0] != 255;
        (own(&span) && personal).then_some(span)
    });
    let v6 = scan::each_retrying(&IPV6, text, |span| {
        let mut ends = (span.start + 1..=span.end).rev().map(|end| span.start..end);
        let found =
            ends.find(|part| own(part) && scan::after(text, part.end) != Some(':') && ipv6(&text[part.clone()]))?;
        (scan::before(text, found.start) != Some(':')).then_some(found)
    });
    scan::merged([v4, v6])
}

/// An address that could not as well be a path such as `a::b`.
fn ipv6(candidate: &str) -> bool {
    candidate.contains(|c: char| c.is_ascii_digit())
        && candidate.parse::<Ipv6Addr>().is_ok_and(|address| !address.is_loopback() && !address.is_unspecified())
}
