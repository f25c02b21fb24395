//! `StaffService`: who works at a line, and who looks at a ticket.

use std::collections::{BTreeMap, BTreeSet};

use handover::wire::{Reader, enums, instant, to_instant};
use handover::{Desk, Order, Refused, answer, page_size, ticket_id};
use jiff::{SignedDuration, Timestamp};
use plan::Plan;
use proto::queue as wire;
use proto::queue::staff_service_server::StaffService;
use rpc::identity::Role;
use store::{Away, Standing, Viewer};
use ticket::Line;
use ticket::field::LINE_BYTES_MAX;
use tonic::{Request, Response, Status, async_trait};

use crate::entering::{came_back, went_away};

/// How long it is believed that somebody still looks at a ticket.
const LOOK: SignedDuration = SignedDuration::from_secs(60);

/// Serves `StaffService`.
#[derive(Debug, Clone)]
pub(crate) struct People(pub(crate) Desk);

#[async_trait]
impl StaffService for People {
    async fn set_presence(
        &self,
        request: Request<wire::SetPresenceRequest>,
    ) -> Result<Response<wire::SetPresenceResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "SetPresence", &request.request_id, &request)?;
            let wire::SetPresenceRequest { request_id: _, person, away, until } = request;
            let mut reader = Reader::default();
            let person = reader.optional("person", &person, LINE_BYTES_MAX).unwrap_or_else(|| caller.subject.clone());
            let until = until.and_then(|until| to_instant(&mut reader, "until", Some(until)));
            if until.is_some_and(|until| !away || until <= self.0.clock().now()) {
                reader.wrong("until", "goes with `away` only, and must be later than now");
            }
            let person = reader.finish(Some(person))?;
            let set = self.0.once(&order, move |change| {
                Box::pin(async move {
                    if person != caller.subject && caller.role != Role::Supervisor {
                        let (method, role) = ("SetPresence for others".to_owned(), caller.role.to_string());
                        return Err(rpc::Refusal::RoleNotAllowed { method, role }.into());
                    }
                    if !change.plan.may_have(change.line, &person) {
                        return Err(Refused::PersonUnknown(person));
                    }
                    let organization = change.organization();
                    let mut returns = None;
                    if away {
                        let away = Away { since: change.now, until };
                        change.work.put_away(organization, &person, Some(away)).await?;
                        returns = Some(went_away(change, &person, until).await?);
                    } else {
                        came_back(change, &person).await?;
                    }
                    let (standings, loads) = change.work.staff(organization, std::slice::from_ref(&person)).await?;
                    let about = About { line: change.line, now: change.now, standings, loads };
                    Ok(wire::SetPresenceResponse {
                        person: Some(about.person(&change.plan, &person)),
                        tickets_return_at: returns.map(instant),
                    })
                })
            });
            set.await
        })
        .await
    }

    async fn list_people(
        &self,
        request: Request<wire::ListPeopleRequest>,
    ) -> Result<Response<wire::ListPeopleResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListPeopleRequest { page_size: size, page_token, group } = request;
            let mut reader = Reader::default();
            let group = reader.optional("group", &group, LINE_BYTES_MAX);
            let group = reader.finish(Some(group))?;
            let size = page_size(size)? as usize;
            let (plan, line) = (self.0.plan(&caller.organization)?, self.0.line());
            let groups = plan.groups().filter(|one| one.line == line && group.as_ref().is_none_or(|id| one.id == *id));
            let everybody: BTreeSet<&String> = groups.flat_map(|group| &group.members).collect();
            if !page_token.is_empty() && !everybody.contains(&page_token) {
                return Err(Refused::PageToken);
            }
            let rest: Vec<&String> = everybody.into_iter().filter(|id| **id > page_token).collect();
            let shown: Vec<String> = rest.iter().take(size).copied().cloned().collect();
            let (standings, loads) = self.0.store().staff(&caller.organization, &shown).await?;
            let about = About { line, now: self.0.clock().now(), standings, loads };
            let next = shown.last().filter(|_| rest.len() > size).cloned().unwrap_or_default();
            let people = shown.iter().map(|id| about.person(&plan, id)).collect();
            Ok(wire::ListPeopleResponse { people, next_page_token: next })
        })
        .await
    }

    async fn look_at(&self, request: Request<wire::LookAtRequest>) -> Result<Response<wire::LookAtResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "LookAt", &request.request_id, &request)?;
            let wire::LookAtRequest { request_id: _, ticket_id: id, editing, stop } = request;
            let (id, person) = (ticket_id(&id)?, caller.subject);
            let look = self.0.change(&order, id, "look at", move |change| {
                Box::pin(async move {
                    let (_, version) = change.ticket(id).await?;
                    let until = if stop { change.now } else { change.now.saturating_add(LOOK).unwrap_or(change.now) };
                    let viewer = Viewer { person, editing, until };
                    let others = change.work.look(change.organization(), id, &viewer, change.now).await?;
                    let others = others.into_iter().map(|Viewer { person, editing, until }| {
                        wire::look_at_response::Viewer { person, editing, until: Some(instant(until)) }
                    });
                    Ok(wire::LookAtResponse { others: others.collect(), version: version.number() })
                })
            });
            look.await
        })
        .await
    }
}

/// What is known of people beside the plan.
struct About {
    line: Line,
    now: Timestamp,
    standings: BTreeMap<String, Standing>,
    loads: BTreeMap<String, u64>,
}

impl About {
    fn person(&self, plan: &Plan, id: &str) -> wire::Person {
        let plan::Person { id, name, languages, skills, load_max, calendar: _ } = plan.person(id);
        let away = self.standings.get(&id).and_then(|standing| standing.away);
        let away = away.filter(|away| away.until.is_none_or(|until| until > self.now));
        let skills = skills.into_iter().map(|(name, level)| wire::person::Skill { name, level: u32::from(level) });
        wire::Person {
            name_ru: name.as_ref().map(|name| name.ru.clone()).unwrap_or_default(),
            name_en: name.map(|name| name.en).unwrap_or_default(),
            groups: plan.groups_of(self.line, &id).map(|group| group.id.clone()).collect(),
            languages: languages.into_iter().map(enums::to_language).collect(),
            skills: skills.collect(),
            load: self.loads.get(&id).and_then(|load| u32::try_from(*load).ok()).unwrap_or_default(),
            load_max,
            works_now: plan.works(self.line, &id, self.now),
            away: away.is_some(),
            away_until: away.and_then(|away| away.until).map(instant),
            id,
        }
    }
}
