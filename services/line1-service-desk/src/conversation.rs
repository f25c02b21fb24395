//! `ConversationService`: words for a client, and advice for hard talks.

use std::collections::BTreeMap;

use handover::wire::{Reader, enums, record};
use handover::{Desk, Order, Refused, answer, page_size, ticket_id};
use plan::{FieldKind, Plan, Rendering, Template};
use proto::line1 as wire;
use proto::line1::conversation_service_server::ConversationService;
use ticket::field::{LINE_BYTES_MAX, Violation};
use ticket::{EventBody, Ticket, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::advice::{of_ticket, to_advice};
use crate::own::{Home, Message};
use crate::progress;

/// No template has more fields.
const FIELDS_MAX: usize = 32;

/// Serves `ConversationService`.
pub(crate) struct Conversation(pub(crate) Desk);

#[async_trait]
impl ConversationService for Conversation {
    async fn list_templates(
        &self,
        request: Request<wire::ListTemplatesRequest>,
    ) -> Result<Response<wire::ListTemplatesResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListTemplatesRequest { page_size: size, page_token } = request;
            let size = page_size(size)? as usize;
            let plan = self.0.plan(&caller.organization)?;
            if !page_token.is_empty() && plan.template(&page_token).is_none() {
                return Err(Refused::PageToken);
            }
            let mut rest = plan.templates().filter(|template| template.id > page_token);
            let templates: Vec<_> = rest.by_ref().take(size).map(to_template).collect();
            let last = templates.last().map(|template| template.template_id.clone()).unwrap_or_default();
            let next_page_token = rest.next().map(|_| last).unwrap_or_default();
            Ok(wire::ListTemplatesResponse { templates, next_page_token })
        })
        .await
    }

    async fn get_rendering(
        &self,
        request: Request<wire::GetRenderingRequest>,
    ) -> Result<Response<wire::GetRenderingResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::GetRenderingRequest { ticket_id, template_id, fields } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let values = read_values(&mut reader, fields);
            let id = reader.finish(id)?;
            let (ticket, _) = self.0.find(&caller.organization, id).await?;
            let home: Home = self.0.store().own(&caller.organization, id).await?;
            let plan = self.0.plan(&caller.organization)?;
            let Rendering { text, missing, wrong } = render(&plan, &ticket, &home, &template_id, values)?;
            let language = enums::to_language(ticket.facts.language);
            Ok(wire::GetRenderingResponse { text, language, missing, wrong })
        })
        .await
    }

    async fn write_by_template(
        &self,
        request: Request<wire::WriteByTemplateRequest>,
    ) -> Result<Response<wire::WriteByTemplateResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "WriteByTemplate", &request.request_id, &request)?
                .expecting(request.expected_version);
            let wire::WriteByTemplateRequest { request_id: _, expected_version: _, ticket_id, template_id, fields } =
                request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let values = read_values(&mut reader, fields);
            let id = reader.finish(id)?;
            let write = self.0.change(&order, id, "write to the client", move |change| {
                Box::pin(async move {
                    let (mut ticket, read) = change.ticket(id).await?;
                    let mut home: Home = change.work.own(change.organization(), id).await?;
                    let text = whole(render(&change.plan, &ticket, &home, &template_id, values)?)?;
                    home.conversation.push(Message { from_client: false, text: text.clone(), at: change.now });
                    change.log(&ticket, EventBody::WroteToClient { text: text.clone() }).await?;
                    progress::spoke(change, &ticket, &mut home).await?;
                    change.work.put_own(change.organization(), id, &home).await?;
                    let version = change.touch(&mut ticket, read).await?;
                    let ticket = Some(record::to_ticket(&ticket, version.number()));
                    Ok(wire::WriteByTemplateResponse { ticket, text })
                })
            });
            write.await
        })
        .await
    }

    async fn get_advice(
        &self,
        request: Request<wire::GetAdviceRequest>,
    ) -> Result<Response<wire::GetAdviceResponse>, Status> {
        answer(request, async |caller, request| {
            let id = ticket_id(&request.ticket_id)?;
            let (ticket, _) = self.0.find(&caller.organization, id).await?;
            let home: Home = self.0.store().own(&caller.organization, id).await?;
            let language = self.0.plan(&caller.organization)?.profile().language;
            let advice = to_advice(of_ticket(&ticket, &home, self.0.clock().now()), language);
            Ok::<_, Refused>(wire::GetAdviceResponse { advice })
        })
        .await
    }
}

fn read_values(reader: &mut Reader, given: Vec<wire::FieldValue>) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    if given.len() > FIELDS_MAX {
        reader.wrong("fields", format!("has {} entries; at most {FIELDS_MAX} are taken", given.len()));
        return values;
    }
    for (index, wire::FieldValue { field_id, value }) in given.into_iter().enumerate() {
        let field = reader.text(&format!("fields[{index}].field_id"), &field_id, LINE_BYTES_MAX);
        let value = reader.optional(&format!("fields[{index}].value"), &value, LINE_BYTES_MAX).unwrap_or_default();
        if values.insert(field, value).is_some() {
            reader.wrong(&format!("fields[{index}].field_id"), "is there twice; give each field once");
        }
    }
    values
}

/// The template filled in with what was given and what the ticket tells.
fn render(
    plan: &Plan,
    ticket: &Ticket,
    home: &Home,
    template: &str,
    mut values: BTreeMap<String, String>,
) -> Result<Rendering, Refused> {
    let Some(template) = plan.template(template) else {
        let fault = "is not a template of the plan; ListTemplates shows those there are";
        return Err(Refused::Fields(vec![Violation::new("template_id", fault)]));
    };
    let known = [("number", ticket.facts.number.clone().unwrap_or_default()), ("name", home.contact.name.clone())];
    values.extend(known.map(|(id, value)| (id.to_owned(), value)));
    Ok(template.render(ticket.facts.language, &values))
}

/// What may be sent: nothing is missing or wrong.
fn whole(rendering: Rendering) -> Result<String, Refused> {
    let Rendering { text, missing, wrong } = rendering;
    let missing = missing.into_iter().map(|id| format!("lacks `{id}`"));
    let faults: Vec<_> = missing.chain(wrong).map(|fault| Violation::new("fields", fault)).collect();
    if faults.is_empty() { Ok(text) } else { Err(Refused::Fields(faults)) }
}

fn to_template(template: &Template) -> wire::Template {
    let Template { id, name, text, fields } = template.clone();
    let fields = fields.into_iter().map(|field| {
        let kind = match field.kind {
            FieldKind::Words => wire::FieldKind::Words,
            FieldKind::Number => wire::FieldKind::Number,
            FieldKind::Date => wire::FieldKind::Date,
            FieldKind::Time => wire::FieldKind::Time,
            FieldKind::Choice => wire::FieldKind::Choice,
        };
        wire::TemplateField { field_id: field.id, kind: kind as i32, choices: field.choices }
    });
    wire::Template {
        template_id: id,
        name_ru: name.ru,
        name_en: name.en,
        text_ru: text.ru,
        text_en: text.en,
        fields: fields.collect(),
    }
}
