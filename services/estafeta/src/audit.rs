//! Whether what must always hold does hold, over the databases of a running or a stopped suite.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use store::Store;
use ticket::invariants::{self, Broken, Snapshot};
use ticket::{Custody, Line, State};

use crate::failure::Failure;
use crate::settings::{Database, Settings};
use crate::target::Target;

/// How often the databases are read when something looks broken: while a suite runs, a ticket that moves between two
/// readings looks lost, and what is truly broken stays so.
const LOOKS_MAX: usize = 4;

/// How long to let a moving ticket arrive.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// What was looked at, and what is broken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Audited {
    /// The lines whose databases were read.
    pub lines: usize,
    /// Tickets, each counted once.
    pub tickets: usize,
    /// Records of tickets, over all lines.
    pub records: usize,
    /// Tickets that a line holds and that are not closed.
    pub open: usize,
    /// Tickets that are closed.
    pub closed: usize,
    /// Tickets on their way from one line to another.
    pub in_flight: usize,
    /// Handovers that receivers have accepted.
    pub handovers: usize,
    /// What is broken, in words, with the ticket.
    pub broken: Vec<String>,
}

/// Opens the database of `line`.
///
/// # Errors
/// When it cannot be opened.
pub async fn open(line: Line, database: &Database) -> Result<Store, Failure> {
    Store::open(database.url()).await.map_err(|error| Failure::Store { line, error })
}

/// Checks the invariants over `stores`: what is broken each time it is looked at.
///
/// # Errors
/// When a database cannot be read.
pub async fn look(stores: &[(Line, Store)]) -> Result<Audited, Failure> {
    let mut always: Option<Vec<Broken>> = None;
    let mut audited = Audited::default();
    for looks in 1..=LOOKS_MAX {
        let snapshot = read(stores).await?;
        let mut broken = invariants::check(&snapshot);
        if let Some(before) = &always {
            broken.retain(|broken| before.contains(broken));
        }
        audited = count(&snapshot, stores.len());
        audited.broken = broken.iter().map(ToString::to_string).collect();
        if broken.is_empty() {
            break;
        }
        always = Some(broken);
        if looks < LOOKS_MAX {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
    Ok(audited)
}

async fn read(stores: &[(Line, Store)]) -> Result<Snapshot, Failure> {
    let mut all = Snapshot::default();
    for (line, store) in stores {
        let Snapshot { tickets, undelivered, accepted, contradictions } =
            store.snapshot(*line).await.map_err(|error| Failure::Store { line: *line, error })?;
        all.tickets.extend(tickets);
        all.undelivered.extend(undelivered);
        all.accepted.extend(accepted);
        all.contradictions.extend(contradictions);
    }
    Ok(all)
}

fn count(snapshot: &Snapshot, lines: usize) -> Audited {
    let mut audited =
        Audited { lines, records: snapshot.tickets.len(), handovers: snapshot.accepted.len(), ..Audited::default() };
    let mut tickets = BTreeSet::new();
    for record in &snapshot.tickets {
        tickets.insert(record.facts.id);
        match (&record.custody, &record.state) {
            (Custody::Held, State::Closed { .. }) => audited.closed += 1,
            (Custody::Held, State::Open | State::OnHold { .. } | State::Resolved { .. }) => audited.open += 1,
            (Custody::HandingOver { .. }, _) => audited.in_flight += 1,
            (Custody::PassedOn { .. }, _) => {}
        }
    }
    audited.tickets = tickets.len();
    audited
}

/// `audit`: reads the databases that `settings` name, and says what it found. Returns whether everything holds.
///
/// # Errors
/// When a database cannot be read, or there is none.
pub async fn run(settings: &Settings, json: bool) -> Result<bool, Failure> {
    let mut stores = Vec::new();
    for line in Line::ALL {
        let database = settings.database(line)?;
        if let Some(path) = database.url().strip_prefix("sqlite://")
            && !std::path::Path::new(path).exists()
        {
            // Opening would make an empty one.
            eprintln!("{} has no database at {path}; left out", Target::of(line));
            continue;
        }
        stores.push((line, open(line, &database).await?));
    }
    if stores.is_empty() {
        return Err(Failure::Given("there is no database to audit; say where with --data or --database".to_owned()));
    }
    let audited = look(&stores).await?;
    for (_, store) in stores {
        // Nothing was written; a database that does not close well has been read all the same.
        let _ = store.close().await;
    }
    if json {
        println!("{}", serde_json::to_string(&audited).map_err(|error| Failure::Given(error.to_string()))?);
    } else {
        let Audited { lines, tickets, records, open, closed, in_flight, handovers, broken } = &audited;
        println!("{lines} databases, {tickets} tickets ({open} open, {closed} closed, {in_flight} in flight)");
        println!("{records} records, {handovers} accepted handovers");
        for broken in broken {
            println!("BROKEN {broken}");
        }
        if broken.is_empty() {
            println!("invariants 1, 2, 3, 4 and 7 hold");
        }
    }
    Ok(audited.broken.is_empty())
}
