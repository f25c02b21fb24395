//! `ForceMajeureService`: force majeure is declared, prolonged and ended here, and told to every line.

mod declared;

use futures::future::BoxFuture;
use handover::wire::{Reader, to_instant};
use handover::{Change, Desk, Order, Refused, answer, page_size};
use jiff::{SignedDuration, Timestamp};
use plan::Text;
use proto::line1 as wire;
use proto::line1::force_majeure_service_server::ForceMajeureService;
use ticket::ForceMajeureId;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation};
use tonic::{Request, Response, Status, async_trait};

pub(crate) use declared::tell_new_lines;
use declared::{Declared, Deed, ForceMajeureRefused, KIND, load};

/// It may begin so long after it was declared, at most.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 366);

/// Serves `ForceMajeureService`.
pub(crate) struct ForceMajeures(pub(crate) Desk);

/// A request to declare, read.
struct Declaration {
    profile: String,
    from: Option<Timestamp>,
    until: Timestamp,
    text: Option<Text>,
}

fn read(request: wire::DeclareForceMajeureRequest) -> Result<Declaration, Refused> {
    let wire::DeclareForceMajeureRequest { request_id: _, profile_id, begins, ends, ru, en } = request;
    let mut reader = Reader::default();
    let profile = reader.text("profile_id", &profile_id, LINE_BYTES_MAX);
    let from = begins.map(|at| to_instant(&mut reader, "begins", Some(at)));
    let until = to_instant(&mut reader, "ends", ends);
    let ru = reader.optional("ru", &ru, TEXT_BYTES_MAX);
    let en = reader.optional("en", &en, TEXT_BYTES_MAX);
    if ru.is_some() != en.is_some() {
        reader
            .wrong(if ru.is_some() { "en" } else { "ru" }, "is missing; write to clients in both languages or in none");
    }
    let text = ru.zip(en).map(|(ru, en)| Text { ru, en });
    let until = reader.finish(until)?;
    Ok(Declaration { profile, from: from.flatten(), until, text })
}

async fn declare(
    change: &Change<'_>,
    id: ForceMajeureId,
    by: String,
    declaration: Declaration,
) -> Result<Declared, Refused> {
    let Declaration { profile, from, until, text } = declaration;
    let wrong = |field: &'static str, fault: String| Refused::Fields(vec![Violation::new(field, fault)]);
    let Some(profile) = change.plan.force_majeure(&profile) else {
        let known: Vec<&str> = change.plan.force_majeures().iter().map(|known| known.id.as_str()).collect();
        return Err(wrong("profile_id", format!("is not a profile of the plan; it has: {}", known.join(", "))));
    };
    let from = from.unwrap_or(change.now);
    if from < change.now || from > change.now.saturating_add(AHEAD_MAX).unwrap_or(Timestamp::MAX) {
        return Err(wrong("begins", "lies before now, or more than a year ahead".to_owned()));
    }
    let mut declared = Declared::new(id, profile, &change.plan, from, until);
    declared.terms.text = text.unwrap_or(declared.terms.text);
    match declared.fault() {
        Some(fault) => Err(Refused::Fields(vec![fault])),
        None => declared.save(change, Deed::Declared, by, None).await,
    }
}

type Answer<T> = Result<Response<T>, Status>;

impl ForceMajeures {
    /// Does something to one that is not over, once. Every answer has it alone, so that one type does for all.
    async fn alter(
        &self,
        order: &Order,
        given: &str,
        what: Deed,
        deed: impl for<'c> FnOnce(&'c mut Declared, Timestamp) -> Result<(), Refused> + Send + 'static,
    ) -> Result<Option<wire::ForceMajeure>, Refused> {
        let (id, by) = (parse(given)?, order.caller.subject.clone());
        self.once(order, move |change| {
            Box::pin(async move {
                let (mut declared, read) = load(change, id).await?;
                if declared.is_over(change.now) {
                    return Err(ForceMajeureRefused::Over(id).into());
                }
                deed(&mut declared, change.now)?;
                declared.save(change, what, by, Some(read)).await
            })
        })
        .await
    }

    async fn once(
        &self,
        order: &Order,
        deed: impl for<'c, 'w> FnOnce(&'c Change<'w>) -> BoxFuture<'c, Result<Declared, Refused>> + Send + 'static,
    ) -> Result<Option<wire::ForceMajeure>, Refused> {
        let done: wire::GetForceMajeureResponse = self
            .0
            .once(order, move |change| {
                Box::pin(async move {
                    let declared = deed(change).await?;
                    Ok(wire::GetForceMajeureResponse { force_majeure: Some(declared.to_wire(change.now)) })
                })
            })
            .await?;
        Ok(done.force_majeure)
    }
}

fn parse(given: &str) -> Result<ForceMajeureId, Refused> {
    let mut reader = Reader::default();
    let id = reader.id::<ForceMajeureId>("force_majeure_id", given);
    reader.finish(id)
}

#[async_trait]
impl ForceMajeureService for ForceMajeures {
    async fn declare_force_majeure(
        &self,
        request: Request<wire::DeclareForceMajeureRequest>,
    ) -> Answer<wire::DeclareForceMajeureResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "DeclareForceMajeure", &request.request_id, &request)?;
            let (declaration, by) = (read(request)?, caller.subject.clone());
            let request_id = order.request_id.clone();
            let declared = self.once(&order, move |change| {
                Box::pin(async move {
                    let id = ForceMajeureId::of(change.organization(), &by, &request_id, change.now);
                    declare(change, id, by, declaration).await
                })
            });
            Ok(wire::DeclareForceMajeureResponse { force_majeure: declared.await? })
        })
        .await
    }

    async fn prolong_force_majeure(
        &self,
        request: Request<wire::ProlongForceMajeureRequest>,
    ) -> Answer<wire::ProlongForceMajeureResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ProlongForceMajeure", &request.request_id, &request)?;
            let wire::ProlongForceMajeureRequest { request_id: _, force_majeure_id: id, ends } = request;
            let mut reader = Reader::default();
            let until = to_instant(&mut reader, "ends", ends);
            let until = reader.finish(until)?;
            let prolong = self.alter(&order, &id, Deed::Prolonged, move |declared, _| {
                if until <= declared.terms.until {
                    let fault = "is not later than it was to end; EndForceMajeure ends it sooner";
                    return Err(Refused::Fields(vec![Violation::new("ends", fault)]));
                }
                declared.terms.until = until;
                declared.fault().map_or(Ok(()), |fault| Err(Refused::Fields(vec![fault])))
            });
            Ok(wire::ProlongForceMajeureResponse { force_majeure: prolong.await? })
        })
        .await
    }

    async fn end_force_majeure(
        &self,
        request: Request<wire::EndForceMajeureRequest>,
    ) -> Answer<wire::EndForceMajeureResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "EndForceMajeure", &request.request_id, &request)?;
            let end = self.alter(&order, &request.force_majeure_id, Deed::Ended, |declared, now| {
                declared.terms.until = declared.terms.from.max(now);
                Ok(())
            });
            Ok(wire::EndForceMajeureResponse { force_majeure: end.await? })
        })
        .await
    }

    async fn get_force_majeure(
        &self,
        request: Request<wire::GetForceMajeureRequest>,
    ) -> Answer<wire::GetForceMajeureResponse> {
        answer(request, async |caller, request| {
            let id = parse(&request.force_majeure_id)?;
            let found = self.0.store().document::<Declared>(&caller.organization, KIND, &id.to_string()).await?;
            let (declared, _) = found.ok_or(ForceMajeureRefused::NotFound(id))?;
            Ok::<_, Refused>(wire::GetForceMajeureResponse {
                force_majeure: Some(declared.to_wire(self.0.clock().now())),
            })
        })
        .await
    }

    async fn list_force_majeures(
        &self,
        request: Request<wire::ListForceMajeuresRequest>,
    ) -> Answer<wire::ListForceMajeuresResponse> {
        answer(request, async |caller, request| {
            let wire::ListForceMajeuresRequest { page_size: size, page_token } = request;
            let size = page_size(size)?;
            if !page_token.is_empty() && page_token.parse::<ForceMajeureId>().is_err() {
                return Err(Refused::PageToken);
            }
            let after = Some(page_token.as_str()).filter(|token| !token.is_empty());
            let found = self.0.store().documents::<Declared>(&caller.organization, KIND, after, size).await?;
            let next = found.last().filter(|_| found.len() == size as usize).map(|(id, ..)| id.clone());
            let now = self.0.clock().now();
            let force_majeures = found.iter().map(|(_, declared, _)| declared.to_wire(now)).collect();
            Ok(wire::ListForceMajeuresResponse { force_majeures, next_page_token: next.unwrap_or_default() })
        })
        .await
    }
}
