//! Visits on the wire, and in the words of a calendar.

use handover::wire::{Reader, enums, instant, to_instant};
use proto::line2 as wire;
use texts::Text;
use ticket::Language;
use ticket::event::Window;
use ticket::field::LINE_BYTES_MAX;
use visits::{Answer, Booking, Journey, Place, Visit, Words};

/// The longest reference to a place, in bytes.
const PLACE_BYTES_MAX: usize = 128;

/// Who comes when, from the wire. Whether it makes sense is said when it is booked.
pub(crate) fn read_booking(reader: &mut Reader, given: Option<wire::Booking>) -> Option<Booking> {
    let wire::Booking { engineer, begins, ends, travel_there_minutes, travel_back_minutes, skills, outside_hours } =
        reader.given("booking", given)?;
    let engineer = reader.text("booking.engineer", &engineer, LINE_BYTES_MAX);
    let begins = to_instant(reader, "booking.begins", begins);
    let ends = to_instant(reader, "booking.ends", ends);
    let skills = reader.list("booking.skills", skills);
    let skills = skills.iter().map(|skill| reader.text("booking.skills", skill, LINE_BYTES_MAX)).collect();
    let journey = Journey { there: travel_there_minutes, back: travel_back_minutes };
    let window = Window { begins: begins?, ends: ends? };
    Some(Booking { engineer, window, journey, skills, outside_hours })
}

/// Where it goes, from the wire: a reference that is none of the words of an address, and the address where it may be kept.
pub(crate) fn read_place(reader: &mut Reader, reference: &str, address: &str, keeps_address: bool) -> Place {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:/#".contains(c);
    if reference.is_empty() || reference.len() > PLACE_BYTES_MAX || !reference.chars().all(allowed) {
        let fault = format!("is no reference: use 1 to {PLACE_BYTES_MAX} of letters, digits and `-._:/#`");
        reader.wrong("place", fault);
    }
    let address = reader.optional("address", address, LINE_BYTES_MAX);
    if address.is_some() && !keeps_address {
        let fault = "is the client's and stays with line 1; the plan's `technical.visits.keeps_address` is off";
        reader.wrong("address", fault);
    }
    Place { reference: reference.to_owned(), address }
}

/// A visit on the wire.
pub(crate) fn to_wire(visit: Visit) -> wire::Visit {
    let Visit {
        id,
        ticket,
        number: _,
        booking: Booking { engineer, window, journey, skills, outside_hours },
        why_on_site,
        purpose,
        place,
        state,
        sequence,
        revision: _,
        planned_by,
        planned_at,
        changed_at: _,
        answer,
        begun_at,
        ended_at,
        outcome,
    } = visit;
    let said = |Answer { agreed, comment, at }| wire::VisitAnswer { agreed, comment, at: Some(instant(at)) };
    wire::Visit {
        visit_id: id.to_string(),
        ticket_id: ticket.to_string(),
        state: enums::to_visit_state(state),
        sequence,
        booking: Some(wire::Booking {
            engineer,
            begins: Some(instant(window.begins)),
            ends: Some(instant(window.ends)),
            travel_there_minutes: journey.there,
            travel_back_minutes: journey.back,
            skills,
            outside_hours,
        }),
        why_on_site,
        purpose,
        place: place.reference,
        address: place.address.unwrap_or_default(),
        planned_by,
        planned_at: Some(instant(planned_at)),
        answer: answer.map(said),
        begun_at: begun_at.map(instant),
        ended_at: ended_at.map(instant),
        outcome,
    }
}

/// A visit in the words of a calendar.
pub(crate) fn words(visit: &Visit, language: Language) -> Words {
    let Journey { there, back } = visit.booking.journey;
    let (there, back) = (there.to_string(), back.to_string());
    let place = visit.place.address.as_deref().unwrap_or(&visit.place.reference);
    let summary = [("number", visit.number.as_str()), ("purpose", visit.purpose.as_str())];
    let about = [("why", visit.why_on_site.as_str()), ("place", place), ("there", &there), ("back", &back)];
    Words {
        summary: Text::VisitSummary.with(language, &summary),
        description: Text::VisitDescription.with(language, &about),
    }
}
