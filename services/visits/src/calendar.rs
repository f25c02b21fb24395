//! Visits as iCalendar (RFC 5545), with the methods of iTIP (RFC 5546).

use icalendar::{Calendar, Component, Event, EventLike, Property};
use ticket::event::VisitState;

use crate::visit::{Visit, moment};

/// What a calendar program is to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Show these; for a calendar to subscribe to.
    Publish,
    /// Put this one in, or over what was there under a smaller `SEQUENCE`.
    Request,
    /// Take this one away.
    Cancel,
}

impl Method {
    /// The method by which one visit is told.
    #[must_use]
    pub fn of(visit: &Visit) -> Self {
        if visit.state == VisitState::Cancelled { Self::Cancel } else { Self::Request }
    }

    /// Its name in RFC 5546.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Request => "REQUEST",
            Self::Cancel => "CANCEL",
        }
    }

    /// What it is sent as.
    #[must_use]
    pub fn media_type(self) -> String {
        format!("text/calendar; charset=utf-8; method={}", self.name())
    }
}

/// What people read in an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Its title.
    pub summary: String,
    /// More about it.
    pub description: String,
}

/// Visits as a calendar of `organization`, each with the words that `words` finds for it.
///
/// Times are in UTC (RFC 5545, 3.3.5, form 2), so that no zone needs to come along. `UID` is the visit's id and stays,
/// `SEQUENCE` grows with each move, and `DTSTAMP` is the visit's last change.
#[must_use]
pub fn calendar<'v>(
    organization: &str,
    method: Method,
    visits: impl IntoIterator<Item = &'v Visit>,
    words: impl Fn(&Visit) -> Words,
) -> String {
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", format!("-//Estafeta//{organization}//RU")));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.append_property(Property::new("METHOD", method.name()));
    for visit in visits {
        calendar.push(event(organization, method, visit, &words(visit)));
    }
    folded(&calendar.done().to_string())
}

/// The most octets of a line, its break aside (RFC 5545, 3.1).
const LINE_OCTETS_MAX: usize = 75;

/// `ics` folded anew: the library leaves a last piece of 75 octets behind the space that continues a line, which is one
/// too many.
fn folded(ics: &str) -> String {
    let mut all = String::with_capacity(ics.len());
    for line in ics.replace("\r\n ", "").split_terminator("\r\n") {
        let mut octets = 0;
        for c in line.chars() {
            if octets + c.len_utf8() > LINE_OCTETS_MAX {
                all.push_str("\r\n ");
                octets = 1;
            }
            all.push(c);
            octets += c.len_utf8();
        }
        all.push_str("\r\n");
    }
    all
}

fn event(organization: &str, method: Method, visit: &Visit, words: &Words) -> Event {
    let mut event = Event::new();
    event.uid(&format!("{}@{organization}.estafeta", visit.id));
    event.add_property("DTSTAMP", moment(visit.changed_at));
    event.add_property("CREATED", moment(visit.planned_at));
    event.add_property("LAST-MODIFIED", moment(visit.changed_at));
    event.add_property("DTSTART", moment(visit.booking.window.begins));
    event.add_property("DTEND", moment(visit.booking.window.ends));
    event.sequence(visit.sequence);
    event.summary(&words.summary);
    event.description(&words.description);
    event.location(visit.place.address.as_deref().unwrap_or(&visit.place.reference));
    event.add_property("STATUS", status(visit.state));
    event.add_property("ORGANIZER", format!("urn:estafeta:{organization}"));
    // A published calendar names nobody as invited (RFC 5546, 3.2.1).
    if method != Method::Publish {
        let person = format!("urn:estafeta:{organization}:person:{}", visit.booking.engineer);
        let mut attendee = Property::new("ATTENDEE", person);
        attendee.add_parameter("CN", &visit.booking.engineer).add_parameter("ROLE", "REQ-PARTICIPANT");
        event.append_property(attendee.done());
    }
    event.done()
}

fn status(state: VisitState) -> &'static str {
    match state {
        VisitState::Planned => "TENTATIVE",
        VisitState::Confirmed | VisitState::UnderWay | VisitState::Done | VisitState::Failed => "CONFIRMED",
        VisitState::Cancelled => "CANCELLED",
    }
}
