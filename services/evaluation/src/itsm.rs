//! Tickets of ten days from a large IT service desk, in Russian, in the order in which they were registered.

use std::collections::VecDeque;
use std::path::Path;

use triage::{Decision, Example, Memory, Model, Recipe, Request, View};

use crate::judge::{Verdict, row, train};
use crate::sheet::Sheet;
use crate::{Clock, EvaluationError, Row};

/// The share of the tickets, the first, that is only learned from.
const LEARNED: f32 = 0.8;

/// The recipe is chosen, and thresholds are measured, on tickets from this share on; they are all before [`LEARNED`].
const MEASURED_FROM: f32 = 0.5;

/// The model is trained again after so many tickets.
const TICKETS_BETWEEN_TRAININGS: usize = 100;

/// What is known when a ticket is registered: its title, where it came from, and whether it is a request or an incident.
const COLUMNS: [&str; 5] = ["text", "site", "type", "created", "restored"];

/// When a ticket's answer becomes known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    /// As soon as the person who registers it has sorted it.
    AtOnce,
    /// When it is solved.
    WhenSolved,
}

pub(crate) fn rows(folder: &Path, clock: Clock<'_>) -> Result<Vec<Row>, EvaluationError> {
    let sheet = Sheet::read(folder, "itsm_ru.tsv")?;
    let tasks = [
        ("itsm, service", "service", Known::AtOnce),
        ("itsm, service, known when solved", "service", Known::WhenSolved),
        ("itsm, priority", "priority", Known::AtOnce),
        ("itsm, priority, known when solved", "priority", Known::WhenSolved),
    ];
    tasks.iter().map(|(name, target, known)| of_target(&sheet, name, target, *known, clock)).collect()
}

/// A ticket as it was registered, and what it turned out to be.
struct Ticket<'a> {
    text: &'a str,
    fields: [(&'a str, &'a str); 2],
    created: &'a str,
    restored: &'a str,
    label: &'a str,
}

impl Ticket<'_> {
    fn request(&self) -> Request<'_> {
        Request { fields: &self.fields, ..Request::of(self.text) }
    }
}

fn of_target(
    sheet: &Sheet,
    name: &str,
    target: &'static str,
    known: Known,
    clock: Clock<'_>,
) -> Result<Row, EvaluationError> {
    let labels = sheet.columns([target])?;
    let tickets: Vec<Ticket<'_>> = sheet
        .columns(COLUMNS)?
        .into_iter()
        .zip(&labels)
        .map(|([text, site, kind, created, restored], [label])| Ticket {
            text,
            fields: [("site", site), ("kind", kind)],
            created,
            restored,
            label,
        })
        .collect();
    let from = |share: f32| (tickets.len() as f32 * share) as usize;
    let (measured, tested) = (from(MEASURED_FROM), from(LEARNED));
    let mut desk = Desk { tickets: &tickets, known, model: None, memory: Memory::default(), waiting: VecDeque::new() };
    let mut training_s = 0.0;
    let mut verdicts = Vec::new();
    for (at, ticket) in tickets.iter().enumerate() {
        if at >= measured && (at - measured).is_multiple_of(TICKETS_BETWEEN_TRAININGS) {
            training_s = desk.train(name, at, clock)?;
        }
        desk.hear(ticket.created);
        if at >= measured {
            verdicts.push(desk.judge(ticket, clock));
        }
        desk.meet(at);
    }
    let (before, after) = verdicts.split_at(tested - measured);
    let threshold = |precision| crate::judge::threshold(before, precision);
    let row = row(name, after, threshold(0.95), threshold(0.98));
    let model_bytes = desk.model.as_ref().map_or(0, Model::size);
    Ok(Row { trained: tested, training_s, model_bytes, ..row })
}

/// A service desk that sorts as tickets come in and learns as their answers become known.
struct Desk<'a> {
    tickets: &'a [Ticket<'a>],
    known: Known,
    model: Option<Model>,
    memory: Memory,
    /// Tickets whose answer is not known yet.
    waiting: VecDeque<usize>,
}

impl<'a> Desk<'a> {
    /// Learns all that is known of the tickets before `end`; says how long it took, seconds.
    fn train(&mut self, name: &str, end: usize, clock: Clock<'_>) -> Result<f32, EvaluationError> {
        let now = self.tickets.get(end).map_or("", |ticket| ticket.created);
        let is_known = |ticket: &&Ticket<'_>| self.known == Known::AtOnce || is_solved(ticket, now);
        let examples: Vec<Example<'_>> = self.tickets[..end]
            .iter()
            .filter(is_known)
            .map(|ticket| Example { request: ticket.request(), ..Example::of(ticket.text, ticket.label) })
            .collect();
        let (model, training_s) = train(name, &examples, &recipe(), clock)?;
        self.model = Some(model);
        Ok(training_s)
    }

    fn judge(&self, ticket: &'a Ticket<'a>, clock: Clock<'_>) -> Verdict<'a> {
        let begun = clock();
        let request = ticket.request();
        let decision = self.model.as_ref().map_or_else(Decision::default, |model| model.decide(&request));
        let decision = self.memory.remind(&request, decision);
        let took_us = (clock() - begun).as_secs_f32() * 1e6;
        let said = decision.best().map_or_else(String::new, |best| best.label.to_owned());
        Verdict { is: Some(ticket.label), said, confidence: decision.confidence(), took_us }
    }

    /// A ticket came in.
    fn meet(&mut self, at: usize) {
        match self.known {
            Known::AtOnce => self.learn(at),
            Known::WhenSolved => self.waiting.push_back(at),
        }
    }

    /// Learns from the tickets that were solved before `now`.
    fn hear(&mut self, now: &str) {
        let (solved, waiting): (VecDeque<usize>, VecDeque<usize>) = self
            .waiting
            .iter()
            .copied()
            .partition(|at| self.tickets.get(*at).is_some_and(|ticket| is_solved(ticket, now)));
        self.waiting = waiting;
        solved.into_iter().for_each(|at| self.learn(at));
    }

    fn learn(&mut self, at: usize) {
        if let Some(ticket) = self.tickets.get(at) {
            self.memory.learn(&ticket.request(), ticket.label);
        }
    }
}

fn is_solved(ticket: &Ticket<'_>, now: &str) -> bool {
    !ticket.restored.is_empty() && ticket.restored < now
}

fn recipe() -> Recipe {
    Recipe { views: vec![View::Words, View::InWord, View::Fields], folds: 2, ..Recipe::default() }
}
