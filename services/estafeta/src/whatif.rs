//! `whatif`: what would be decided otherwise under another plan or by another model, on what was recorded.
//!
//! Line 1's tickets are sorted anew, once by the plan in force and once by the other one; line 0's answers are measured
//! against the other threshold. Databases are only read, of a running or a stopped suite.

use std::collections::BTreeMap;

use backends::Encoder;
use clap::Args;
use handover::plans_in;
use jiff::Timestamp;
use line1_service_desk::{Home, Replay};
use plan::Plan;
use serde::Serialize;
use store::{DecisionEvents, DecisionsWanted, EVENTS_MAX, Filter, PAGE_SIZE_MAX, Page, Store, StoreError};
use ticket::{EventBody, Line};

use crate::failure::Failure;
use crate::settings::{Given, Settings};
use crate::target::Target;
use crate::{audit, plans, services};

/// So many examples are named of each change.
const EXAMPLES: usize = 3;

/// Against what, and since when.
#[derive(Debug, Args)]
pub struct Options {
    /// Only what came at this time or later, such as 2026-11-01T00:00:00Z. Default: all that is recorded.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// A model that acts in place of the one for its field.
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    given: Given,
}

/// What would change for one organization.
#[derive(Debug, Serialize)]
struct Changes {
    organization: String,
    /// The versions of the plan in force and of the other one.
    plan: String,
    other: String,
    /// Requests that were sorted anew, and those of which it was not kept what was known when they came.
    requests: usize,
    unknown: usize,
    /// Answers of line 0 that were measured anew.
    answers: usize,
    changes: Vec<Change>,
}

/// What would change in the same way.
#[derive(Debug, Serialize)]
struct Change {
    field: String,
    from: String,
    to: String,
    count: usize,
    /// The tickets, the latest first.
    examples: Vec<Example>,
}

#[derive(Debug, Clone, Serialize)]
struct Example {
    ticket: String,
    about: String,
}

/// Changes by field, and by what becomes what.
#[derive(Default)]
struct Found(BTreeMap<(String, String, String), Vec<Example>>, BTreeMap<(String, String, String), usize>);

impl Found {
    fn note(&mut self, field: &str, from: &str, to: &str, example: impl FnOnce() -> Example) {
        let key = (field.to_owned(), from.to_owned(), to.to_owned());
        *self.1.entry(key.clone()).or_default() += 1;
        let examples = self.0.entry(key).or_default();
        if examples.len() < EXAMPLES {
            examples.push(example());
        }
    }

    /// The commonest of each field first.
    fn changes(mut self) -> Vec<Change> {
        let mut changes: Vec<Change> = std::mem::take(&mut self.1)
            .into_iter()
            .map(|(key, count)| {
                let examples = self.0.remove(&key).unwrap_or_default();
                let (field, from, to) = key;
                Change { field, from, to, count, examples }
            })
            .collect();
        changes.sort_by(|one, other| one.field.cmp(&other.field).then(other.count.cmp(&one.count)));
        changes
    }
}

/// Prints what would change under the plans that are named, or by the model under the plans in force.
///
/// # Errors
/// When a plan has faults, there is no such model, or a database cannot be read.
pub async fn run(options: Options) -> Result<bool, Failure> {
    let Options { since, model, json, given } = options;
    let settings = given.resolve()?;
    if settings.plan.is_empty() && model.is_none() {
        return Err(Failure::Given("against what? give another plan with --plan, or a --model".to_owned()));
    }
    let desk = open(Line::ServiceDesk, &settings).await?.ok_or_else(|| {
        Failure::Given("there is no database of line 1 to read; say where with --data or --database".to_owned())
    })?;
    let bot = open(Line::SelfService, &settings).await?;
    let encoder = services::encoder(&settings)?;
    let mut all = Vec::new();
    for other in plans::load(&settings)?.all() {
        let known = plans_in(&desk, other.organization()).await;
        let known = known.map_err(|refused| plans_unread(&refused.to_string()))?;
        let Some(known) = known else {
            let organization = other.organization();
            return Err(Failure::Given(format!("line 1 has never worked by a plan of `{organization}`")));
        };
        let mut found = Found::default();
        let (requests, unknown) =
            sorted(&desk, known.plan(), &other, (model.as_deref(), encoder.clone()), since, &mut found).await?;
        let answers = match &bot {
            Some(bot) => answered(bot, &other, since, &mut found).await?,
            None => 0,
        };
        all.push(Changes {
            organization: other.organization().to_string(),
            plan: known.plan().version().to_string(),
            other: other.version().to_string(),
            requests,
            unknown,
            answers,
            changes: found.changes(),
        });
    }
    for store in std::iter::once(desk).chain(bot) {
        // Nothing was written; a database that does not close well has been read all the same.
        let _ = store.close().await;
    }
    if json {
        let text = serde_json::to_string(&serde_json::json!({ "organizations": all }));
        println!("{}", text.map_err(|error| Failure::Given(error.to_string()))?);
    } else {
        all.iter().for_each(print);
    }
    Ok(true)
}

async fn open(line: Line, settings: &Settings) -> Result<Option<Store>, Failure> {
    let database = settings.database(line)?;
    if let Some(path) = database.url().strip_prefix("sqlite://")
        && !std::path::Path::new(path).exists()
    {
        // Opening would make an empty one.
        eprintln!("{} has no database at {path}; left out", Target::of(line));
        return Ok(None);
    }
    audit::open(line, &database).await.map(Some)
}

fn plans_unread(reason: &str) -> Failure {
    Failure::Plans { line: Line::ServiceDesk, reason: reason.to_owned() }
}

fn unread(line: Line) -> impl Fn(StoreError) -> Failure {
    move |error| Failure::Store { line, error }
}

/// Sorts line 1's requests by both plans; how many there were, and how many of which too little is known.
async fn sorted(
    store: &Store,
    present: &Plan,
    other: &Plan,
    (model, encoder): (Option<&str>, Option<Encoder>),
    since: Option<Timestamp>,
    found: &mut Found,
) -> Result<(usize, usize), Failure> {
    let unread = unread(Line::ServiceDesk);
    let replay = async |plan, model| {
        let replay = Replay::of(store, plan, model, encoder.clone()).await;
        replay.map_err(|refused| Failure::Given(refused.to_string()))
    };
    let no_vector = |problem| {
        Failure::Given(format!("the encoder gives no vectors: {problem}; without --encoder words are judged alone"))
    };
    let (before, after) = (replay(present, None).await?, replay(other, model).await?);
    let (mut requests, mut unknown, mut next) = (0, 0, None);
    loop {
        let page = Page { after: next, size: PAGE_SIZE_MAX };
        let page = store.tickets(other.organization(), &Filter::default(), &page).await.map_err(&unread)?;
        for (ticket, _) in &page.tickets {
            if since.is_some_and(|since| ticket.facts.opened_at < since) {
                return Ok((requests, unknown));
            }
            let home: Home = store.own(other.organization(), ticket.facts.id).await.map_err(&unread)?;
            let both = futures::try_join!(before.sort(ticket, &home), after.sort(ticket, &home));
            let (Some(was), Some(is)) = both.map_err(no_vector)? else {
                unknown += 1;
                continue;
            };
            requests += 1;
            let fields: std::collections::BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
            for field in fields {
                let value = |all: &line1_service_desk::Sorted| all.get(field).cloned().unwrap_or_default();
                if value(&was) != value(&is) {
                    let about = ticket.facts.number.clone().unwrap_or_default();
                    let about = format!("{about} {}", ticket.facts.subject);
                    found.note(field, &value(&was), &value(&is), || Example {
                        ticket: ticket.facts.id.to_string(),
                        about: about.trim().to_owned(),
                    });
                }
            }
        }
        next = page.next;
        if next.is_none() {
            return Ok((requests, unknown));
        }
    }
}

/// Measures what line 0 answered, or did not, against the threshold of the other plan; how many there were.
async fn answered(store: &Store, other: &Plan, since: Option<Timestamp>, found: &mut Found) -> Result<usize, Failure> {
    let Some(thresholds) = other.thresholds() else { return Ok(0) };
    let from = (thresholds.answer * 1000.0).round();
    let (mut count, mut after) = (0, None);
    loop {
        let wanted = DecisionsWanted { since, after, ..DecisionsWanted::default() };
        let kinds = [DecisionEvents::Answered, DecisionEvents::Declined];
        let events = store.decisions(other.organization(), &kinds, &wanted, EVENTS_MAX).await;
        let events = events.map_err(unread(Line::SelfService))?;
        let Some((last, _)) = events.last() else { return Ok(count) };
        after = Some(*last);
        for (_, event) in &events {
            let (was, score, about) = match &event.body {
                EventBody::AutoAnswered { score, article, .. } => (true, *score, article.clone()),
                EventBody::AutoDeclined { score, .. } => (false, *score, String::new()),
                _ => continue,
            };
            count += 1;
            let is = f64::from(score) >= from;
            if was != is {
                let name = |answers: bool| if answers { "answered" } else { "not answered" };
                let example = || Example { ticket: event.ticket.to_string(), about };
                found.note("answer", name(was), name(is), example);
            }
        }
    }
}

fn print(all: &Changes) {
    let Changes { organization, plan, other, requests, unknown, answers, changes } = all;
    println!("{organization}: plan {plan} against {other}");
    println!("{requests} requests sorted anew, {answers} answers measured anew");
    if *unknown > 0 {
        println!("{unknown} requests left out: what was known when they came was not kept");
    }
    if changes.is_empty() {
        println!("nothing would change");
    }
    let mut last = "";
    for Change { field, from, to, count, examples } in changes {
        if field != last {
            let whole: usize = changes.iter().filter(|change| change.field == *field).map(|change| change.count).sum();
            println!("{field}: {whole} would change");
            last = field;
        }
        let shown = |value: &str| if value.is_empty() { "–".to_owned() } else { value.to_owned() };
        println!("  {count} × {} → {}", shown(from), shown(to));
        for Example { ticket, about } in examples {
            println!("      {ticket} {about}");
        }
    }
}
