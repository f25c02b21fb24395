//! Filters from the wire, and what a viewer may see.

use handover::Refused;
use handover::wire::{Reader, enums, to_instant};
use jiff::Timestamp;
use plan::Plan;
use proto::queue as wire;
use proto::ticket as pb;
use rpc::identity::{Caller, Role};
use store::{CustodyKind, Escalation, Mark, Range, Scope, Sort, StateKind, Wanted};
use ticket::field::LINE_BYTES_MAX;
use ticket::{Line, Priority};

/// The most values of one field of a filter.
const VALUES_MAX: usize = 20;

/// Who looks, and what they may see.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) subject: String,
    pub(crate) supervises: bool,
    /// Their groups at this line.
    pub(crate) groups: Vec<String>,
    /// Whether they are of another line, and see only where they take part.
    foreign: bool,
}

impl Viewer {
    pub(crate) fn of(caller: &Caller, plan: &Plan, here: Line) -> Self {
        let foreign = matches!(caller.role, Role::Agent { line } if line != here);
        Self {
            subject: caller.subject.clone(),
            supervises: caller.role == Role::Supervisor,
            groups: plan.groups_of(here, &caller.subject).map(|group| group.id.clone()).collect(),
            foreign,
        }
    }

    pub(crate) fn scope(&self) -> Scope {
        if self.supervises || self.foreign {
            Scope::All
        } else {
            Scope::Of { person: self.subject.clone(), groups: self.groups.clone() }
        }
    }

    /// `wanted`, narrowed to where they take part when they are of another line.
    pub(crate) fn narrow(&self, mut wanted: Wanted) -> Wanted {
        if self.foreign {
            wanted.marks.push((Mark::Collaborator, vec![self.subject.clone()]));
        }
        wanted
    }
}

fn instants(
    reader: &mut Reader,
    name: &str,
    from: Option<prost_types::Timestamp>,
    to: Option<prost_types::Timestamp>,
) -> Range {
    let mut at = |end: &str, given: Option<prost_types::Timestamp>| {
        given.and_then(|given| to_instant(reader, &format!("filter.{name}_{end}"), Some(given)))
    };
    Range { from: at("from", from), to: at("to", to) }
}

/// Which order is meant.
pub(crate) fn sort(reader: &mut Reader, number: i32) -> Sort {
    match wire::Sort::try_from(number) {
        Ok(wire::Sort::Unspecified | wire::Sort::Opened) => Sort::Opened,
        Ok(wire::Sort::Changed) => Sort::Changed,
        Ok(wire::Sort::Priority) => Sort::Priority,
        Ok(wire::Sort::Due) => Sort::Due,
        Err(_) => {
            reader.wrong("sort", format!("{number} is not a value of this enum"));
            Sort::Opened
        }
    }
}

/// Each value of `numbers`, read by `one`.
fn each<T>(
    reader: &mut Reader,
    name: &str,
    numbers: Vec<i32>,
    one: impl Fn(&mut Reader, &str, i32, bool) -> Option<T>,
) -> Vec<T> {
    if numbers.len() > VALUES_MAX {
        reader.wrong(name, format!("has {} entries; at most {VALUES_MAX} are taken", numbers.len()));
    }
    numbers.into_iter().take(VALUES_MAX).filter_map(|number| one(reader, name, number, true)).collect()
}

fn texts(reader: &mut Reader, name: &str, values: Vec<String>) -> Vec<String> {
    if values.len() > VALUES_MAX {
        reader.wrong(name, format!("has {} entries; at most {VALUES_MAX} are taken", values.len()));
    }
    values.iter().take(VALUES_MAX).map(|value| reader.text(name, value, LINE_BYTES_MAX)).collect()
}

fn state(reader: &mut Reader, name: &str, number: i32, _: bool) -> Option<StateKind> {
    match pb::State::try_from(number) {
        Ok(pb::State::Open) => Some(StateKind::Open),
        Ok(pb::State::OnHold) => Some(StateKind::OnHold),
        Ok(pb::State::Resolved) => Some(StateKind::Resolved),
        Ok(pb::State::Closed) => Some(StateKind::Closed),
        Ok(pb::State::Unspecified) | Err(_) => {
            reader.wrong(name, format!("{number} is not a state"));
            None
        }
    }
}

fn escalation(reader: &mut Reader, name: &str, number: i32, _: bool) -> Option<Escalation> {
    match wire::Escalation::try_from(number) {
        Ok(wire::Escalation::ByHand) => Some(Escalation::ByHand),
        Ok(wire::Escalation::ByBreach) => Some(Escalation::ByBreach),
        Ok(wire::Escalation::Unspecified) | Err(_) => {
            reader.wrong(name, format!("{number} is no way of escalation"));
            None
        }
    }
}

/// What `filter` wants, seen by `viewer` at `now`.
///
/// # Errors
/// [`Refused::Fields`].
pub(crate) fn wanted(
    filter: wire::Filter,
    order: i32,
    viewer: &Viewer,
    now: Timestamp,
) -> Result<(Wanted, Sort), Refused> {
    let wire::Filter { custody, states, hold_reasons, zone, group, no_group, assignee, nobody, client, .. } = &filter;
    let wire::Filter { category, product, collaborator, text, overdue, language, supervised_by, .. } = &filter;
    let mut reader = Reader::default();
    let custody = match pb::Custody::try_from(*custody) {
        Ok(pb::Custody::Unspecified | pb::Custody::Held) => CustodyKind::Held,
        Ok(pb::Custody::HandingOver) => CustodyKind::HandingOver,
        Ok(pb::Custody::PassedOn) => CustodyKind::PassedOn,
        Err(_) => {
            reader.wrong("filter.custody", format!("{custody} is not a value of this enum"));
            CustodyKind::Held
        }
    };
    let mut states = each(&mut reader, "filter.states", states.clone(), state);
    if states.is_empty() {
        states = vec![StateKind::Open, StateKind::OnHold, StateKind::Resolved];
    }
    let who = |given: Option<String>| given.map(|one| if one == "me" { viewer.subject.clone() } else { one });
    let mut line = |name: &str, value: &String| reader.optional(&format!("filter.{name}"), value, LINE_BYTES_MAX);
    let (zone, mut group, client) = (line("zone", zone), line("group", group), line("client", client));
    let (category, product, text) = (line("category", category), line("product", product), line("text", text));
    let (mut assignee, collaborator) = (who(line("assignee", assignee)), who(line("collaborator", collaborator)));
    let supervisor = who(line("supervised_by", supervised_by));
    for (none, value, name) in [(no_group, &mut group, "no_group"), (nobody, &mut assignee, "nobody")] {
        if *none && value.is_some() {
            reader.wrong(&format!("filter.{name}"), "contradicts what is asked for beside it");
        } else if *none {
            *value = Some(String::new());
        }
    }
    let lowest = enums::priority(&mut reader, "filter.priority_from", filter.priority_from, false);
    let highest = enums::priority(&mut reader, "filter.priority_to", filter.priority_to, false);
    let priorities = (lowest.is_some() || highest.is_some())
        .then(|| (lowest.unwrap_or(Priority::Low), highest.unwrap_or(Priority::Critical)));
    let mut due = instants(&mut reader, "due", filter.due_from, filter.due_to);
    if *overdue {
        due.to = Some(due.to.map_or(now, |to| to.min(now)));
    }
    let tags = texts(&mut reader, "filter.tags", filter.tags.clone());
    let mut marks: Vec<_> = tags.into_iter().map(|tag| (Mark::Tag, vec![tag.to_lowercase()])).collect();
    marks.extend(collaborator.map(|who| (Mark::Collaborator, vec![who])));
    marks.extend(supervisor.map(|who| (Mark::Supervisor, vec![who])));
    let escalations = each(&mut reader, "filter.escalations", filter.escalations.clone(), escalation);
    let escalations = escalations.into_iter().map(|escalation| escalation.name().to_owned()).collect();
    let channels = each(&mut reader, "filter.channels", filter.channels.clone(), enums::channel);
    let channels = channels.into_iter().map(|channel| channel.name().to_owned()).collect();
    let any_of = [(Mark::Escalated, escalations), (Mark::Channel, channels)];
    marks.extend(any_of.into_iter().filter(|(_, values): &(Mark, Vec<String>)| !values.is_empty()));
    let sort = sort(&mut reader, order);
    if sort != Sort::Opened && (custody != CustodyKind::Held || states.contains(&StateKind::Closed)) {
        reader.wrong("sort", "other orders than OPENED are for tickets that are held and not closed");
    }
    let wanted = Wanted {
        custody: Some(custody),
        states,
        hold_reasons: texts(&mut reader, "filter.hold_reasons", hold_reasons.clone()),
        zone,
        group,
        assignee,
        client,
        category,
        product,
        kinds: each(&mut reader, "filter.kinds", filter.kinds.clone(), enums::kind),
        priorities,
        moods: each(&mut reader, "filter.moods", filter.moods.clone(), enums::mood),
        language: enums::language(&mut reader, "filter.language", *language, false),
        marks,
        text,
        opened: instants(&mut reader, "opened", filter.opened_from, filter.opened_to),
        changed: instants(&mut reader, "changed", filter.changed_from, filter.changed_to),
        due,
    };
    reader.finish(Some((viewer.narrow(wanted), sort)))
}
