//! `ProblemService`: what is behind many tickets.

use futures::{FutureExt, StreamExt, TryStreamExt};
use handover::wire::{Reader, problem as stages};
use handover::{Change, Desk, Order, Refused, answer, page_size};
use jiff::Timestamp;
use problems::{Problem, WrongProblem};
use proto::line3 as wire;
use proto::line3::problem_service_server::ProblemService;
use rpc::Caller;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{Line, OrganizationId, ProblemId, TicketId};
use tonic::{Request, Response, Status, async_trait};

use crate::linked::{self, BY_PROBLEM, BY_STAGE, KIND, LINK, Link, OPEN, ProblemRefused};
use crate::problem_wire::{Found, read_state, read_steps, to_wire};

/// The most tickets of one call.
const TICKETS_MAX: usize = 100;

/// So many of them are looked up at the same time.
const LOOKED_UP: usize = 16;

/// Serves `ProblemService`.
pub(crate) struct Problems(pub(crate) Desk);

type Answer<T> = Result<Response<T>, Status>;

impl Problems {
    /// Fails unless line 1 knows every ticket, or cannot be asked: it is told through the outbox then.
    async fn known(&self, organization: &OrganizationId, tickets: &[TicketId]) -> Result<(), Refused> {
        // Boxed with nothing borrowed: the compiler cannot see that the stream is `Send` otherwise.
        let looks: Vec<_> =
            tickets.iter().map(|id| is_home(self.0.clone(), organization.clone(), *id).boxed()).collect();
        futures::stream::iter(looks).buffer_unordered(LOOKED_UP).try_collect().await
    }

    /// Does something to a problem, once. Every answer has the problem alone, so that one type does for all.
    async fn alter(
        &self,
        order: &Order,
        problem_id: &str,
        expected: u64,
        deed: impl FnOnce(&Change<'_>, &mut Problem) -> Result<Result<(), WrongProblem>, Refused> + Send + 'static,
    ) -> Result<Option<wire::Problem>, Refused> {
        let mut reader = Reader::default();
        let id = reader.id::<ProblemId>("problem_id", problem_id);
        let id = reader.finish(id)?;
        let done: wire::GetProblemResponse = self
            .0
            .once(order, move |change| {
                Box::pin(async move {
                    let (mut problem, read) = linked::load(change, id, expected).await?;
                    let told = problem.told;
                    let done = deed(change, &mut problem)?;
                    done.map_err(|wrong| ProblemRefused::WrongState { id, why: wrong.to_string() })?;
                    let version = linked::save(change, &problem, Some(read), told).await?;
                    Ok(wire::GetProblemResponse { problem: Some(to_wire(problem, version)) })
                })
            })
            .await?;
        Ok(done.problem)
    }
}

async fn is_home(desk: Desk, organization: OrganizationId, id: TicketId) -> Result<(), Refused> {
    let journey = desk.journey(&organization, id).await?;
    let is_home = journey.stays.iter().any(|stay| stay.line == Line::OWNER);
    let may_be = journey.missing.contains(&Line::OWNER);
    if is_home || may_be { Ok(()) } else { Err(Refused::TicketNotFound(id.to_string())) }
}

fn read_tickets(reader: &mut Reader, given: &[String]) -> Vec<TicketId> {
    if given.len() > TICKETS_MAX {
        reader.wrong("ticket_ids", format!("has {} entries; at most {TICKETS_MAX} are taken", given.len()));
        return Vec::new();
    }
    given.iter().filter_map(|id| reader.id::<TicketId>("ticket_ids", id)).collect()
}

fn read_problem(caller: &Caller, request: &wire::OpenProblemRequest) -> Result<(Opened, Vec<TicketId>), Refused> {
    let mut reader = Reader::default();
    let title = reader.text("title", &request.title, LINE_BYTES_MAX);
    let description = reader.text("description", &request.description, TEXT_BYTES_MAX);
    let product = reader.optional("product", &request.product, LINE_BYTES_MAX).unwrap_or_default();
    let tickets = read_tickets(&mut reader, &request.ticket_ids);
    reader.finish(Some((Opened { title, description, product, by: caller.subject.clone() }, tickets)))
}

/// What a problem begins with.
struct Opened {
    title: String,
    description: String,
    product: String,
    by: String,
}

impl Opened {
    fn problem(self, id: ProblemId, now: Timestamp) -> Problem {
        let Self { title, description, product, by } = self;
        Problem::open(id, title, description, product, by, now)
    }
}

#[async_trait]
impl ProblemService for Problems {
    async fn open_problem(&self, request: Request<wire::OpenProblemRequest>) -> Answer<wire::OpenProblemResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "OpenProblem", &request.request_id, &request)?;
            let (opened, tickets) = read_problem(&caller, &request)?;
            if let Err(refused) = self.known(&caller.organization, &tickets).await {
                return self.0.refuse(&order, refused).await;
            }
            let id = ProblemId::of(&caller.organization, &caller.subject, &order.request_id);
            let by = caller.subject.clone();
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let problem = opened.problem(id, change.now);
                        let version = linked::save(change, &problem, None, problem.told).await?;
                        linked::link(change, &problem, &tickets, &by, "opened").await?;
                        Ok(wire::OpenProblemResponse { problem: Some(to_wire(problem, version)) })
                    })
                })
                .await
        })
        .await
    }

    async fn link_tickets(&self, request: Request<wire::LinkTicketsRequest>) -> Answer<wire::LinkTicketsResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "LinkTickets", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let id = reader.id::<ProblemId>("problem_id", &request.problem_id);
            if request.ticket_ids.is_empty() {
                reader.wrong("ticket_ids", "is empty; name at least one ticket");
            }
            let tickets = read_tickets(&mut reader, &request.ticket_ids);
            let id = reader.finish(id)?;
            let found = linked::find(self.0.store(), &caller.organization, id).await;
            let known = match found {
                Ok(_) => self.known(&caller.organization, &tickets).await,
                Err(refused) => Err(refused),
            };
            if let Err(refused) = known {
                return self.0.refuse(&order, refused).await;
            }
            let (by, step) = (caller.subject.clone(), format!("linked:{}", order.request_id));
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let (problem, version) = linked::load(change, id, 0).await?;
                        linked::link(change, &problem, &tickets, &by, &step).await?;
                        Ok(wire::LinkTicketsResponse { problem: Some(to_wire(problem, version)) })
                    })
                })
                .await
        })
        .await
    }

    async fn unlink_ticket(&self, request: Request<wire::UnlinkTicketRequest>) -> Answer<wire::UnlinkTicketResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "UnlinkTicket", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let id = reader.id::<ProblemId>("problem_id", &request.problem_id);
            let ticket = reader.id::<TicketId>("ticket_id", &request.ticket_id);
            let (id, ticket) = reader.finish(id.zip(ticket))?;
            let step = format!("unlinked:{}", order.request_id);
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let (problem, version) = linked::load(change, id, 0).await?;
                        linked::unlink(change, &problem, ticket, &step).await?;
                        Ok(wire::UnlinkTicketResponse { problem: Some(to_wire(problem, version)) })
                    })
                })
                .await
        })
        .await
    }

    async fn find_cause(&self, request: Request<wire::FindCauseRequest>) -> Answer<wire::FindCauseResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "FindCause", &request.request_id, &request)?;
            let wire::FindCauseRequest { request_id: _, problem_id, cause, expected_version } = request;
            let mut reader = Reader::default();
            let found = Found::read(&mut reader, cause);
            let found = reader.finish(found)?;
            let by = caller.subject.clone();
            let deed =
                move |change: &Change<'_>, it: &mut Problem| Ok(it.find_cause(found.by(by, change.now), change.now));
            Ok(wire::FindCauseResponse { problem: self.alter(&order, &problem_id, expected_version, deed).await? })
        })
        .await
    }

    async fn publish_workaround(
        &self,
        request: Request<wire::PublishWorkaroundRequest>,
    ) -> Answer<wire::PublishWorkaroundResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "PublishWorkaround", &request.request_id, &request)?;
            let wire::PublishWorkaroundRequest { request_id: _, problem_id, workaround, expected_version } = request;
            let mut reader = Reader::default();
            let text = reader.text("workaround", &workaround, TEXT_BYTES_MAX);
            let text = reader.finish(Some(text))?;
            let deed = move |change: &Change<'_>, it: &mut Problem| Ok(it.work_around(text, change.now));
            let problem = self.alter(&order, &problem_id, expected_version, deed).await?;
            Ok(wire::PublishWorkaroundResponse { problem })
        })
        .await
    }

    async fn plan_problem(&self, request: Request<wire::PlanProblemRequest>) -> Answer<wire::PlanProblemResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "PlanProblem", &request.request_id, &request)?;
            let wire::PlanProblemRequest { request_id: _, problem_id, steps, how_to_verify, expected_version } =
                request;
            let mut reader = Reader::default();
            let steps = read_steps(&mut reader, steps);
            let how = reader.text("how_to_verify", &how_to_verify, TEXT_BYTES_MAX);
            let (steps, how) = reader.finish(Some((steps, how)))?;
            let deed = move |change: &Change<'_>, it: &mut Problem| {
                let stranger = steps.iter().find(|(_, owner, _)| !change.plan.may_have(change.line, owner));
                if let Some((_, owner, _)) = stranger {
                    return Err(Refused::PersonUnknown(owner.clone()));
                }
                Ok(it.plan(steps, how, change.now))
            };
            Ok(wire::PlanProblemResponse { problem: self.alter(&order, &problem_id, expected_version, deed).await? })
        })
        .await
    }

    async fn move_step(&self, request: Request<wire::MoveStepRequest>) -> Answer<wire::MoveStepResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "MoveStep", &request.request_id, &request)?;
            let wire::MoveStepRequest { request_id: _, problem_id, step, state, why, expected_version } = request;
            let mut reader = Reader::default();
            let to = read_state(&mut reader, state, &why);
            let to = reader.finish(to)?;
            let deed = move |change: &Change<'_>, it: &mut Problem| Ok(it.move_step(step, to, change.now));
            Ok(wire::MoveStepResponse { problem: self.alter(&order, &problem_id, expected_version, deed).await? })
        })
        .await
    }

    async fn reopen_problem(
        &self,
        request: Request<wire::ReopenProblemRequest>,
    ) -> Answer<wire::ReopenProblemResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ReopenProblem", &request.request_id, &request)?;
            let wire::ReopenProblemRequest { request_id: _, problem_id, why, expected_version } = request;
            let why = why_of(&why)?;
            let deed = move |change: &Change<'_>, it: &mut Problem| Ok(it.reopen(why, change.now));
            Ok(wire::ReopenProblemResponse { problem: self.alter(&order, &problem_id, expected_version, deed).await? })
        })
        .await
    }

    async fn cancel_problem(
        &self,
        request: Request<wire::CancelProblemRequest>,
    ) -> Answer<wire::CancelProblemResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "CancelProblem", &request.request_id, &request)?;
            let wire::CancelProblemRequest { request_id: _, problem_id, why, expected_version } = request;
            let why = why_of(&why)?;
            let deed = move |change: &Change<'_>, it: &mut Problem| Ok(it.cancel(why, change.now));
            Ok(wire::CancelProblemResponse { problem: self.alter(&order, &problem_id, expected_version, deed).await? })
        })
        .await
    }

    async fn get_problem(&self, request: Request<wire::GetProblemRequest>) -> Answer<wire::GetProblemResponse> {
        answer(request, async |caller, request| {
            let id = problem_id(&request.problem_id)?;
            let (problem, version) = linked::find(self.0.store(), &caller.organization, id).await?;
            Ok(wire::GetProblemResponse { problem: Some(to_wire(problem, version)) })
        })
        .await
    }

    async fn list_problems(&self, request: Request<wire::ListProblemsRequest>) -> Answer<wire::ListProblemsResponse> {
        answer(request, async |caller, request| {
            let wire::ListProblemsRequest { stage, page_size: size, page_token } = request;
            let mut reader = Reader::default();
            let stage = stages::stage(&mut reader, "stage", stage, false);
            let stage = reader.finish(Some(stage.map_or(OPEN, problems::Stage::name)))?;
            let (size, after) = (page_size(size)?, page_after::<ProblemId>(&page_token)?);
            let store = self.0.store();
            let found = store.documents_by::<Problem>(&caller.organization, KIND, BY_STAGE, stage, after, size).await?;
            let next = found.last().filter(|_| found.len() == size as usize).map(|(id, ..)| id.clone());
            let problems = found.into_iter().map(|(_, problem, version)| to_wire(problem, version)).collect();
            Ok(wire::ListProblemsResponse { problems, next_page_token: next.unwrap_or_default() })
        })
        .await
    }

    async fn list_problem_tickets(
        &self,
        request: Request<wire::ListProblemTicketsRequest>,
    ) -> Answer<wire::ListProblemTicketsResponse> {
        answer(request, async |caller, request| {
            let wire::ListProblemTicketsRequest { problem_id: id, page_size: size, page_token } = request;
            let (id, size) = (problem_id(&id)?, page_size(size)?);
            page_after::<TicketId>(&page_token)?;
            let after = (!page_token.is_empty()).then(|| format!("{id}.{page_token}"));
            let store = self.0.store();
            linked::find(store, &caller.organization, id).await?;
            let of = id.to_string();
            let found = store.documents_by::<Link>(&caller.organization, LINK, BY_PROBLEM, &of, after.as_deref(), size);
            let found = found.await?;
            let next = found.last().filter(|_| found.len() == size as usize);
            let next_page_token = next.map(|(_, link, _)| link.ticket.to_string()).unwrap_or_default();
            let ticket_ids = found.into_iter().map(|(_, link, _)| link.ticket.to_string()).collect();
            Ok(wire::ListProblemTicketsResponse { ticket_ids, next_page_token })
        })
        .await
    }
}

fn problem_id(given: &str) -> Result<ProblemId, Refused> {
    let mut reader = Reader::default();
    let id = reader.id::<ProblemId>("problem_id", given);
    reader.finish(id)
}

fn why_of(given: &str) -> Result<String, Refused> {
    let mut reader = Reader::default();
    let why = reader.text("why", given, TEXT_BYTES_MAX);
    reader.finish(Some(why))
}

fn page_after<T: std::str::FromStr>(token: &str) -> Result<Option<&str>, Refused> {
    match token {
        "" => Ok(None),
        token if token.parse::<T>().is_ok() => Ok(Some(token)),
        _ => Err(Refused::PageToken),
    }
}
