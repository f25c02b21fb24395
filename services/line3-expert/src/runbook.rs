//! `RunbookService`: how to deal with something, written here and tried below.

use handover::wire::Reader;
use handover::{Change, Desk, Order, Refused, answer, page_size};
use jiff::ToSpan;
use jiff::civil::Date;
use known::wire::guide;
use known::{Learns, Outcome};
use proto::line3 as wire;
use proto::line3::runbook_service_server::RunbookService;
use runbooks::{Guide, Review, Runbook, WrongRunbook};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Line, RunbookId, RunbookTestId};
use tonic::{Request, Response, Status, async_trait};

use crate::runbook_wire::{read_state, to_wire};
use crate::shelved::{self, BY_STATE, IN_USE, KIND, RunbookRefused, today};

/// In how many days a runbook is looked at again when nobody says, and at most.
const REVIEW_DAYS: (u32, u32) = (180, 1830);

/// The lines whose people try runbooks.
const TESTERS: [Line; 2] = [Line::ServiceDesk, Line::Technical];

/// Serves `RunbookService`.
pub(crate) struct Runbooks(pub(crate) Desk);

type Answer<T> = Result<Response<T>, Status>;

impl Runbooks {
    /// Does something to a runbook, once. Every answer has the runbook alone, so that one type does for all.
    async fn alter(
        &self,
        order: &Order,
        id: RunbookId,
        expected: u64,
        deed: impl FnOnce(&Change<'_>, &mut Runbook) -> Result<Result<(), WrongRunbook>, Refused> + Send + 'static,
    ) -> Result<Option<wire::Runbook>, Refused> {
        let done: wire::GetRunbookResponse = self
            .0
            .once(order, move |change| {
                Box::pin(async move {
                    let (mut runbook, read) = shelved::load(change, id, expected).await?;
                    let before = runbook.clone();
                    let done = deed(change, &mut runbook)?;
                    done.map_err(|wrong| RunbookRefused::WrongState { id, why: wrong.to_string() })?;
                    let version = shelved::save(change, &runbook, Some((&before, read))).await?;
                    Ok(wire::GetRunbookResponse { runbook: Some(to_wire(runbook, version, None)) })
                })
            })
            .await?;
        Ok(done.runbook)
    }
}

#[async_trait]
impl RunbookService for Runbooks {
    async fn write_runbook(&self, request: Request<wire::WriteRunbookRequest>) -> Answer<wire::WriteRunbookResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "WriteRunbook", &request.request_id, &request)?;
            let wire::WriteRunbookRequest { request_id: _, guide: given, review_days } = request;
            let mut reader = Reader::default();
            let guide = guide(&mut reader, "guide", given);
            let days = read_days(&mut reader, review_days);
            let guide = reader.finish(guide)?;
            let id = RunbookId::of(&caller.organization, &caller.subject, &order.request_id);
            let by = caller.subject.clone();
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        has_categories(change, &guide)?;
                        let runbook = Runbook::write(id, guide, by, in_days(change, days), change.now);
                        let version = shelved::save(change, &runbook, None).await?;
                        Ok(wire::WriteRunbookResponse { runbook: Some(to_wire(runbook, version, None)) })
                    })
                })
                .await
        })
        .await
    }

    async fn revise_runbook(
        &self,
        request: Request<wire::ReviseRunbookRequest>,
    ) -> Answer<wire::ReviseRunbookResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ReviseRunbook", &request.request_id, &request)?;
            let wire::ReviseRunbookRequest { request_id: _, runbook_id, guide: given, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id::<RunbookId>("runbook_id", &runbook_id);
            let guide = guide(&mut reader, "guide", given);
            let (id, guide) = reader.finish(id.zip(guide))?;
            let by = caller.subject.clone();
            let deed = move |change: &Change<'_>, it: &mut Runbook| {
                has_categories(change, &guide)?;
                Ok(it.revise(guide, by, change.now))
            };
            Ok(wire::ReviseRunbookResponse { runbook: self.alter(&order, id, expected_version, deed).await? })
        })
        .await
    }

    async fn submit_runbook(
        &self,
        request: Request<wire::SubmitRunbookRequest>,
    ) -> Answer<wire::SubmitRunbookResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "SubmitRunbook", &request.request_id, &request)?;
            let wire::SubmitRunbookRequest { request_id: _, runbook_id, tester, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id::<RunbookId>("runbook_id", &runbook_id);
            let tester = reader.text("tester", &tester, LINE_BYTES_MAX);
            let id = reader.finish(id)?;
            let test = RunbookTestId::of(id, &caller.subject, &order.request_id);
            let by = caller.subject.clone();
            let deed = move |change: &Change<'_>, it: &mut Runbook| {
                let works = |line: &Line| change.plan.groups_of(*line, &tester).next().is_some();
                let line = TESTERS.into_iter().find(works);
                let line = line.ok_or_else(|| Refused::PersonUnknown(tester.clone()))?;
                Ok(it.submit(test, line, tester, by, change.now))
            };
            Ok(wire::SubmitRunbookResponse { runbook: self.alter(&order, id, expected_version, deed).await? })
        })
        .await
    }

    async fn publish_runbook(
        &self,
        request: Request<wire::PublishRunbookRequest>,
    ) -> Answer<wire::PublishRunbookResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "PublishRunbook", &request.request_id, &request)?;
            let wire::PublishRunbookRequest { request_id: _, runbook_id: id, expected_version } = request;
            let deed = |change: &Change<'_>, it: &mut Runbook| Ok(it.publish(change.now));
            let runbook = self.alter(&order, runbook_id(&id)?, expected_version, deed).await?;
            Ok(wire::PublishRunbookResponse { runbook })
        })
        .await
    }

    async fn retire_runbook(
        &self,
        request: Request<wire::RetireRunbookRequest>,
    ) -> Answer<wire::RetireRunbookResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RetireRunbook", &request.request_id, &request)?;
            let wire::RetireRunbookRequest { request_id: _, runbook_id, why, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id::<RunbookId>("runbook_id", &runbook_id);
            let why = reader.text("why", &why, TEXT_BYTES_MAX);
            let id = reader.finish(id)?;
            let deed = move |change: &Change<'_>, it: &mut Runbook| Ok(it.retire(why, change.now));
            Ok(wire::RetireRunbookResponse { runbook: self.alter(&order, id, expected_version, deed).await? })
        })
        .await
    }

    async fn review_runbook(
        &self,
        request: Request<wire::ReviewRunbookRequest>,
    ) -> Answer<wire::ReviewRunbookResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ReviewRunbook", &request.request_id, &request)?;
            let wire::ReviewRunbookRequest { request_id: _, runbook_id, note, review_days, expected_version } = request;
            let mut reader = Reader::default();
            let id = reader.id::<RunbookId>("runbook_id", &runbook_id);
            let note = reader.text("note", &note, TEXT_BYTES_MAX);
            let days = read_days(&mut reader, review_days);
            let id = reader.finish(id)?;
            let by = caller.subject.clone();
            let deed = move |change: &Change<'_>, it: &mut Runbook| {
                Ok(it.review(Review { by, note, at: change.now }, in_days(change, days)))
            };
            Ok(wire::ReviewRunbookResponse { runbook: self.alter(&order, id, expected_version, deed).await? })
        })
        .await
    }

    async fn get_runbook(&self, request: Request<wire::GetRunbookRequest>) -> Answer<wire::GetRunbookResponse> {
        answer(request, async |caller, request| {
            let wire::GetRunbookRequest { runbook_id: id, edition } = request;
            let (id, store, organization) = (runbook_id(&id)?, self.0.store(), &caller.organization);
            let (runbook, version) = shelved::find(store, organization, id).await?;
            let edition = match edition {
                0 => None,
                number => Some(shelved::edition(store, organization, id, number).await?),
            };
            Ok(wire::GetRunbookResponse { runbook: Some(to_wire(runbook, version, edition)) })
        })
        .await
    }

    async fn list_runbooks(&self, request: Request<wire::ListRunbooksRequest>) -> Answer<wire::ListRunbooksResponse> {
        answer(request, async |caller, request| {
            let wire::ListRunbooksRequest { state, page_size: size, page_token } = request;
            let mut reader = Reader::default();
            let state = read_state(&mut reader, state).map_or(IN_USE, runbooks::State::name);
            let (state, size) = (reader.finish(Some(state))?, page_size(size)?);
            if !page_token.is_empty() && page_token.parse::<RunbookId>().is_err() {
                return Err(Refused::PageToken);
            }
            let after = (!page_token.is_empty()).then_some(page_token.as_str());
            let store = self.0.store();
            let found = store.documents_by::<Runbook>(&caller.organization, KIND, BY_STATE, state, after, size).await?;
            let next = found.last().filter(|_| found.len() == size as usize).map(|(id, ..)| id.clone());
            let runbooks = found.into_iter().map(|(_, runbook, version)| to_wire(runbook, version, None)).collect();
            Ok(wire::ListRunbooksResponse { runbooks, next_page_token: next.unwrap_or_default() })
        })
        .await
    }
}

/// Line 3 learns what testers say.
pub(crate) struct Experts;

#[async_trait]
impl Learns for Experts {
    async fn outcome(&self, change: &Change<'_>, outcome: Outcome) -> Result<(), Refused> {
        shelved::record(change, outcome).await
    }
}

fn runbook_id(given: &str) -> Result<RunbookId, Refused> {
    let mut reader = Reader::default();
    let id = reader.id::<RunbookId>("runbook_id", given);
    reader.finish(id)
}

fn read_days(reader: &mut Reader, given: u32) -> u32 {
    if given > REVIEW_DAYS.1 {
        let (usual, most) = REVIEW_DAYS;
        reader.wrong("review_days", format!("is {given}; it must be from 1 to {most}, or 0 for {usual}"));
    }
    if given == 0 { REVIEW_DAYS.0 } else { given }
}

fn in_days(change: &Change<'_>, days: u32) -> Date {
    today(change).saturating_add(i64::from(days).days())
}

fn has_categories(change: &Change<'_>, guide: &Guide) -> Result<(), Refused> {
    let unknown = guide.categories.iter().find(|category| change.plan.category(category).is_none());
    unknown.map_or(Ok(()), |unknown| Err(Refused::CategoryUnknown(unknown.clone())))
}
