//! The people of a line within one change: read once for all tickets of it, and kept up with what the change gives them.

use std::collections::{BTreeMap, BTreeSet};

use handover::{Change, Refused};
use plan::{Group, Strategy};
use store::Standing;
use ticket::{EventBody, QueueEvent, Ticket};

use crate::choice::{Candidate, choose};

/// What is known of people so far.
#[derive(Debug, Default)]
pub(crate) struct Staff {
    known: BTreeSet<String>,
    standings: BTreeMap<String, Standing>,
    loads: BTreeMap<String, u64>,
}

impl Staff {
    /// Reads what is not known of `people` yet, with two statements for all of them.
    pub(crate) async fn know(&mut self, change: &Change<'_>, people: &[String]) -> Result<(), Refused> {
        let new: Vec<String> = people.iter().filter(|one| self.known.insert((*one).clone())).cloned().collect();
        if !new.is_empty() {
            let (standings, loads) = change.work.staff(change.organization(), &new).await?;
            self.standings.extend(standings);
            self.loads.extend(loads);
        }
        Ok(())
    }

    /// Whether `person`, who is known, is away at this moment.
    pub(crate) fn is_away(&self, change: &Change<'_>, person: &str) -> bool {
        let away = self.standings.get(person).and_then(|standing| standing.away);
        away.is_some_and(|away| away.until.is_none_or(|until| until > change.now))
    }

    /// `person`, who is known, as somebody who could get `ticket`.
    pub(crate) fn candidate(&self, change: &Change<'_>, person: &str, ticket: &Ticket) -> Candidate {
        let plan = &change.plan;
        let declared = plan.person(person);
        let asked = plan.demanded(ticket.facts.category.as_deref(), ticket.assignment.zone.as_deref());
        let level = |(skill, least): (&String, &u8)| {
            declared.skills.get(skill).filter(|level| *level >= least).map(|level| u32::from(*level))
        };
        Candidate {
            person: person.to_owned(),
            works: plan.works(change.line, person, change.now),
            away: self.is_away(change, person),
            speaks: declared.languages.contains(&ticket.facts.language),
            levels: asked.iter().map(level).sum(),
            load: self.loads.get(person).copied().unwrap_or_default(),
            load_max: declared.load_max,
            turn: self.standings.get(person).map_or(0, |standing| standing.turn),
        }
    }

    /// Notes that `person` has one ticket more, or less.
    pub(crate) fn count(&mut self, person: &str, more: bool) {
        let load = self.loads.entry(person.to_owned()).or_default();
        *load = if more { load.saturating_add(1) } else { load.saturating_sub(1) };
    }

    /// Gives `ticket` to somebody of its group by the group's strategy, but not to `but`; says whether somebody got it.
    /// Why nobody did goes into the log when `told`.
    pub(crate) async fn seat(
        &mut self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        but: Option<&str>,
        told: bool,
    ) -> Result<bool, Refused> {
        let Some(group) = group_of(change, ticket).filter(|group| group.strategy != Strategy::Manual) else {
            return Ok(false);
        };
        // Two who choose at once must see what the other gave, or both would give to the same person.
        change.work.alone(change.organization(), &group.id).await?;
        self.know(change, &group.members).await?;
        let members = group.members.iter().filter(|member| Some(member.as_str()) != but);
        let candidates: Vec<Candidate> = members.map(|member| self.candidate(change, member, ticket)).collect();
        match choose(group.strategy, &candidates) {
            Ok((chosen, among)) => {
                let person = chosen.person.clone();
                let event = QueueEvent::Chosen {
                    person: person.clone(),
                    strategy: group.strategy.name().to_owned(),
                    load: chosen.load,
                    among: among as u64,
                    plan: change.plan.version().to_string(),
                };
                ticket.assignment.assignee = Some(person.clone());
                change.log_by_itself(ticket, EventBody::Queue(event)).await?;
                change.work.put_turn(change.organization(), &person, change.now).await?;
                self.count(&person, true);
                let turn = &mut self.standings.entry(person).or_default().turn;
                *turn = change.now.as_microsecond().max(turn.saturating_add(1));
                Ok(true)
            }
            Err(lacks) => {
                if told {
                    let why: Vec<String> = lacks.iter().map(|(lack, n)| format!("{}: {n}", lack.name())).collect();
                    let event = QueueEvent::NobodyFree { why: why.join(", ") };
                    change.log_by_itself(ticket, EventBody::Queue(event)).await?;
                }
                Ok(false)
            }
        }
    }
}

/// Who of `people`, at least one, can take `ticket` and has the most room; it counts as theirs from now on.
///
/// # Errors
/// [`Refused::PersonNotFree`] with what the first of them lacks, when nobody can; what the database says.
pub async fn most_room(
    change: &Change<'_>,
    ticket: &Ticket,
    group: &str,
    people: &[String],
) -> Result<String, Refused> {
    change.work.alone(change.organization(), group).await?;
    let mut staff = Staff::default();
    staff.know(change, people).await?;
    let candidates: Vec<Candidate> = people.iter().map(|one| staff.candidate(change, one, ticket)).collect();
    match choose(Strategy::LeastLoaded, &candidates) {
        Ok((chosen, _)) => {
            change.work.put_turn(change.organization(), &chosen.person, change.now).await?;
            Ok(chosen.person.clone())
        }
        Err(lacks) => {
            let why = lacks.keys().next().map_or("full", |lack| lack.name());
            Err(Refused::PersonNotFree { person: people.join(", "), why })
        }
    }
}

/// The group in whose queue the ticket is, if this line has it.
pub(crate) fn group_of<'c>(change: &'c Change<'_>, ticket: &Ticket) -> Option<&'c Group> {
    let group = change.plan.group(ticket.assignment.group.as_deref()?)?;
    (group.line == change.line).then_some(group)
}
