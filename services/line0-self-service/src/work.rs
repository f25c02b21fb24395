//! `SelfServiceService`: what clients and channels ask of line 0.

use std::sync::Arc;

use handover::wire::Reader;
use handover::{Change, Desk, Order, Parcel, Refused, answer};
use knowledge::ARTICLE_ID_BYTES_MAX;
use proto::handover::ForwardClientMessageRequest;
use proto::line0 as wire;
use proto::line0::reply::Outcome;
use proto::line0::self_service_service_server::SelfServiceService;
use rpc::Caller;
use texts::Text;
use ticket::evidence::Turn;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Custody, EventBody, Language, Line, OrganizationId, State, Ticket, TicketId, WakeReason, WrongState};
use tonic::{Request, Response, Status, async_trait};

use crate::articles::HERE;
use crate::ask::{answer_in_kind, decide, on_wire};
use crate::asked::{Badly, answered_badly};
use crate::forward::forward;
use crate::heard::Courtesy;
use crate::learned;
use crate::own::{Talk, Waits};
use crate::perform::called;
use crate::shelf::{Shelf, Shelves};
use crate::standing::{requests_of, standing, visible};
use crate::think::{Decision, Next, Signs, Thinking};

/// Serves `SelfServiceService`.
pub(crate) struct Work {
    pub(crate) desk: Desk,
    pub(crate) shelves: Shelves,
}

#[async_trait]
impl SelfServiceService for Work {
    async fn ask(&self, request: Request<wire::AskRequest>) -> Result<Response<wire::AskResponse>, Status> {
        answer(request, async |caller, request| self.ask_once(&caller, request).await).await
    }

    async fn follow_up(
        &self,
        request: Request<wire::FollowUpRequest>,
    ) -> Result<Response<wire::FollowUpResponse>, Status> {
        answer(request, async |caller, request| self.follow_up_once(&caller, request).await).await
    }

    async fn rate_answer(
        &self,
        request: Request<wire::RateAnswerRequest>,
    ) -> Result<Response<wire::RateAnswerResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RateAnswer", &request.request_id, &request)?;
            let wire::RateAnswerRequest { request_id: _, ticket_id, score } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let score = satisfaction(&mut reader, score);
            let (id, score) = reader.finish(id.zip(score))?;
            let deed = "rate the answer to";
            self.desk.change(&order, id, deed, move |change| Box::pin(rate(change, caller, id, score))).await
        })
        .await
    }

    async fn get_question(
        &self,
        request: Request<wire::GetQuestionRequest>,
    ) -> Result<Response<wire::GetQuestionResponse>, Status> {
        answer(request, async |caller, request| standing(&self.desk, &caller, request).await).await
    }
}

impl Work {
    async fn follow_up_once(
        &self,
        caller: &Caller,
        request: wire::FollowUpRequest,
    ) -> Result<wire::FollowUpResponse, Refused> {
        let order = Order::of(caller, "FollowUp", &request.request_id, &request)?;
        let wire::FollowUpRequest { request_id, ticket_id, text, human_please, article_id, none_fits, scenario_id } =
            request;
        let mut reader = Reader::default();
        let id = reader.id::<TicketId>("ticket_id", &ticket_id);
        let text = reader.optional("text", &text, TEXT_BYTES_MAX).unwrap_or_default();
        let article = reader.optional("article_id", &article_id, ARTICLE_ID_BYTES_MAX);
        let scenario = reader.optional("scenario_id", &scenario_id, LINE_BYTES_MAX);
        if text.is_empty() && !human_please && !none_fits && article.is_none() && scenario.is_none() {
            let right = "write something, or set `human_please`, `article_id`, `scenario_id` or `none_fits`";
            reader.wrong("text", format!("is empty; {right}"));
        }
        let id: TicketId = reader.finish(id)?;
        let (ticket, _) = self.desk.find(&caller.organization, id).await?;
        visible(caller, &ticket)?;
        let talk: Talk = self.desk.store().own(&caller.organization, id).await?;
        let language = ticket.facts.language;
        let text = match (text.is_empty(), scenario.as_ref().or(article.as_ref())) {
            (false, _) => text,
            (true, Some(chosen)) => chosen.clone(),
            (true, None) if none_fits => Text::WhyNoneFits.plain(language).to_owned(),
            (true, None) => Text::PersonCalled.with(language, &[("greeting", "")]).trim().to_owned(),
        };
        let signs = Signs { person: human_please, article, scenario, none_fits };
        let shelf = self.shelves.of(&caller.organization).await?;
        let decision = self.think(&caller.organization, &shelf, &text, signs, &talk, Some(language)).await?;
        let standing = self.standing_of(caller, &ticket.facts.client, Some(language), id, &decision).await?;
        let (said, step) = (text.clone(), request_id.clone());
        let done = self
            .desk
            .change(&order, id, "follow up", move |change| Box::pin(go_on(change, id, said, step, decision, standing)))
            .await?;
        let is_passed_on =
            done.ticket.as_ref().is_some_and(|ticket| ticket.custody() == proto::ticket::Custody::PassedOn);
        let is_forwarded = done.reply.as_ref().is_some_and(|reply| reply.outcome() == Outcome::Forwarded);
        if is_passed_on && is_forwarded {
            forward(&self.desk, &caller.organization, id, request_id, text).await?;
        }
        let (ticket, reply) = self.after(&caller.organization, done.ticket, done.reply).await?;
        Ok(wire::FollowUpResponse { ticket, reply })
    }

    pub(crate) async fn think(
        &self,
        organization: &OrganizationId,
        shelf: &Arc<Shelf>,
        text: &str,
        signs: Signs,
        talk: &Talk,
        language: Option<Language>,
    ) -> Result<Decision, Refused> {
        let plan = self.desk.plan(organization)?;
        if !plan.topology().has(HERE) {
            return Err(Refused::NotInTopology { from: HERE, to: Line::ServiceDesk });
        }
        let language = language.unwrap_or(plan.profile().language);
        Thinking { shelf, plan: &plan, talk, language }.about(text, signs).await
    }

    /// How the client's other requests stand, where that was asked.
    pub(crate) async fn standing_of(
        &self,
        caller: &Caller,
        client: &str,
        language: Option<Language>,
        asking: TicketId,
        decision: &Decision,
    ) -> Result<Option<String>, Refused> {
        match decision.next {
            Next::Standing => {
                let otherwise = self.desk.plan(&caller.organization)?.profile().language;
                requests_of(&self.desk, caller, client, language.unwrap_or(otherwise), asking).await.map(Some)
            }
            Next::Answer { .. }
            | Next::Offer { .. }
            | Next::Begin { .. }
            | Next::GoOn
            | Next::AskBack(_)
            | Next::Kind(_)
            | Next::Wordless
            | Next::HandOver { .. } => Ok(None),
        }
    }

    /// Tries to deliver a call and a handover at once, so that the client learns what came of it and who has the request.
    pub(crate) async fn after(
        &self,
        organization: &OrganizationId,
        ticket: Option<proto::ticket::Ticket>,
        reply: Option<wire::Reply>,
    ) -> Result<(Option<proto::ticket::Ticket>, Option<wire::Reply>), Refused> {
        let id = ticket.as_ref().and_then(|ticket| ticket.facts.as_ref()).map(|facts| facts.ticket_id.parse());
        let (Some(Ok(id)), Some(mut reply)) = (id, reply.clone()) else { return Ok((ticket, reply)) };
        let mut ticket = ticket;
        if reply.outcome() == Outcome::Working {
            reply = called(&self.desk, organization, id, reply).await?;
            let (held, version) = self.desk.find(organization, id).await?;
            ticket = on_wire(&held, version);
        }
        if let Some(outcome) = reply.handover.take() {
            let (passed, version, outcome) = self.desk.first_try(organization, id, outcome).await?;
            reply.handover = Some(outcome);
            ticket = on_wire(&passed, version);
        }
        Ok((ticket, Some(reply)))
    }
}

async fn go_on(
    change: &Change<'_>,
    id: TicketId,
    said: String,
    step: String,
    decision: Decision,
    standing: Option<String>,
) -> Result<wire::FollowUpResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    match ticket.custody {
        Custody::Held => {}
        // Evidence is on its way; what the client adds follows it in the same order.
        Custody::HandingOver { .. } => {
            let parcel = Parcel::ClientMessage;
            let envelope = change.envelope(&ticket, parcel, Line::ServiceDesk, &step);
            // Line 1 listens itself.
            let message = ForwardClientMessageRequest { envelope: Some(envelope.clone()), text: said, sound: None };
            change.send(&ticket, Line::ServiceDesk, parcel, &envelope, &message).await?;
            return Ok(quiet(&ticket, read));
        }
        Custody::PassedOn { .. } => return Ok(quiet(&ticket, read)),
    }
    let mut talk: Talk = change.work.own(change.organization(), id).await?;
    change.log(&ticket, EventBody::ClientWrote { text: said.clone() }).await?;
    talk.conversation.push(Turn { from_client: true, text: said.clone(), at: change.now });
    let reply = match (&ticket.state, &decision.next) {
        // Nobody opens a request again to say thanks.
        (
            State::Resolved { .. } | State::Closed { .. },
            Next::Kind(courtesy @ (Courtesy::Thanks | Courtesy::Farewell)),
        ) => answer_in_kind(change, &mut ticket, &mut talk, *courtesy).await?,
        (state, _) => {
            let wake = change.wake_in(change.plan.bot_deadline(), WakeReason::BotDeadline);
            if matches!(state, State::Resolved { .. } | State::Closed { .. }) {
                ticket.reopen(wake, change.now).map_err(Refused::state(id))?;
                change.log(&ticket, EventBody::Reopened { text: said.clone() }).await?;
                // Another question is not a complaint about the first answer.
                if talk.was_told() && !matches!(decision.next, Next::Answer { .. } | Next::Begin { .. }) {
                    learned::not_solved(change, &ticket).await?;
                    answered_badly(change, &ticket, &mut talk, Badly::Disliked).await?;
                }
                talk.none_helped(Text::WhyNotHelped.plain(ticket.facts.language));
            } else {
                ticket.wake = Some(wake);
                ticket.changed_at = change.now;
            }
            if talk.waits == Some(Waits::Question) {
                // Now it is said what it is about.
                talk.question = said;
            }
            decide(change, &mut ticket, &mut talk, decision, standing).await?
        }
    };
    let version = change.put_with(&ticket, Some(read), &talk).await?;
    Ok(wire::FollowUpResponse { ticket: on_wire(&ticket, version), reply: Some(reply) })
}

async fn rate(
    change: &Change<'_>,
    caller: Caller,
    id: TicketId,
    score: u8,
) -> Result<wire::RateAnswerResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    visible(&caller, &ticket)?;
    let mut talk: Talk = change.work.own(change.organization(), id).await?;
    let is_closed_here = ticket.custody == Custody::Held && matches!(ticket.state, State::Closed { .. });
    if !is_closed_here || !talk.was_told() {
        let problem = WrongState::Refused { action: "rate the answer to", state: "not answered by line 0" };
        return Err(Refused::State { ticket: id, problem });
    }
    change.log(&ticket, EventBody::Rated { score }).await?;
    let told: Vec<_> = talk.offered.iter().filter(|article| article.why_not.is_empty()).cloned().collect();
    match (learned::has_helped(score), told.as_slice()) {
        (Some(true), [only]) => learned::solved(change, &ticket, &talk, &only.article_id).await?,
        (Some(false), _) => {
            learned::not_solved(change, &ticket).await?;
            answered_badly(change, &ticket, &mut talk, Badly::Disliked).await?;
        }
        (Some(true) | None, _) => {}
    }
    change.work.put_own(change.organization(), id, &talk).await?;
    let version = change.touch(&mut ticket, read).await?;
    Ok(wire::RateAnswerResponse { ticket: on_wire(&ticket, version) })
}

fn satisfaction(reader: &mut Reader, given: u32) -> Option<u8> {
    let score = u8::try_from(given).ok().filter(|score| (1..=5).contains(score));
    if score.is_none() {
        reader.wrong("score", format!("is {given}; give 1, did not help at all, to 5, helped at once"));
    }
    score
}

/// A person has the request: line 0 does not talk over anybody.
fn quiet(ticket: &Ticket, version: store::Version) -> wire::FollowUpResponse {
    let reply = wire::Reply { outcome: Outcome::Forwarded as i32, ..wire::Reply::default() };
    wire::FollowUpResponse { ticket: on_wire(ticket, version), reply: Some(reply) }
}
