//! `bench`: how fast the daily work of a desk is, in how many statements, and against which limit of the same machine.

use std::path::Path;
use std::time::{Duration, Instant};

use handover::{Desk, Plans};
use jiff::{SignedDuration, Timestamp};
use plan::Plan;
use proto::handover::CustodianServiceResolveRequest;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{AddNoteRequest, RegisterRequest, TriageRequest, WriteToClientRequest};
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{ClaimRequest, GetCountsRequest, ListQueueRequest};
use rpc::Channel;
use store::{CustodyKind, Scope, Sort, StateKind, StoreError, Timer, Wanted};
use ticket::{
    Channel as Way, Clock, Facts, Impact, Kind, Language, Line, Mood, OrganizationId, Priority, SystemClock, Ticket,
    TicketId, Urgency, Wake, WakeReason,
};

use crate::failure::Failure;
use crate::settings::Database;
use crate::suite::{Config, Suite};

/// How often each action is done.
const ROUNDS: u32 = 50;

/// How many tickets are written at once when the database is filled.
const FILL: u64 = 5_000;

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub enum Options {
    /// The daily actions of the service desk, and a page of its queue, over this many open tickets.
    Desks {
        /// How many open tickets there are already.
        #[arg(long, default_value_t = 1_000)]
        tickets: u64,
        /// A PostgreSQL database for this alone, such as `postgres://…?schema=bench`; SQLite in a new file without it.
        #[arg(long, value_name = "URL")]
        database: Option<Database>,
        /// Print one JSON object a row.
        #[arg(long)]
        json: bool,
    },
}

/// One action, measured.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Row {
    /// What was done.
    pub action: &'static str,
    /// How many statements the database was sent for one, on average.
    pub statements: f64,
    /// How many were done a second, one after the other.
    pub per_second: f64,
    /// The median of one, in milliseconds.
    pub median_ms: f64,
    /// Its pace as a part of the limit's: a transaction of one row, in the same run.
    pub of_limit: f64,
}

/// What was measured.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// How many open tickets there were.
    pub tickets: u64,
    /// How long it took to write them, in seconds.
    pub fill_seconds: f64,
    /// The limit first.
    pub rows: Vec<Row>,
    /// How the database goes about a page of the queue.
    pub page_plan: Vec<String>,
}

/// Measures and prints. Returns whether every action could be done.
///
/// # Errors
/// When the suite does not start, or an action is refused.
pub async fn run(options: Options) -> Result<bool, Failure> {
    let Options::Desks { tickets, database, json } = options;
    let report = measure(tickets, database).await?;
    if json {
        println!("{}", serde_json::json!(report));
        return Ok(true);
    }
    println!("{} open tickets, written in {:.1} s", report.tickets, report.fill_seconds);
    println!("{:<24} {:>10} {:>10} {:>10} {:>9}", "action", "statements", "a second", "median ms", "of limit");
    for Row { action, statements, per_second, median_ms, of_limit } in &report.rows {
        println!("{action:<24} {statements:>10.1} {per_second:>10.0} {median_ms:>10.2} {of_limit:>9.2}");
    }
    println!("\nhow a page of the queue is found:");
    for step in &report.page_plan {
        println!("  {step}");
    }
    Ok(true)
}

/// The daily actions of a service desk over `tickets` open tickets.
///
/// # Errors
/// As [`run`].
pub async fn measure(tickets: u64, database: Option<Database>) -> Result<Report, Failure> {
    let dir = tempfile::tempdir().map_err(Failure::writing("a directory", Path::new("of temporary files")))?;
    let plan = Plan::parse("demo.toml", plan::DEMO).map_err(|faults| Failure::Plan(Box::new(faults)))?;
    let plans = Plans::default();
    plans.put(plan.clone());
    let mut config = Config::in_dir(dir.path(), plans);
    config.background = false;
    if let Some(database) = database {
        config.databases.insert(Line::ServiceDesk, database);
    }
    let suite = Suite::start(config).await?;
    let desk = suite.desk(Line::ServiceDesk).ok_or_else(|| Failure::Given("line 1 is not at work".to_owned()))?;
    let fault = |error: StoreError| Failure::Store { line: Line::ServiceDesk, error };
    let begun = Instant::now();
    fill(&desk, plan.organization(), tickets).await.map_err(fault)?;
    let fill_seconds = begun.elapsed().as_secs_f64();
    let agent = crate::people::agent(&plan, Line::ServiceDesk);
    let bench =
        Bench { desk: suite.as_caller(Line::ServiceDesk, &agent), run: SystemClock.now().as_microsecond().to_string() };
    let rows = bench.rows(&desk, plan.organization()).await?;
    let groups = plan.groups_of(Line::ServiceDesk, &agent.subject).map(|group| group.id.clone()).collect();
    let scope = Scope::Of { person: agent.subject.clone(), groups };
    let page_plan =
        desk.store().explain_queue(plan.organization(), &scope, &active(), Sort::Priority, 50).await.map_err(fault)?;
    Ok(Report { tickets, fill_seconds, rows, page_plan })
}

fn active() -> Wanted {
    let states = vec![StateKind::Open, StateKind::OnHold, StateKind::Resolved];
    Wanted { custody: Some(CustodyKind::Held), states, ..Wanted::default() }
}

/// Writes open tickets, in the desk's queue, every other in somebody's hands.
async fn fill(desk: &Desk, organization: &OrganizationId, tickets: u64) -> Result<(), StoreError> {
    let now = SystemClock.now();
    let mut written = 0;
    while written < tickets {
        let until = tickets.min(written + FILL);
        let some: Vec<Ticket> = (written..until).filter_map(|number| one(organization, number, now)).collect();
        desk.store().write(move |work| Box::pin(async move { work.put_all_new(&some).await })).await?;
        written = until;
    }
    Ok(())
}

fn one(organization: &OrganizationId, number: u64, now: Timestamp) -> Option<Ticket> {
    let ago = SignedDuration::from_secs(i64::try_from(number % 5_000_000).unwrap_or(0));
    let opened_at = now.saturating_sub(ago).unwrap_or(now);
    let priority = [Priority::Low, Priority::Medium, Priority::High, Priority::Critical][(number % 4) as usize];
    let facts = Facts {
        id: TicketId::of_request(
            organization,
            Line::ServiceDesk,
            "bench",
            &format!("fill-{number}").parse().ok()?,
            opened_at,
        ),
        organization: organization.clone(),
        number: Some(format!("BENCH-{number:07}")),
        kind: Kind::Incident,
        subject: format!("Нет интернета, обращение {number}"),
        text: "Роутер включён, лампочка горит красным, сайты не открываются".to_owned(),
        language: Language::Russian,
        client: format!("client-{}", number % 10_000),
        impact: Impact::Medium,
        urgency: Urgency::Medium,
        priority,
        mood: Mood::Neutral,
        category: Some("no-internet".to_owned()),
        product: Some("Роутер".to_owned()),
        environment: None,
        opened_at,
        trace: String::new(),
    };
    // Nobody wakes them while it is measured.
    let far = now.saturating_add(SignedDuration::from_hours(24 * 365)).unwrap_or(Timestamp::MAX);
    let wake = Wake { at: far, reason: WakeReason::QueueDeadline };
    let mut ticket = Ticket::register(facts, Line::ServiceDesk, wake, opened_at);
    ticket.assignment.group = Some("desk".to_owned());
    // Those in hands are in hands of people who have left: nobody's room is used up.
    ticket.assignment.assignee = number.is_multiple_of(2).then(|| format!("left.{}", number % 1_000));
    Some(ticket)
}

struct Bench {
    desk: Channel,
    /// Tells the requests of this run from those of others on the same database.
    run: String,
}

impl Bench {
    async fn rows(&self, desk: &Desk, organization: &OrganizationId) -> Result<Vec<Row>, Failure> {
        let mut tickets = Vec::new();
        let mut rows = vec![self.timed("limit: one row", async |round| limit(desk, organization, round).await).await?];
        let register = self.timed("register", async |round| {
            let request = RegisterRequest {
                request_id: self.id("register", round),
                client: "client-1".into(),
                channel: proto::ticket::Channel::Phone as i32,
                text: format!("Не работает роутер, {:?}", Way::Phone),
                ..RegisterRequest::default()
            };
            let mut client = ServiceDeskServiceClient::new(self.desk.clone());
            let ticket = client.register(request).await?.into_inner().ticket.unwrap_or_default();
            tickets.push(ticket.facts.unwrap_or_default().ticket_id);
            Ok(())
        });
        rows.push(register.await?);
        let tickets = &tickets;
        let of = |round: u32| tickets.get(round as usize).cloned().unwrap_or_default();
        let triage = self.timed("triage", async |round| {
            let request = TriageRequest {
                request_id: self.id("triage", round),
                ticket_id: of(round),
                category: "no-internet".into(),
                impact: proto::ticket::Impact::Medium as i32,
                urgency: proto::ticket::Urgency::Medium as i32,
                mood: proto::ticket::Mood::Neutral as i32,
                ..TriageRequest::default()
            };
            ServiceDeskServiceClient::new(self.desk.clone()).triage(request).await?;
            Ok(())
        });
        rows.push(triage.await?);
        let claim = self.timed("claim", async |round| {
            let request =
                ClaimRequest { request_id: self.id("claim", round), ticket_id: of(round), expected_version: 0 };
            // The strategy may have given it to a colleague: the refusal is as much work.
            match QueueServiceClient::new(self.desk.clone()).claim(request).await {
                Err(status) if rpc::reason_of(&status) == Some(proto::errors::Reason::AssignedToAnother) => Ok(()),
                other => Ok(other.map(|_| ())?),
            }
        });
        rows.push(claim.await?);
        let note = self.timed("note", async |round| {
            let (request_id, ticket_id) = (self.id("note", round), of(round));
            let request = AddNoteRequest { request_id, ticket_id, text: "перезвонить".into() };
            RecordServiceClient::new(self.desk.clone()).add_note(request).await?;
            Ok(())
        });
        rows.push(note.await?);
        let write = self.timed("write to the client", async |round| {
            let request = WriteToClientRequest {
                request_id: self.id("write", round),
                ticket_id: of(round),
                text: "Проверяем линию".into(),
                ..WriteToClientRequest::default()
            };
            ServiceDeskServiceClient::new(self.desk.clone()).write_to_client(request).await?;
            Ok(())
        });
        rows.push(write.await?);
        let page = self.timed("queue page", async |_| {
            let request = ListQueueRequest { view_id: "queue".into(), ..ListQueueRequest::default() };
            ViewServiceClient::new(self.desk.clone()).list_queue(request).await?;
            Ok(())
        });
        rows.push(page.await?);
        let counts = self.timed("view counts", async |_| {
            let view_ids = ["mine", "unassigned", "queue", "overdue", "invited"].map(str::to_owned).to_vec();
            ViewServiceClient::new(self.desk.clone()).get_counts(GetCountsRequest { view_ids }).await?;
            Ok(())
        });
        rows.push(counts.await?);
        let resolve = self.timed("resolve", async |round| {
            let request = CustodianServiceResolveRequest {
                request_id: self.id("resolve", round),
                ticket_id: of(round),
                root_cause: "сбой аренды адреса".into(),
                done: "аренда сброшена".into(),
                how_to_verify: "открыть любой сайт".into(),
                ..CustodianServiceResolveRequest::default()
            };
            CustodianServiceClient::new(self.desk.clone()).resolve(request).await?;
            Ok(())
        });
        rows.push(resolve.await?);
        let limit = rows.first().map_or(1.0, |row| row.per_second);
        for row in &mut rows {
            row.of_limit = row.per_second / limit;
        }
        Ok(rows)
    }

    fn id(&self, what: &str, round: u32) -> String {
        format!("{what}-{round}-{}", self.run)
    }

    async fn timed(
        &self,
        action: &'static str,
        mut once: impl AsyncFnMut(u32) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Row, Failure> {
        let (sent, begun) = (store::statements(), Instant::now());
        let mut each = Vec::new();
        for round in 0..ROUNDS {
            let one = Instant::now();
            once(round).await.map_err(|error| Failure::Given(format!("{action}: {error}")))?;
            each.push(one.elapsed());
        }
        let all = begun.elapsed();
        each.sort();
        let median = each.get(each.len() / 2).copied().unwrap_or(Duration::ZERO);
        Ok(Row {
            action,
            statements: (store::statements() - sent) as f64 / f64::from(ROUNDS),
            per_second: f64::from(ROUNDS) / all.as_secs_f64().max(f64::EPSILON),
            median_ms: median.as_secs_f64() * 1000.0,
            of_limit: 0.0,
        })
    }
}

/// A transaction of one row: faster than this nothing is made durable here.
async fn limit(
    desk: &Desk,
    organization: &OrganizationId,
    round: u32,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let timer = Timer {
        organization: organization.clone(),
        kind: "bench".to_owned(),
        id: round.to_string(),
        ticket: None,
        due: Timestamp::MAX,
        payload: serde_json::Value::Null,
    };
    let set = desk.store().write(move |work| Box::pin(async move { work.set_timer(&timer).await }));
    set.await.map_err(|error: StoreError| error.into())
}
