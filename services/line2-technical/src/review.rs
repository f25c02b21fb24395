//! The help given so far: what lines 0 and 1 did, and whether it is enough to go on from.

use handover::wire::{Reader, enums, evidence, instant, record};
use handover::{Change, Desk, Order, Recipient, Refused, offer_back, ticket_id};
use plan::ReviewedStep;
use proto::line2 as wire;
use rpc::{Caller, Role};
use texts::Text;
use ticket::event::{Brought, TechnicalEvent};
use ticket::evidence::{DeskEvidence, OfferedArticle, TechnicalEvidence};
use ticket::field::TEXT_BYTES_MAX;
use ticket::journey::Journey;
use ticket::{EventBody, Evidence, ReturnReason, Ticket, TicketId};

use crate::own::{Diagnosis, Review};

/// The most messages of a conversation that are shown, the last ones.
const CONVERSATION_MAX: usize = 200;

/// Fails when the plan asks for an accepted review before `step` and there is none.
pub(crate) fn reviewed(
    change: &Change<'_>,
    ticket: &Ticket,
    diagnosis: &Diagnosis,
    step: ReviewedStep,
) -> Result<(), Refused> {
    let asked_for = change.plan.technical().review_before.contains(&step);
    if asked_for && !diagnosis.review.as_ref().is_some_and(|review| review.accepted) {
        let action = match step {
            ReviewedStep::Diagnosis => "diagnose",
            ReviewedStep::Escalation => "escalate",
            ReviewedStep::Resolution => "resolve",
        };
        return Err(Refused::ReviewRequired { ticket: ticket.facts.id, action });
    }
    Ok(())
}

/// What lines 0 and 1 did so far.
pub(crate) async fn help(
    desk: &Desk,
    caller: &Caller,
    request: wire::GetHelpRequest,
) -> Result<wire::GetHelpResponse, Refused> {
    let id = ticket_id(&request.ticket_id)?;
    desk.find(&caller.organization, id).await?;
    let diagnosis: Diagnosis = desk.store().own(&caller.organization, id).await?;
    let shows_conversation = desk.plan(&caller.organization)?.technical().shows_conversation;
    let journey = desk.journey(&caller.organization, id).await?;
    let asked = desk_evidence(&journey).cloned();
    let conversation = if shows_conversation { conversation(&journey, asked.as_ref()) } else { Vec::new() };
    let (question, articles_offered) = asked.map_or_else(Default::default, |asked| {
        let offered =
            |OfferedArticle { article_id, title, why_not }| wire::OfferedArticle { article_id, title, why_not };
        (asked.question, asked.articles_offered.into_iter().map(offered).collect())
    });
    Ok(wire::GetHelpResponse {
        evidence: technical_evidence(&journey).cloned().map(evidence::to_technical),
        question,
        articles_offered,
        conversation,
        review: diagnosis.review.map(to_review),
        missing: journey.missing.into_iter().map(enums::to_line).collect(),
    })
}

fn brought(journey: &Journey) -> impl DoubleEndedIterator<Item = &Evidence> {
    journey.stays.iter().filter_map(|stay| match &stay.brought {
        Some(Brought::Evidence { evidence }) => Some(evidence.as_ref()),
        Some(Brought::Return { .. } | Brought::Resolution { .. }) | None => None,
    })
}

fn technical_evidence(journey: &Journey) -> Option<&TechnicalEvidence> {
    brought(journey).rev().find_map(|evidence| match evidence {
        Evidence::Technical(evidence) => Some(evidence),
        Evidence::ServiceDesk(_) | Evidence::Expert(_) | Evidence::Vendor(_) => None,
    })
}

fn desk_evidence(journey: &Journey) -> Option<&DeskEvidence> {
    brought(journey).find_map(|evidence| match evidence {
        Evidence::ServiceDesk(evidence) => Some(evidence),
        Evidence::Technical(_) | Evidence::Expert(_) | Evidence::Vendor(_) => None,
    })
}

/// What client and support wrote to each other, oldest first: with line 0 as it was handed over, with line 1 by its log.
fn conversation(journey: &Journey, asked: Option<&DeskEvidence>) -> Vec<wire::Turn> {
    let at_line_0 = asked.into_iter().flat_map(|asked| &asked.conversation);
    let at_line_0 = at_line_0.map(|turn| (turn.from_client, turn.text.clone(), turn.at));
    let at_line_1 = journey.events.iter().filter(|event| event.line == ticket::Line::OWNER);
    let at_line_1 = at_line_1.filter_map(|event| match &event.body {
        EventBody::ClientWrote { text } => Some((true, text.clone(), event.at)),
        EventBody::WroteToClient { text } => Some((false, text.clone(), event.at)),
        _ => None,
    });
    let all: Vec<_> = at_line_0.chain(at_line_1).collect();
    let shown = all.len().saturating_sub(CONVERSATION_MAX);
    let turn = |(from_client, text, at)| wire::Turn { from_client, text, at: Some(instant(at)) };
    all.into_iter().skip(shown).map(turn).collect()
}

enum Verdict {
    Accept { note: String },
    SendBack { reason: ReturnReason, asked_for: String },
}

/// Accepts the help given so far, or sends the ticket back.
pub(crate) async fn review(
    desk: &Desk,
    caller: &Caller,
    request: wire::ReviewHelpRequest,
) -> Result<wire::ReviewHelpResponse, Refused> {
    let order = Order::of(caller, "ReviewHelp", &request.request_id, &request)?.expecting(request.expected_version);
    let wire::ReviewHelpRequest { request_id: _, expected_version: _, ticket_id, verdict } = request;
    let mut reader = Reader::default();
    let id = reader.id::<TicketId>("ticket_id", &ticket_id);
    let verdict = match reader.given("verdict", verdict) {
        Some(wire::review_help_request::Verdict::Accept(wire::AcceptHelp { note })) => {
            Some(Verdict::Accept { note: reader.optional("accept.note", &note, TEXT_BYTES_MAX).unwrap_or_default() })
        }
        Some(wire::review_help_request::Verdict::SendBack(wire::SendBack { reason, asked_for })) => {
            let reason = enums::return_reason(&mut reader, "send_back.reason", reason, true);
            let asked_for = reader.text("send_back.asked_for", &asked_for, TEXT_BYTES_MAX);
            reason.map(|reason| Verdict::SendBack { reason, asked_for })
        }
        None => None,
    };
    let (id, verdict) = reader.finish(id.zip(verdict))?;
    let (by, may_override) = (caller.subject.clone(), caller.role == Role::Supervisor);
    let mut answer = desk
        .change(&order, id, "review the help on", move |change| {
            Box::pin(async move { judge(change, id, by, verdict, may_override).await })
        })
        .await?;
    // A return goes the way of every other: tried at once, and delivered later if need be.
    if let Some(offered) = answer.outcome.take() {
        let (ticket, version, outcome) = desk.first_try(&caller.organization, id, offered).await?;
        answer.ticket = Some(record::to_ticket(&ticket, version.number()));
        answer.outcome = Some(outcome);
    }
    Ok(answer)
}

async fn judge(
    change: &Change<'_>,
    id: TicketId,
    by: String,
    verdict: Verdict,
    may_override: bool,
) -> Result<wire::ReviewHelpResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    ticket.may_work("review the help on").map_err(Refused::state(id))?;
    let mut diagnosis: Diagnosis = change.work.own(change.organization(), id).await?;
    let (review, outcome) = match verdict {
        Verdict::Accept { note } => {
            change.log(&ticket, EventBody::Technical(TechnicalEvent::HelpAccepted { note: note.clone() })).await?;
            (Review { accepted: true, note, by, at: change.now }, None)
        }
        Verdict::SendBack { reason, asked_for } => {
            let sent_back = TechnicalEvent::HelpSentBack { reason, asked_for: asked_for.clone() };
            change.log(&ticket, EventBody::Technical(sent_back)).await?;
            let fields = [("by", by.as_str()), ("asked_for", asked_for.as_str())];
            let (to, text) = (Recipient::Supervisors, Text::NoticeHelpSentBack);
            change.notify_of(&ticket, to, "help-sent-back", text, &fields).await?;
            let outcome = offer_back(change, &mut ticket, reason, asked_for.clone(), may_override).await?;
            (Review { accepted: false, note: asked_for, by, at: change.now }, Some(outcome))
        }
    };
    diagnosis.review = Some(review.clone());
    change.work.put_own(change.organization(), id, &diagnosis).await?;
    let version = change.touch(&mut ticket, read).await?;
    let ticket = Some(record::to_ticket(&ticket, version.number()));
    Ok(wire::ReviewHelpResponse { ticket, review: Some(to_review(review)), outcome })
}

fn to_review(review: Review) -> wire::Review {
    let Review { accepted, note, by, at } = review;
    wire::Review { accepted, note, by, at: Some(instant(at)) }
}
