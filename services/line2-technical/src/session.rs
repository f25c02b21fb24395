//! Remote sessions: never without the client's consent, and what came out of each.

use handover::wire::{Reader, enums, instant, record};
use handover::{Change, Desk, Order, Refused};
use proto::line2 as wire;
use rpc::Caller;
use ticket::event::TechnicalEvent;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation};
use ticket::{EventBody, TicketId};

use crate::own::{ConsentWay, Diagnosis, RemoteSession, SESSIONS_MAX, SessionEnd};

/// Records that a session begins.
pub(crate) async fn begin(
    desk: &Desk,
    caller: &Caller,
    request: wire::BeginSessionRequest,
) -> Result<wire::BeginSessionResponse, Refused> {
    let order = Order::of(caller, "BeginSession", &request.request_id, &request)?.expecting(request.expected_version);
    let wire::BeginSessionRequest { request_id: _, expected_version: _, ticket_id, consent, tool } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let tool = reader.text("tool", &tool, LINE_BYTES_MAX);
    let consent = reader.given("consent", consent).and_then(|wire::Consent { way, note }| {
        let note = reader.text("consent.note", &note, LINE_BYTES_MAX);
        consent_way(&mut reader, way).map(|way| (way, note))
    });
    let (id, (consent, consent_note)) = reader.finish(id.zip(consent))?;
    let by = caller.subject.clone();
    desk.change(&order, id, "begin a remote session on", move |change| {
        Box::pin(async move {
            let (mut ticket, read) = change.ticket(id).await?;
            ticket.may_work("begin a remote session on").map_err(Refused::state(id))?;
            let mut diagnosis: Diagnosis = change.work.own(change.organization(), id).await?;
            if diagnosis.sessions.len() >= SESSIONS_MAX {
                return Err(Refused::RecordFull { what: "remote sessions", most: SESSIONS_MAX });
            }
            let number = u32::try_from(diagnosis.sessions.len() + 1).unwrap_or(u32::MAX);
            let began = TechnicalEvent::SessionBegan { number, tool: tool.clone() };
            let session = RemoteSession { number, consent, consent_note, tool, by, began: change.now, end: None };
            diagnosis.sessions.push(session.clone());
            change.work.put_own(change.organization(), id, &diagnosis).await?;
            change.log(&ticket, EventBody::Technical(began)).await?;
            let version = change.touch(&mut ticket, read).await?;
            let ticket = Some(record::to_ticket(&ticket, version.number()));
            Ok(wire::BeginSessionResponse { ticket, session: Some(to_wire(session)) })
        })
    })
    .await
}

/// Records how a session ended.
pub(crate) async fn end(
    desk: &Desk,
    caller: &Caller,
    request: wire::EndSessionRequest,
) -> Result<wire::EndSessionResponse, Refused> {
    let order = Order::of(caller, "EndSession", &request.request_id, &request)?.expecting(request.expected_version);
    let wire::EndSessionRequest { request_id: _, expected_version: _, ticket_id, number, did, outcome, result } =
        request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let did = reader.text("did", &did, TEXT_BYTES_MAX);
    let outcome = enums::session_outcome(&mut reader, "outcome", outcome, true);
    let result = reader.text("result", &result, TEXT_BYTES_MAX);
    let (id, outcome) = reader.finish(id.zip(outcome))?;
    desk.change(&order, id, "end a remote session on", move |change| {
        Box::pin(async move {
            let end = SessionEnd { at: change.now, did, outcome, result };
            finish(change, id, number, end).await
        })
    })
    .await
}

async fn finish(
    change: &Change<'_>,
    id: TicketId,
    number: u32,
    end: SessionEnd,
) -> Result<wire::EndSessionResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    ticket.may_work("end a remote session on").map_err(Refused::state(id))?;
    let mut diagnosis: Diagnosis = change.work.own(change.organization(), id).await?;
    let session = diagnosis.sessions.iter_mut().find(|session| session.number == number);
    let refused = |fault: String| Refused::Fields(vec![Violation::new("number", fault)]);
    let session = session.ok_or_else(|| refused(format!("there is no session {number} on this ticket")))?;
    if session.end.is_some() {
        return Err(refused(format!("session {number} has ended, and is not changed any more")));
    }
    let outcome = end.outcome;
    session.end = Some(end);
    let session = session.clone();
    change.work.put_own(change.organization(), id, &diagnosis).await?;
    change.log(&ticket, EventBody::Technical(TechnicalEvent::SessionEnded { number, outcome })).await?;
    let version = change.touch(&mut ticket, read).await?;
    let ticket = Some(record::to_ticket(&ticket, version.number()));
    Ok(wire::EndSessionResponse { ticket, session: Some(to_wire(session)) })
}

fn consent_way(reader: &mut Reader, way: i32) -> Option<ConsentWay> {
    match wire::ConsentWay::try_from(way) {
        Ok(wire::ConsentWay::Spoken) => Some(ConsentWay::Spoken),
        Ok(wire::ConsentWay::Written) => Some(ConsentWay::Written),
        Ok(wire::ConsentWay::InTool) => Some(ConsentWay::InTool),
        Ok(wire::ConsentWay::Unspecified) => {
            reader.wrong("consent.way", "is unset; without the client's consent there is no session");
            None
        }
        Err(_) => {
            reader.wrong("consent.way", format!("{way} is not a value of this enum"));
            None
        }
    }
}

/// A session on the wire.
pub(crate) fn to_wire(session: RemoteSession) -> wire::RemoteSession {
    let RemoteSession { number, consent, consent_note, tool, by, began, end } = session;
    let way = match consent {
        ConsentWay::Spoken => wire::ConsentWay::Spoken,
        ConsentWay::Written => wire::ConsentWay::Written,
        ConsentWay::InTool => wire::ConsentWay::InTool,
    };
    let mut session = wire::RemoteSession {
        number,
        consent: Some(wire::Consent { way: way as i32, note: consent_note }),
        tool,
        by,
        began_at: Some(instant(began)),
        ..wire::RemoteSession::default()
    };
    if let Some(SessionEnd { at, did, outcome, result }) = end {
        session.ended_at = Some(instant(at));
        session.did = did;
        session.outcome = enums::to_session_outcome(outcome);
        session.result = result;
    }
    session
}
