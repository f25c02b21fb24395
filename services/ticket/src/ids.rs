//! Ids are types with a prefix that a person can spot in a log; they are parsed once, at the rim.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::epoch::Epoch;
use crate::line::Line;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {wanted}")]
pub struct NotAnId {
    /// What was given, shortened for display.
    pub given: String,
    /// What would have been right, in words.
    pub wanted: &'static str,
}

fn shorten(given: &str) -> String {
    given.chars().filter(|c| !c.is_control()).take(48).collect()
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(given: &str) -> Result<Self, NotAnId> {
                let wrong = || NotAnId { given: shorten(given), wanted: $wanted };
                let hex = given.strip_prefix(concat!($prefix, "_")).ok_or_else(wrong)?;
                // One spelling an id: Uuid itself would also take upper case and hyphens.
                if hex.len() != 32 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                    return Err(wrong());
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| wrong())
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(given: String) -> Result<Self, NotAnId> {
                given.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

uuid_id!(
    /// A ticket, the same on every line: `tkt_` and 32 hexadecimal digits.
    TicketId, "tkt", "a ticket id (`tkt_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// One offer of custody: `hnd_…`. Derived from the ticket and the epoch, so a repeat has the same id.
    HandoverId, "hnd", "a handover id (`hnd_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A question to the client that travels through line 1: `clr_…`.
    ClarificationId, "clr", "a clarification id (`clr_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A message between lines, or to a partner: `msg_…`. Derived from what it says, so a repeat has the same id.
    MessageId, "msg", "a message id (`msg_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// The tie between a ticket and a vendor's case: `bnd_…`. Derived from both, so there is one.
    BondId, "bnd", "a bond id (`bnd_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A field visit: `vis_…`. Derived from the ticket and the request that planned it, so a repeat has the same id.
    VisitId, "vis", "a visit id (`vis_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A problem: `prb_…`. Derived from the request that opened it, so a repeat has the same id.
    ProblemId, "prb", "a problem id (`prb_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A major incident, or a candidate for one: `mjr_…`. Derived from what made it, so a repeat has the same id.
    MajorIncidentId, "mjr", "a major incident id (`mjr_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// What was told to be otherwise than usual: `alr_…`. Derived from what changed and when, so that it is told once.
    TrendAlertId, "alr", "an alert id (`alr_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A force majeure: `fmj_…`. Derived from the request that declared it, so a repeat has the same id.
    ForceMajeureId, "fmj", "a force majeure id (`fmj_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A runbook: `rbk_…`. Derived from the request that wrote it, so a repeat has the same id.
    RunbookId, "rbk", "a runbook id (`rbk_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A test of a runbook: `rbt_…`. Derived from the runbook and the request that submitted it, so a repeat has the same id.
    RunbookTestId, "rbt", "a runbook test id (`rbt_` and 32 lower-case hexadecimal digits)"
);
uuid_id!(
    /// A file that belongs to a ticket, from its first byte on: `att_…`. Derived from the ticket and the request that
    /// announced it, so a repeat has the same id.
    AttachmentId, "att", "an attachment id (`att_` and 32 lower-case hexadecimal digits)"
);

/// The namespace of ids that are derived rather than drawn (RFC 9562, version 5).
const DERIVED: Uuid = Uuid::from_u128(0x2f0d_7d3c_9a5e_4f0b_8c51_e57a_fe7a_0001);

fn derive(parts: &[&str]) -> Uuid {
    // The length before each part keeps ("ab","c") and ("a","bc") apart.
    let name = parts.iter().fold(String::new(), |all, part| format!("{all}{}:{part};", part.len()));
    Uuid::new_v5(&DERIVED, name.as_bytes())
}

impl TicketId {
    /// The id of what `caller` asked of `line` under this request id: the same call repeated makes the same ticket.
    ///
    /// The first 48 bits are the time of `at` in milliseconds (as in UUID version 7), so that ids sort by time.
    #[must_use]
    pub fn of_request(
        organization: &OrganizationId,
        line: Line,
        caller: &str,
        request: &RequestId,
        at: Timestamp,
    ) -> Self {
        Self(timed(derive(&["ticket", organization.as_str(), line.name(), caller, request.as_str()]), at))
    }
}

/// `derived` with the time of `at` in its first 48 bits.
fn timed(derived: Uuid, at: Timestamp) -> Uuid {
    let mut bytes = *derived.as_bytes();
    let millis = u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes();
    bytes[..6].copy_from_slice(&millis[2..]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl AttachmentId {
    /// The attachment that `caller` announces for `ticket` by the request `request` at `at`.
    #[must_use]
    pub fn of(ticket: TicketId, caller: &str, request: &RequestId, at: Timestamp) -> Self {
        Self(timed(derive(&["attachment", &ticket.to_string(), caller, request.as_str()]), at))
    }

    /// When it was announced.
    #[must_use]
    pub fn began(self) -> Timestamp {
        let mut millis = [0; 8];
        millis[2..].copy_from_slice(&self.0.as_bytes()[..6]);
        let millis = i64::try_from(u64::from_be_bytes(millis)).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }
}

impl HandoverId {
    /// The id of the offer that would give `ticket` the epoch `epoch`.
    #[must_use]
    pub fn of(ticket: TicketId, epoch: Epoch) -> Self {
        Self(derive(&["handover", &ticket.to_string(), &epoch.to_string()]))
    }
}

impl MessageId {
    /// The message that delivers the handover `id`.
    #[must_use]
    pub fn of_handover(id: HandoverId) -> Self {
        Self(derive(&["handover-message", &id.to_string()]))
    }

    /// The message of kind `kind` that the step `step` causes for `about`, which is no ticket.
    #[must_use]
    pub fn of_letter(organization: &OrganizationId, kind: &str, about: &str, step: &str) -> Self {
        Self(derive(&["letter", organization.as_str(), kind, about, step]))
    }

    /// The message of kind `kind` that the step `step` (a request id, an epoch, another message) causes for `ticket`.
    #[must_use]
    pub fn of_step(ticket: TicketId, kind: &str, step: &str) -> Self {
        Self(derive(&["step", &ticket.to_string(), kind, step]))
    }
}

impl ClarificationId {
    /// The clarification that the request `request` opens on `ticket`.
    #[must_use]
    pub fn of(ticket: TicketId, request: &RequestId) -> Self {
        Self(derive(&["clarification", &ticket.to_string(), request.as_str()]))
    }
}

impl VisitId {
    /// The visit that the request `request` plans for `ticket`.
    #[must_use]
    pub fn of(ticket: TicketId, request: &RequestId) -> Self {
        Self(derive(&["visit", &ticket.to_string(), request.as_str()]))
    }
}

impl ProblemId {
    /// The problem that `caller` opens by the request `request`.
    #[must_use]
    pub fn of(organization: &OrganizationId, caller: &str, request: &RequestId) -> Self {
        Self(derive(&["problem", organization.as_str(), caller, request.as_str()]))
    }
}

impl MajorIncidentId {
    /// The major incident that `by` (a caller, or the watch) makes of `what` (a request, or a topic) at `at`. Later ids sort
    /// later.
    #[must_use]
    pub fn of(organization: &OrganizationId, by: &str, what: &str, at: Timestamp) -> Self {
        Self(timed(derive(&["major-incident", organization.as_str(), by, what]), at))
    }
}

impl TrendAlertId {
    /// The alert that `what` is otherwise at `line` since `at`. Later ids sort later.
    #[must_use]
    pub fn of(organization: &OrganizationId, line: Line, what: &str, at: Timestamp) -> Self {
        Self(timed(derive(&["trend-alert", organization.as_str(), line.name(), what]), at))
    }
}

impl ForceMajeureId {
    /// The force majeure that `caller` declares by the request `request` at `at`. Later ids sort later.
    #[must_use]
    pub fn of(organization: &OrganizationId, caller: &str, request: &RequestId, at: Timestamp) -> Self {
        Self(timed(derive(&["force-majeure", organization.as_str(), caller, request.as_str()]), at))
    }
}

impl RunbookId {
    /// The runbook that `caller` writes by the request `request`.
    #[must_use]
    pub fn of(organization: &OrganizationId, caller: &str, request: &RequestId) -> Self {
        Self(derive(&["runbook", organization.as_str(), caller, request.as_str()]))
    }
}

impl RunbookTestId {
    /// The test that `caller` asks for by the request `request`.
    #[must_use]
    pub fn of(runbook: RunbookId, caller: &str, request: &RequestId) -> Self {
        Self(derive(&["runbook-test", &runbook.to_string(), caller, request.as_str()]))
    }
}

impl BondId {
    /// The one bond of `ticket` with `vendor`.
    #[must_use]
    pub fn of(ticket: TicketId, vendor: &str) -> Self {
        Self(derive(&["bond", &ticket.to_string(), vendor]))
    }
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $max:literal, $allowed:expr, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(given: &str) -> Result<Self, NotAnId> {
                let allowed: fn(u8) -> bool = $allowed;
                if given.is_empty() || given.len() > $max || !given.bytes().all(allowed) {
                    return Err(NotAnId { given: shorten(given), wanted: $wanted });
                }
                Ok(Self(given.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;
            fn try_from(given: String) -> Result<Self, NotAnId> {
                given.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

name_id!(
    /// A company that uses the suite.
    OrganizationId, 64,
    |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-',
    "an organization (1 to 64 of a-z, 0-9 and `-`)"
);
name_id!(
    /// What a caller draws once per change it wants, and repeats with each try.
    RequestId, 128,
    |b| b.is_ascii_graphic(),
    "a request id (1 to 128 visible ASCII characters)"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let id = HandoverId::of("tkt_0190f3f2a1b27c3d8e4f5a6b7c8d9e0f".parse().unwrap(), Epoch::FIRST);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert!(text.to_uppercase().parse::<HandoverId>().is_err());
        assert!("hnd_".parse::<HandoverId>().is_err());
        assert!("tkt_0190f3f2-a1b2-7c3d-8e4f-5a6b7c8d9e0f".parse::<TicketId>().is_err());
    }

    #[test]
    fn the_same_request_makes_the_same_ticket_and_later_ids_sort_later() {
        let org: OrganizationId = "acme".parse().unwrap();
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let one = TicketId::of_request(&org, Line::ServiceDesk, "anna", &"a".parse().unwrap(), at);
        assert_eq!(one, TicketId::of_request(&org, Line::ServiceDesk, "anna", &"a".parse().unwrap(), at));
        assert_ne!(one, TicketId::of_request(&org, Line::SelfService, "anna", &"a".parse().unwrap(), at));
        assert_ne!(one, TicketId::of_request(&org, Line::ServiceDesk, "boris", &"a".parse().unwrap(), at));
        let later = TicketId::of_request(
            &org,
            Line::ServiceDesk,
            "anna",
            &"b".parse().unwrap(),
            at + jiff::SignedDuration::from_secs(1),
        );
        assert!(one < later);
    }

    #[test]
    fn parts_of_a_derived_id_do_not_run_together() {
        assert_ne!(derive(&["ab", "c"]), derive(&["a", "bc"]));
    }
}
