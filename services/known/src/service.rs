//! `KnownService`: what is known, for the people of lines 1 and 2.

use handover::wire::Reader;
use handover::{Desk, Order, Refused, answer, page_size, ticket_id};
use proto::handover as wire;
use proto::handover::known_service_server::KnownService;
use ticket::RunbookTestId;
use ticket::field::TEXT_BYTES_MAX;
use tonic::{Request, Response, Status, async_trait};

use crate::item::{self, ItemId};
use crate::shelf::Shelves;
use crate::trial::{self, Kept, TESTER};
use crate::wire::{outcome, to_item, to_test};

/// Serves `KnownService`.
pub(crate) struct Known(pub(crate) Desk, pub(crate) Shelves);

#[async_trait]
impl KnownService for Known {
    async fn search_known(
        &self,
        request: Request<wire::SearchKnownRequest>,
    ) -> Result<Response<wire::SearchKnownResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::SearchKnownRequest { ticket_id: id, page_size: size, page_token } = request;
            let seen: usize =
                if page_token.is_empty() { 0 } else { page_token.parse().map_err(|_| Refused::PageToken)? };
            let size = page_size(size)? as usize;
            let (ticket, _) = self.0.find(&caller.organization, ticket_id(&id)?).await?;
            let all = self.1.like(self.0.store(), &caller.organization, ticket.facts).await?;
            let next = seen.saturating_add(size);
            let next_page_token = if next < all.len() { next.to_string() } else { String::new() };
            Ok(wire::SearchKnownResponse { matches: all.into_iter().skip(seen).take(size).collect(), next_page_token })
        })
        .await
    }

    async fn get_known_item(
        &self,
        request: Request<wire::GetKnownItemRequest>,
    ) -> Result<Response<wire::GetKnownItemResponse>, Status> {
        answer(request, async |caller, request| {
            let mut reader = Reader::default();
            let id = reader.id::<ItemId>("item_id", &request.item_id);
            let found = item::find(self.0.store(), &caller.organization, reader.finish(id)?).await?;
            Ok(wire::GetKnownItemResponse { item: Some(to_item(found)) })
        })
        .await
    }

    async fn list_runbook_tests(
        &self,
        request: Request<wire::ListRunbookTestsRequest>,
    ) -> Result<Response<wire::ListRunbookTestsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListRunbookTestsRequest { page_size: size, page_token } = request;
            let size = page_size(size)?;
            if !page_token.is_empty() && page_token.parse::<RunbookTestId>().is_err() {
                return Err(Refused::PageToken);
            }
            let after = (!page_token.is_empty()).then_some(page_token.as_str());
            let (store, organization) = (self.0.store(), &caller.organization);
            let found = store.documents_by::<Kept>(organization, trial::KIND, TESTER, &caller.subject, after, size);
            let found = found.await?;
            let next = found.last().filter(|_| found.len() == size as usize).map(|(id, ..)| id.clone());
            let tests = found.into_iter().map(|(_, kept, _)| to_test(kept.trial)).collect();
            Ok(wire::ListRunbookTestsResponse { tests, next_page_token: next.unwrap_or_default() })
        })
        .await
    }

    async fn record_runbook_test(
        &self,
        request: Request<wire::RecordRunbookTestRequest>,
    ) -> Result<Response<wire::RecordRunbookTestResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RecordRunbookTest", &request.request_id, &request)?;
            let wire::RecordRunbookTestRequest { request_id: _, test_id: id, outcome: given, remarks } = request;
            let mut reader = Reader::default();
            let id = reader.id::<RunbookTestId>("test_id", &id);
            let passed = outcome(&mut reader, given);
            let remarks = reader.text("remarks", &remarks, TEXT_BYTES_MAX);
            let (id, passed) = reader.finish(id.zip(passed))?;
            let by = caller.subject.clone();
            self.0
                .once(&order, move |change| {
                    Box::pin(async move { trial::record(change, id, &by, passed, remarks).await })
                })
                .await
        })
        .await
    }
}
