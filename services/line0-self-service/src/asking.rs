//! Asking: a request is registered with what is said to it.

use std::sync::Arc;

use handover::wire::{Reader, enums, evidence};
use handover::{Change, Order, Refused};
use proto::line0 as wire;
use rpc::Caller;
use ticket::evidence::Turn;
use ticket::facts::Contact;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Channel, EventBody, Facts, Impact, Kind, Language, Mood, Ticket, TicketId, Urgency, WakeReason};
use tracing::Instrument;

use crate::articles::{HERE, client_of};
use crate::ask::{decide, on_wire};
use crate::kept;
use crate::own::Talk;
use crate::pasted::Pasted;
use crate::shelf::Shelf;
use crate::think::{Decision, Signs};
use crate::work::Work;

/// A request, read and checked.
#[derive(Clone)]
struct Asked {
    text: String,
    client: String,
    contact: Option<Contact>,
    channel: Channel,
    language: Option<Language>,
}

impl Work {
    /// Registers a request, and answers it or does what else is to be done, once.
    pub(crate) async fn ask_once(
        &self,
        caller: &Caller,
        request: wire::AskRequest,
    ) -> Result<wire::AskResponse, Refused> {
        let order = Order::of(caller, "Ask", &request.request_id, &request)?;
        let asked = read(caller, request)?;
        let id = self.desk.new_ticket(&order);
        let span = self.desk.span(id, "ask", "");
        let work = async {
            let (shelf, revision) = self.shelves.at_hand(&caller.organization).await?;
            let response = match self.ask_by((&shelf, Some(revision)), caller, &order, id, asked.clone()).await {
                // Articles were changed meanwhile, perhaps on another replica.
                Err(Refused::ConcurrentChange(_)) => {
                    let shelf = self.shelves.of(&caller.organization).await?;
                    self.ask_by((&shelf, None), caller, &order, id, asked).await?
                }
                done => done?,
            };
            let wire::AskResponse { ticket, reply } = response;
            let (ticket, reply) = self.after(&caller.organization, ticket, reply).await?;
            Ok(wire::AskResponse { ticket, reply })
        };
        work.instrument(span).await
    }

    /// Registers a request and does what a shelf says to it; [`Refused::ConcurrentChange`] when that shelf is to have a
    /// revision which is no longer the latest.
    async fn ask_by(
        &self,
        (shelf, revision): (&Arc<Shelf>, Option<u64>),
        caller: &Caller,
        order: &Order,
        id: TicketId,
        asked: Asked,
    ) -> Result<wire::AskResponse, Refused> {
        let (talk, language) = (Talk::default(), asked.language);
        let decision = self.think(&caller.organization, shelf, &asked.text, Signs::default(), &talk, language).await?;
        let standing = self.standing_of(caller, &asked.client, language, id, &decision).await?;
        let job = async move |change: &Change<'_>| {
            if let Some(revision) = revision
                && kept::latest_in(change).await? != revision
            {
                return Err(Refused::ConcurrentChange(id));
            }
            register(change, id, asked, decision, standing).await
        };
        self.desk.once(order, move |change| Box::pin(job(change))).await
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
    let language = language.or_else(|| spoken(&text));
    Ok(Asked { text, client: client_of(caller, &client)?, contact, channel, language })
}

/// The language of what was meant, whatever layout it was typed with; none when it is neither of ours.
fn spoken(text: &str) -> Option<Language> {
    let retyped = knowledge::retyped(text);
    knowledge::language_of(retyped.as_deref().unwrap_or(text)).map(|language| match language {
        knowledge::Language::Russian => Language::Russian,
        knowledge::Language::English => Language::English,
    })
}

async fn register(
    change: &Change<'_>,
    id: TicketId,
    asked: Asked,
    decision: Decision,
    standing: Option<String>,
) -> Result<wire::AskResponse, Refused> {
    let Asked { text, client, contact, channel, language } = asked;
    let words = Pasted::in_text(&text).map(|pasted| pasted.words).filter(|words| !words.is_empty());
    let first = words.as_deref().unwrap_or(&text).lines().next().unwrap_or_default();
    let (impact, urgency) = (Impact::Medium, Urgency::Medium);
    let facts = Facts {
        id,
        organization: change.organization().clone(),
        number: None,
        kind: Kind::Question,
        subject: first[..first.floor_char_boundary(LINE_BYTES_MAX / 2)].to_owned(),
        text: text.clone(),
        language: language.unwrap_or(change.plan.profile().language),
        client,
        impact,
        urgency,
        priority: change.plan.priority(impact, urgency),
        raises: Vec::new(),
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
    let mut talk = Talk { contact, question: text.clone(), channel: Some(channel), ..Talk::default() };
    talk.conversation.push(Turn { from_client: true, text, at: change.now });
    let reply = decide(change, &mut ticket, &mut talk, decision, standing).await?;
    let version = change.put_with(&ticket, None, &talk).await?;
    Ok(wire::AskResponse { ticket: on_wire(&ticket, version), reply: Some(reply) })
}
