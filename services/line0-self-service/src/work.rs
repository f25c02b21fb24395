//! `SelfServiceService`: what clients and channels ask of line 0.

use handover::wire::{Reader, enums, evidence};
use handover::{Change, Desk, Order, Refused, answer};
use knowledge::{Answer, Hit};
use proto::line0 as wire;
use proto::line0::self_service_service_server::SelfServiceService;
use rpc::Caller;
use texts::Text;
use ticket::evidence::Turn;
use ticket::facts::Contact;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{
    Channel, EventBody, Facts, Impact, Kind, Language, Line, Mood, OrganizationId, Ticket, TicketId, Urgency,
    WakeReason,
};
use tonic::{Request, Response, Status, async_trait};
use tracing::Instrument;

use crate::articles::{HERE, client_of};
use crate::ask::{Decision, decide, on_wire, thresholds, wants_person};
use crate::own::Talk;
use crate::shelf::Shelves;
use crate::standing::{standing, visible};

/// Serves `SelfServiceService`.
pub(crate) struct Work {
    pub(crate) desk: Desk,
    pub(crate) shelves: Shelves,
}

/// A request, read and checked.
struct Asked {
    text: String,
    client: String,
    contact: Option<Contact>,
    channel: Channel,
    language: Option<Language>,
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

    async fn get_question(
        &self,
        request: Request<wire::GetQuestionRequest>,
    ) -> Result<Response<wire::GetQuestionResponse>, Status> {
        answer(request, async |caller, request| standing(&self.desk, &caller, request).await).await
    }
}

impl Work {
    async fn ask_once(&self, caller: &Caller, request: wire::AskRequest) -> Result<wire::AskResponse, Refused> {
        let order = Order::of(caller, "Ask", &request.request_id, &request)?;
        let asked = read(caller, request)?;
        let decision = self.look_up(&caller.organization, &asked.text, wants_person(&asked.text), &[]).await?;
        let id = self.desk.new_ticket(&order);
        let span = self.desk.span(id, "ask", "");
        let work = async {
            let response =
                self.desk.once(&order, move |change| Box::pin(register(change, id, asked, decision))).await?;
            let wire::AskResponse { ticket, reply } = response;
            let (ticket, reply) = self.after(&caller.organization, ticket, reply).await?;
            Ok(wire::AskResponse { ticket, reply })
        };
        work.instrument(span).await
    }

    async fn follow_up_once(
        &self,
        caller: &Caller,
        request: wire::FollowUpRequest,
    ) -> Result<wire::FollowUpResponse, Refused> {
        let order = Order::of(caller, "FollowUp", &request.request_id, &request)?;
        let wire::FollowUpRequest { request_id: _, ticket_id, text, human_please } = request;
        let mut reader = Reader::default();
        let id = reader.id::<TicketId>("ticket_id", &ticket_id);
        let text = reader.optional("text", &text, TEXT_BYTES_MAX).unwrap_or_default();
        if text.is_empty() && !human_please {
            reader.wrong("text", "is empty; write something, or set `human_please`");
        }
        let id: TicketId = reader.finish(id)?;
        let (ticket, _) = self.desk.find(&caller.organization, id).await?;
        visible(caller, &ticket)?;
        let talk: Talk = self.desk.store().own(&caller.organization, id).await?;
        let offered: Vec<String> = talk.offered.iter().map(|article| article.article_id.clone()).collect();
        let person = human_please || wants_person(&text);
        let decision = self.look_up(&caller.organization, &text, person, &offered).await?;
        let done = self
            .desk
            .change(&order, id, "follow up", move |change| Box::pin(go_on(change, id, text, decision)))
            .await?;
        let (ticket, reply) = self.after(&caller.organization, done.ticket, done.reply).await?;
        Ok(wire::FollowUpResponse { ticket, reply })
    }

    /// What knowledge says; articles that were offered before did not help, and do not answer again.
    async fn look_up(
        &self,
        organization: &OrganizationId,
        text: &str,
        person: bool,
        offered: &[String],
    ) -> Result<Decision, Refused> {
        let plan = self.desk.plan(organization)?;
        if !plan.topology().has(HERE) {
            return Err(Refused::NotInTopology { from: HERE, to: Line::ServiceDesk });
        }
        let (store, thresholds) = (self.desk.store(), thresholds(&plan));
        let (answer, best) = self.shelves.answer(store, organization, text.to_owned(), thresholds).await?;
        let is_new = |hit: &Hit| !offered.contains(&hit.article_id);
        let answer = match answer {
            Answer::Found(hit) if is_new(&hit) => Answer::Found(hit),
            Answer::Found(_) | Answer::Nothing => Answer::Nothing,
            Answer::Unsure(hits) => match hits.into_iter().filter(is_new).collect::<Vec<_>>() {
                hits if hits.is_empty() => Answer::Nothing,
                hits => Answer::Unsure(hits),
            },
        };
        let body = match &answer {
            Answer::Found(hit) => self.shelves.article(store, organization, &hit.article_id).await?.map(|a| a.body),
            Answer::Unsure(_) | Answer::Nothing => None,
        };
        let best = best.first().map_or(0.0, |hit| hit.score);
        Ok(Decision { answer, best, body, person, thresholds })
    }

    /// Tries to deliver a handover at once, so that the client learns who has the request.
    async fn after(
        &self,
        organization: &OrganizationId,
        ticket: Option<proto::ticket::Ticket>,
        reply: Option<wire::Reply>,
    ) -> Result<(Option<proto::ticket::Ticket>, Option<wire::Reply>), Refused> {
        let id = ticket.as_ref().and_then(|ticket| ticket.facts.as_ref()).map(|facts| facts.ticket_id.parse());
        match (id, reply) {
            (Some(Ok(id)), Some(wire::Reply { handover: Some(outcome), outcome: told, text, article_id, offers })) => {
                let (ticket, version, outcome) = self.desk.first_try(organization, id, outcome).await?;
                let reply = wire::Reply { outcome: told, text, article_id, offers, handover: Some(outcome) };
                Ok((on_wire(&ticket, version), Some(reply)))
            }
            (_, reply) => Ok((ticket, reply)),
        }
    }
}

fn read(caller: &Caller, request: wire::AskRequest) -> Result<Asked, Refused> {
    let wire::AskRequest { request_id: _, text, client, contact, channel, language } = request;
    let mut reader = Reader::default();
    let text = reader.text("text", &text, TEXT_BYTES_MAX);
    let channel = enums::channel(&mut reader, "channel", channel, true);
    let language = enums::language(&mut reader, "language", language, false);
    let contact = evidence::contact(&mut reader, "contact", contact);
    let channel = reader.finish(channel)?;
    Ok(Asked { text, client: client_of(caller, &client)?, contact, channel, language })
}

/// The language to answer in: said by the caller, told from the text, or the organization's.
fn spoken(said: Option<Language>, text: &str, otherwise: Language) -> Language {
    let told = knowledge::language_of(text).map(|language| match language {
        knowledge::Language::Russian => Language::Russian,
        knowledge::Language::English => Language::English,
    });
    said.or(told).unwrap_or(otherwise)
}

async fn register(
    change: &Change<'_>,
    id: TicketId,
    asked: Asked,
    decision: Decision,
) -> Result<wire::AskResponse, Refused> {
    let Asked { text, client, contact, channel, language } = asked;
    let first = text.lines().next().unwrap_or_default();
    let (impact, urgency) = (Impact::Medium, Urgency::Medium);
    let facts = Facts {
        id,
        organization: change.organization().clone(),
        number: None,
        kind: Kind::Question,
        subject: first[..first.floor_char_boundary(LINE_BYTES_MAX / 2)].to_owned(),
        text: text.clone(),
        language: spoken(language, &text, change.plan.profile().language),
        client,
        impact,
        urgency,
        priority: change.plan.priority(impact, urgency),
        mood: Mood::Neutral,
        category: None,
        product: None,
        environment: None,
        opened_at: change.now,
        trace: change.trace.traceparent.clone(),
    };
    let wake = change.wake_in(change.plan.bot_deadline(), WakeReason::BotDeadline);
    let mut ticket = Ticket::register(facts, HERE, wake, change.now);
    change.log(&ticket, EventBody::Registered { channel }).await?;
    let mut talk = Talk { contact, question: text.clone(), ..Talk::default() };
    talk.conversation.push(Turn { from_client: true, text, at: change.now });
    let reply = decide(change, &mut ticket, &mut talk, decision).await?;
    let version = change.put(&ticket, None).await?;
    change.work.put_own(change.organization(), id, &talk).await?;
    Ok(wire::AskResponse { ticket: on_wire(&ticket, version), reply: Some(reply) })
}

async fn go_on(
    change: &Change<'_>,
    id: TicketId,
    text: String,
    decision: Decision,
) -> Result<wire::FollowUpResponse, Refused> {
    let (mut ticket, read) = change.ticket(id).await?;
    let mut talk: Talk = change.work.own(change.organization(), id).await?;
    let wake = change.wake_in(change.plan.bot_deadline(), WakeReason::BotDeadline);
    let said = if text.is_empty() { Text::PersonCalled.with(ticket.facts.language, &[("greeting", "")]) } else { text };
    ticket.reopen(wake, change.now).map_err(Refused::state(id))?;
    change.log(&ticket, EventBody::Reopened { text: said.clone() }).await?;
    change.log(&ticket, EventBody::ClientWrote { text: said.clone() }).await?;
    for article in talk.offered.iter_mut().filter(|article| article.why_not.is_empty()) {
        article.why_not = Text::WhyNotHelped.plain(ticket.facts.language).to_owned();
    }
    talk.conversation.push(Turn { from_client: true, text: said.trim().to_owned(), at: change.now });
    let reply = decide(change, &mut ticket, &mut talk, decision).await?;
    let version = change.put(&ticket, Some(read)).await?;
    change.work.put_own(change.organization(), id, &talk).await?;
    Ok(wire::FollowUpResponse { ticket: on_wire(&ticket, version), reply: Some(reply) })
}
