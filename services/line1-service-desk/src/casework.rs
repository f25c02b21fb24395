//! `CaseworkService`: what an agent does with whole tickets.

use handover::wire::{Reader, enums, record};
use handover::{Desk, Refused, answer, ticket_id};
use proto::line1 as wire;
use proto::line1::casework_service_server::CaseworkService;
use store::{Filter, Page, StateKind};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use tonic::{Request, Response, Status, async_trait};

use crate::advice::{self, to_advice, to_heard};
use crate::heard::Heard;
use crate::language::language_of;
use crate::likeness::{DUPLICATE, likeness};
use crate::own::Home;
use crate::{checklist, merge, senior, split};

/// Of a client with more open tickets the latest are compared.
const OPEN_TICKETS_MAX: u32 = 50;

/// Serves `CaseworkService`.
pub(crate) struct Casework(pub(crate) Desk);

#[async_trait]
impl CaseworkService for Casework {
    async fn get_registration_hints(
        &self,
        request: Request<wire::GetRegistrationHintsRequest>,
    ) -> Result<Response<wire::GetRegistrationHintsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::GetRegistrationHintsRequest { client, text } = request;
            let mut reader = Reader::default();
            let client = reader.text("client", &client, LINE_BYTES_MAX);
            let text = reader.text("text", &text, TEXT_BYTES_MAX);
            let client = reader.finish(Some(client))?;
            let plan = self.0.plan(&caller.organization)?;
            let states = vec![StateKind::Open, StateKind::OnHold, StateKind::Resolved];
            let filter = Filter { states, client: Some(client), ..Filter::default() };
            let page = Page { after: None, size: OPEN_TICKETS_MAX };
            let listing = self.0.store().tickets(&caller.organization, &filter, &page).await?;
            let mut open: Vec<_> = listing
                .tickets
                .iter()
                .map(|(ticket, version)| {
                    let likeness = likeness(&ticket.facts.text, &text);
                    let ticket = Some(record::to_ticket(ticket, version.number()));
                    wire::OpenTicket { ticket, likeness, is_likely_duplicate: likeness >= DUPLICATE }
                })
                .collect();
            // Stable, so that of those alike the latest comes first.
            open.sort_by_key(|open| std::cmp::Reverse(open.likeness));
            Ok(wire::GetRegistrationHintsResponse {
                language: language_of(&text).map_or(0, enums::to_language),
                mood: Some(to_heard(Heard::in_text(&text, self.0.clock().now()))),
                advice: to_advice(advice::in_text(&text), plan.profile().language),
                is_likely_duplicate: open.iter().any(|open| open.is_likely_duplicate),
                open_tickets: open,
            })
        })
        .await
    }

    async fn merge(&self, request: Request<wire::MergeRequest>) -> Result<Response<wire::MergeResponse>, Status> {
        answer(request, async |caller, request| merge::merge(&self.0, &caller, request).await).await
    }

    async fn split(&self, request: Request<wire::SplitRequest>) -> Result<Response<wire::SplitResponse>, Status> {
        answer(request, async |caller, request| split::split(&self.0, &caller, request).await).await
    }

    async fn get_checklist(
        &self,
        request: Request<wire::GetChecklistRequest>,
    ) -> Result<Response<wire::GetChecklistResponse>, Status> {
        answer(request, async |caller, request| {
            let id = ticket_id(&request.ticket_id)?;
            let (ticket, _) = self.0.find(&caller.organization, id).await?;
            let home: Home = self.0.store().own(&caller.organization, id).await?;
            let plan = self.0.plan(&caller.organization)?;
            Ok::<_, Refused>(checklist::standing(&plan, &ticket, &home))
        })
        .await
    }

    async fn hand_to_senior(
        &self,
        request: Request<wire::HandToSeniorRequest>,
    ) -> Result<Response<wire::HandToSeniorResponse>, Status> {
        answer(request, async |caller, request| senior::hand(&self.0, &caller, request).await).await
    }
}
