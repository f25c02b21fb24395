//! The clocks of tickets ring: people are warned when a part of what was promised has passed, and when a promise is broken the
//! supervisors are called in.
//!
//! A ticket has one timer for all its clocks. Whatever is written into its log lets the timer ring at once; ringing reads
//! the log, tells what is due, and sets the timer to the next instant at which something will be. What was told once stands
//! in the log and is not told again, whatever process dies in between.

use std::collections::BTreeSet;

use deadline::{Calendars, Fact, Ledger, Measure, Party, Percent, State, Triage, Unreckonable, What, from_log};
use jiff::Timestamp;
use plan::Plan;
use store::{Escalation, Mark, Timer};
use texts::Text;
use ticket::event::{ClockEvent, ClockName};
use ticket::{Actor, Event, EventBody, Language, Line, OrganizationId, Ticket, TicketId};

use crate::change::{Change, corrupt};
use crate::deadlines::parties;
use crate::desk::Desk;
use crate::force_majeure::{Board, is_raised};
use crate::fuse::CrashPoint;
use crate::notice::{Notice, Recipient};
use crate::plans::Known;
use crate::refused::Refused;
use crate::waking::still_due;

/// The kind of the timers of clocks; the id of one is that of its ticket.
pub const TIMER: &str = "clock";

/// The kind of the timer by which all clocks of an organization are reckoned anew; it has one.
pub(crate) const RECKON: &str = "clocks-anew";

/// So many tickets are gone over at once when all clocks are reckoned anew.
const PAGE: u32 = 256;

/// What is to be told now, and when to look again.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outlook {
    due: Vec<ClockEvent>,
    next: Option<Timestamp>,
    /// The first instant that is promised, or was and is broken, by this side.
    promised: Option<Timestamp>,
    /// Whether force majeure changes a target of a clock that has not ended.
    has_others: bool,
}

/// What the clocks of `ticket` come to, by the log of `line`.
fn outlook(
    known: &Known,
    board: &Board,
    line: Line,
    ticket: &Ticket,
    log: &[Event],
    now: Timestamp,
) -> Result<Outlook, Unreckonable> {
    let (calendars, emergencies) = (known.calendars(), board.emergencies());
    let mut outlook = Outlook::default();
    for party in parties(line, log) {
        for measure in [Measure::Response, Measure::Resolution] {
            let triage = Triage { priority: ticket.facts.priority, category: ticket.facts.category.clone() };
            let ledger = from_log(log, &party, measure, triage, known).under(&emergencies);
            outlook.has_others |= ledger.instead(now).is_some();
            let plan = known.plan();
            let parts = plan.agreement(&party, measure, ticket.facts.priority, ticket.facts.category.as_deref());
            let parts = parts.map(|agreement| agreement.warnings.clone()).unwrap_or_default();
            outlook.look_at(&name(&party, measure), &ledger, &parts, calendars, log, now)?;
        }
    }
    outlook.due.extend(board.to_tell(log, outlook.has_others || is_raised(ticket), now));
    Ok(outlook)
}

fn name(party: &Party, measure: Measure) -> ClockName {
    let party = match party {
        Party::Client => "client".to_owned(),
        Party::Line(line) => line.name().to_owned(),
        Party::Vendor(vendor) => format!("vendor:{vendor}"),
    };
    let measure = match measure {
        Measure::Response => "response",
        Measure::Resolution => "resolution",
    };
    ClockName { party, measure: measure.to_owned() }
}

impl Outlook {
    fn look_at(
        &mut self,
        clock: &ClockName,
        ledger: &Ledger,
        parts: &[Percent],
        calendars: &Calendars,
        log: &[Event],
        now: Timestamp,
    ) -> Result<(), Unreckonable> {
        // What was told of an earlier promise says nothing about this one.
        let promises =
            |fact: &&Fact| matches!(fact.what, What::Started { .. } | What::TargetChanged { .. } | What::Reopened);
        let Some(begun) = ledger.facts().iter().rfind(promises).map(|fact| fact.at) else { return Ok(()) };
        let told = log.iter().filter(|event| event.at >= begun).filter_map(|event| match &event.body {
            EventBody::Clock(event) => Some(event),
            _ => None,
        });
        let (mut warned, mut breached) = (0, false);
        for event in told {
            match event {
                ClockEvent::Warned { clock: of, percent, .. } if of == clock => warned = warned.max(*percent),
                ClockEvent::Breached { clock: of, .. } => breached |= of == clock,
                ClockEvent::Warned { .. } | ClockEvent::Escalated { .. } | ClockEvent::ForceMajeure { .. } => {}
            }
        }
        match ledger.state(calendars, now)? {
            // Nothing is due while it stands; going on is written into the log, and lets the timer ring.
            State::NotStarted | State::Held { .. } | State::Met { .. } | State::Stopped { .. } => {}
            State::Breached { at } => {
                self.promise(clock, at);
                if !breached {
                    self.due.push(ClockEvent::Breached { clock: clock.clone(), due: at });
                }
            }
            State::Running { due, .. } => {
                self.promise(clock, due);
                let warnings = ledger.warnings(calendars, parts)?;
                let past = warnings.iter().filter(|warning| warning.at <= now && warning.percent.0 > warned);
                // Of several that were missed the highest says it all.
                if let Some(percent) = past.map(|warning| warning.percent.0).max() {
                    self.due.push(ClockEvent::Warned { clock: clock.clone(), percent, due });
                }
                let coming = warnings.iter().filter(|warning| warning.percent.0 > warned).map(|warning| warning.at);
                let next = coming.chain([due]).filter(|at| *at > now).min();
                self.next = self.next.into_iter().chain(next).min();
            }
        }
        Ok(())
    }

    /// What a vendor promised is not what people here are late with.
    fn promise(&mut self, clock: &ClockName, at: Timestamp) {
        if !clock.party.starts_with("vendor:") {
            self.promised = self.promised.into_iter().chain([at]).min();
        }
    }
}

impl Change<'_> {
    /// The timer by which the clocks of a ticket ring at once, such as when something was written about it.
    pub(crate) fn clock_timer(&self, ticket: TicketId) -> Timer {
        let (organization, kind) = (self.organization().clone(), TIMER.to_owned());
        let (id, due, payload) = (ticket.to_string(), self.now, serde_json::Value::Null);
        Timer { organization, kind, id, ticket: Some(ticket), due, payload }
    }
}

impl Desk {
    /// Lets the clocks of all tickets of an organization be reckoned anew, since its plan has changed: page by page, so that
    /// what is due meanwhile does not wait for all of them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reckon_anew(&self, organization: &OrganizationId) -> Result<(), Refused> {
        self.work(organization, Actor::Line { line: self.line() }, move |change| {
            Box::pin(async move { begin_anew(change).await })
        })
        .await
    }

    /// The timer of a ticket's clocks rings.
    pub(crate) async fn ring_clocks(&self, timer: Timer) -> Result<bool, Refused> {
        let id: TicketId = timer.id.parse().map_err(|e| corrupt(format!("{e}")))?;
        let organization = timer.organization.clone();
        let now = self.clock().now();
        // Read outside the transaction: it takes its time, and the others need not wait for it.
        let found = match self.find(&organization, id).await {
            Ok(found) => Some(found),
            Err(Refused::TicketNotFound(_)) => None,
            Err(refused) => return Err(refused),
        };
        let (known, line, fuse) = (self.0.plans.known(&organization)?, self.line(), self.0.fuse.clone());
        let seen = match found {
            Some((ticket, version)) => {
                let log = self.events_of(&organization, id).await?;
                let board = Board::of(self.store(), &organization).await?;
                let outlook = outlook(&known, &board, line, &ticket, &log, now)?;
                Some((version, log.len(), outlook, board))
            }
            None => None,
        };
        self.work(&organization, Actor::Line { line }, move |change| {
            Box::pin(async move {
                if still_due(change, &timer).await?.is_none() {
                    return Ok(false);
                }
                let Some((version, length, outlook, board)) = seen else {
                    return Ok(change.work.clear_timer(change.organization(), TIMER, &timer.id).await?);
                };
                let (mut ticket, read) = change.ticket(id).await?;
                if read != version || change.work.count_events(change.organization(), id).await? != length as u64 {
                    // Something came between; what was reckoned may not hold any more.
                    change.work.set_timer(&change.clock_timer(id)).await?;
                    return Ok(false);
                }
                if board.align(change, &mut ticket).await? {
                    // Another priority moves the clocks: what is written about it lets them ring again.
                    change.put(&ticket, Some(read)).await?;
                    fuse.cut(CrashPoint::WithinRing)?;
                    return Ok(true);
                }
                match outlook.next {
                    Some(at) => change.set_timer(TIMER, timer.id, Some(id), at, serde_json::Value::Null).await?,
                    None => {
                        change.work.clear_timer(change.organization(), TIMER, &timer.id).await?;
                    }
                }
                change.work.set_promised(change.organization(), id, outlook.promised).await?;
                let mut notices = Vec::new();
                for event in outlook.due {
                    notices.extend(tell(change, &ticket, event).await?);
                }
                change.notify_all(notices).await?;
                fuse.cut(CrashPoint::WithinRing)?;
                Ok(true)
            })
        })
        .await
    }
}

/// Lets the clocks of all tickets be reckoned anew, from the first one on.
pub(crate) async fn begin_anew(change: &Change<'_>) -> Result<(), Refused> {
    let from = serde_json::Value::String(String::new());
    change.set_timer(RECKON, "all".to_owned(), None, change.now, from).await
}

/// Lets the clocks of the next page of tickets ring, those too that had nothing to ring for, and comes again for the rest.
pub(crate) async fn reckon(change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
    let after = timer.payload.as_str().unwrap_or_default();
    // Where the client's clock is kept it runs through every line.
    let passed_too = change.line <= Line::OWNER;
    let page = change.work.ring_tickets(change.organization(), TIMER, after, PAGE, passed_too, change.now).await?;
    match page {
        Some(last) => {
            change.set_timer(RECKON, "all".to_owned(), None, change.now, serde_json::Value::String(last)).await
        }
        None => Ok(()),
    }
}

/// Writes down what a clock came to. Returns what those are to be told who can do something about it.
async fn tell(change: &Change<'_>, ticket: &Ticket, event: ClockEvent) -> Result<Vec<Notice>, Refused> {
    let responsible = Recipient::who_works(&ticket.assignment);
    change.log_by_itself(ticket, EventBody::Clock(event.clone())).await?;
    match event {
        ClockEvent::Warned { clock, percent, due } => {
            Ok(vec![notice(change, ticket, responsible, &clock, Some(percent), due)])
        }
        ClockEvent::Breached { clock, due } => {
            let by_breach = Escalation::ByBreach.name();
            change.work.add_mark(change.organization(), ticket.facts.id, Mark::Escalated, by_breach).await?;
            change.log_by_itself(ticket, EventBody::Clock(ClockEvent::Escalated { clock: clock.clone() })).await?;
            let told = BTreeSet::from([responsible, Recipient::Supervisors]);
            Ok(told.into_iter().map(|to| notice(change, ticket, to, &clock, None, due)).collect())
        }
        ClockEvent::Escalated { .. } | ClockEvent::ForceMajeure { .. } => Ok(Vec::new()),
    }
}

fn notice(
    change: &Change<'_>,
    ticket: &Ticket,
    to: Recipient,
    clock: &ClockName,
    percent: Option<u8>,
    due: Timestamp,
) -> Notice {
    let (text, topic) = match percent {
        Some(_) => (Text::ClockWarned, "clock-warned"),
        None => (Text::ClockBreached, "clock-breached"),
    };
    let words = |language: Language| {
        let fields = [
            ("number", ticket.facts.number.clone().unwrap_or_else(|| ticket.facts.id.to_string())),
            ("subject", ticket.facts.subject.clone()),
            ("clock", clock_in_words(&change.plan, clock, language)),
            ("percent", percent.unwrap_or(100).to_string()),
            ("due", due.to_zoned(change.plan.profile().time_zone.clone()).strftime("%d.%m.%Y %H:%M").to_string()),
        ];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        text.with(language, &fields)
    };
    Notice { to, topic, ticket: Some(ticket.facts.id), ru: words(Language::Russian), en: words(Language::English) }
}

fn clock_in_words(plan: &Plan, clock: &ClockName, language: Language) -> String {
    let measure = if clock.measure == "response" { Text::MeasureResponse } else { Text::MeasureResolution };
    let party = match (clock.party.as_str(), clock.party.strip_prefix("vendor:")) {
        ("client", _) => "SLA".to_owned(),
        (_, Some(vendor)) => {
            let known = plan.vendor(vendor).map(|vendor| vendor.name.in_language(language).to_owned());
            known.unwrap_or_else(|| vendor.to_owned())
        }
        (_, None) => "OLA".to_owned(),
    };
    format!("{} ({party})", measure.plain(language))
}
