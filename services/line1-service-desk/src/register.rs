//! Making a ticket of a request that came to the service desk itself.

use handover::wire::{Reader, enums, evidence, record};
use handover::{Change, Desk, Order, Refused};
use proto::line1::{RegisterRequest, RegisterResponse};
use rpc::{Caller, Role};
use store::Mark;
use texts::Text;
use ticket::facts::Contact;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Channel, EventBody, Facts, Impact, Kind, Language, Line, Ticket, TicketId, Urgency};
use tracing::Instrument;

use crate::language::language_of;
use crate::learned::{self, Advice, Asked};
use crate::own::Home;
use crate::rules::{number, queue, write_to_client};
use crate::sorting::{Said, sort};

/// A request, read and checked.
struct Registration {
    client: String,
    contact: Contact,
    channel: Channel,
    kind: Option<Kind>,
    subject: String,
    text: String,
    language: Option<Language>,
    category: Option<String>,
    impact: Option<Impact>,
    urgency: Option<Urgency>,
    product: Option<String>,
    environment: Option<String>,
}

impl Registration {
    /// What the models are asked.
    fn asked(&self) -> Asked {
        let (product, environment) = (self.product.as_deref(), self.environment.as_deref());
        let language = self.language.or(language_of(&self.text));
        Asked::new((&self.subject, &self.text), language, Some(self.channel), product, environment)
    }
}

fn read(caller: &Caller, request: RegisterRequest) -> Result<Registration, Refused> {
    let RegisterRequest {
        request_id: _,
        client,
        contact,
        channel,
        kind,
        subject,
        text,
        language,
        category,
        impact,
        urgency,
        product,
        environment,
    } = request;
    let mut reader = Reader::default();
    let client = match caller.role {
        // A client is who the token says, whatever the request says.
        Role::Client => caller.subject.clone(),
        _ => reader.text("client", &client, LINE_BYTES_MAX),
    };
    let channel = enums::channel(&mut reader, "channel", channel, true);
    let text = reader.text("text", &text, TEXT_BYTES_MAX);
    let subject = reader.optional("subject", &subject, LINE_BYTES_MAX).unwrap_or_else(|| first_line(&text));
    let registration = Registration {
        client,
        contact: evidence::contact(&mut reader, "contact", contact).unwrap_or_default(),
        channel: channel.unwrap_or(Channel::WebForm),
        kind: enums::kind(&mut reader, "kind", kind, false),
        subject,
        text,
        language: enums::language(&mut reader, "language", language, false),
        category: reader.optional("category", &category, LINE_BYTES_MAX),
        impact: enums::impact(&mut reader, "impact", impact, false),
        urgency: enums::urgency(&mut reader, "urgency", urgency, false),
        product: reader.optional("product", &product, LINE_BYTES_MAX),
        environment: reader.optional("environment", &environment, LINE_BYTES_MAX),
    };
    reader.finish(Some(registration))
}

/// The first line of a text, cut at a character's edge to what a subject may have.
pub(crate) fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line[..line.floor_char_boundary(LINE_BYTES_MAX / 2)].to_owned()
}

pub(crate) async fn register(
    desk: &Desk,
    caller: &Caller,
    request: RegisterRequest,
) -> Result<RegisterResponse, Refused> {
    let order = Order::of(caller, "Register", &request.request_id, &request)?;
    let registration = read(caller, request)?;
    let id = desk.new_ticket(&order);
    let span = desk.span(id, "register", "");
    let advice = learned::advise(desk, &caller.organization, &registration.asked()).await;
    let once = desk.once(&order, move |change| Box::pin(async move { make(change, id, registration, advice).await }));
    once.instrument(span).await
}

async fn make(
    change: &Change<'_>,
    id: TicketId,
    registration: Registration,
    advice: Vec<Advice>,
) -> Result<RegisterResponse, Refused> {
    let Registration {
        client,
        contact,
        channel,
        kind,
        subject,
        text,
        language,
        category,
        impact,
        urgency,
        product,
        environment,
    } = registration;
    if let Some(category) = &category
        && change.plan.category(category).is_none()
    {
        return Err(Refused::CategoryUnknown(category.clone()));
    }
    let said = Said { kind: kind.is_some(), impact: impact.is_some(), urgency: urgency.is_some() };
    let (impact, urgency) = (impact.unwrap_or(Impact::Medium), urgency.unwrap_or(Urgency::Medium));
    let mut home = Home { contact, ..Home::default() };
    let mood = home.hear(text.clone(), change.now);
    let spoken = language_of(&text);
    let facts = Facts {
        id,
        organization: change.organization().clone(),
        number: None,
        kind: kind.unwrap_or(Kind::Question),
        subject,
        text,
        language: language.or(spoken).unwrap_or(change.plan.profile().language),
        client,
        impact,
        urgency,
        priority: change.plan.priority(impact, urgency),
        raises: Vec::new(),
        mood,
        category,
        product,
        environment,
        opened_at: change.now,
        trace: change.trace.traceparent.clone(),
    };
    let wake = change.queue_wake_of(&facts);
    let mut ticket = Ticket::register(facts, Line::ServiceDesk, wake, change.now);
    number(change, &mut ticket).await?;
    change.log(&ticket, EventBody::Registered { channel }).await?;
    sort(change, &mut ticket, &mut home, Some(channel), said, advice).await?;
    change.align_with_force_majeure(&mut ticket).await?;
    queue(change, &mut ticket).await?;
    let greeting = change.greeting(ticket.facts.language).await?;
    let fields = [("greeting", greeting), ("number", ticket.facts.number.clone().unwrap_or_default())];
    write_to_client(change, &ticket, &mut home, Text::Registered, &fields).await?;
    let version = change.put_with(&ticket, None, &home).await?;
    change.work.add_mark(change.organization(), ticket.facts.id, Mark::Channel, channel.name()).await?;
    Ok(RegisterResponse { ticket: Some(record::to_ticket(&ticket, version.number())) })
}
