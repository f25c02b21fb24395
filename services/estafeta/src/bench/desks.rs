//! `bench desks`: the daily work of a desk, in how many statements, and how a page of its queue is found.

use std::time::{Duration, Instant};

use handover::Desk;
use proto::handover::clock_service_client::ClockServiceClient;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::handover::outcome::Standing;
use proto::handover::{CustodianServiceResolveRequest, HoldRequest, ResumeRequest};
use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{
    AddNoteRequest, EscalateRequest, RegisterRequest, ReplyRequest, TriageRequest, WriteToClientRequest,
    escalate_request,
};
use proto::line2;
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{ClaimRequest, GetCountsRequest, ListQueueRequest};
use rpc::Channel;
use store::{CustodyKind, Scope, Sort, StateKind, StoreError, Wanted};
use ticket::{Clock, Line, OrganizationId, SystemClock};

use crate::bench::{demo_plan, fill, one_row, suite};
use crate::failure::Failure;
use crate::settings::Database;

/// Whose requests are registered.
const CLIENT: &str = "client-1";

/// How often each action is done.
const ROUNDS: u32 = 50;

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
pub(super) async fn run(tickets: u64, database: Option<Database>, json: bool) -> Result<bool, Failure> {
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
    let plan = demo_plan(false)?;
    let (suite, _dir) = suite(&plan, database.as_ref()).await?;
    let desk = suite.desk(Line::ServiceDesk).ok_or_else(|| Failure::Given("line 1 is not at work".to_owned()))?;
    let fault = |error: StoreError| Failure::Store { line: Line::ServiceDesk, error };
    let begun = Instant::now();
    fill::tickets(&desk, plan.organization(), tickets).await.map_err(fault)?;
    let fill_seconds = begun.elapsed().as_secs_f64();
    let agent = crate::people::agent(&plan, Line::ServiceDesk);
    let bench = Bench {
        channel: suite.as_caller(Line::ServiceDesk, &agent),
        client: suite.as_caller(Line::ServiceDesk, &crate::people::client(&plan, CLIENT)),
        desk: desk.clone(),
        organization: plan.organization().clone(),
        run: SystemClock.now().as_microsecond().to_string(),
    };
    let rows = bench.rows().await?;
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

struct Bench {
    channel: Channel,
    client: Channel,
    desk: Desk,
    organization: OrganizationId,
    /// Tells the requests of this run from those of others on the same database.
    run: String,
}

impl Bench {
    async fn rows(&self) -> Result<Vec<Row>, Failure> {
        let mut tickets = Vec::new();
        let mut rows = vec![
            self.timed("limit: one row", async |round| {
                Ok(one_row(&self.desk, &self.organization, u64::from(round)).await?)
            })
            .await?,
        ];
        let register = self.timed("register", async |round| {
            let request = RegisterRequest {
                request_id: self.id("register", round),
                client: CLIENT.into(),
                channel: proto::ticket::Channel::Phone as i32,
                text: "Не работает роутер".into(),
                ..RegisterRequest::default()
            };
            let mut client = ServiceDeskServiceClient::new(self.channel.clone());
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
            ServiceDeskServiceClient::new(self.channel.clone()).triage(request).await?;
            Ok(())
        });
        rows.push(triage.await?);
        let claim = self.timed("claim", async |round| {
            let ticket = fill::unclaimed(&self.organization, u64::from(round)).ok_or("no such ticket")?;
            let (request_id, ticket_id) = (self.id("claim", round), ticket.to_string());
            let request = ClaimRequest { request_id, ticket_id, expected_version: 0 };
            QueueServiceClient::new(self.channel.clone()).claim(request).await?;
            Ok(())
        });
        rows.push(claim.await?);
        let note = self.timed("note", async |round| {
            let (request_id, ticket_id) = (self.id("note", round), of(round));
            let request =
                AddNoteRequest { request_id, ticket_id, text: "перезвонить".into(), expected_version: 0 };
            RecordServiceClient::new(self.channel.clone()).add_note(request).await?;
            Ok(())
        });
        rows.push(note.await?);
        let rung = self.timed("note, and its clocks ring", async |round| {
            let (request_id, ticket_id) = (self.id("ringing", round), of(round));
            let request =
                AddNoteRequest { request_id, ticket_id, text: "перезвонить".into(), expected_version: 0 };
            RecordServiceClient::new(self.channel.clone()).add_note(request).await?;
            self.desk.ring_due().await;
            Ok(())
        });
        // What has been written so far rings before, and is not counted.
        while self.desk.ring_due().await > 0 {}
        rows.push(rung.await?);
        let write = self.timed("write to the client", async |round| {
            let request = WriteToClientRequest {
                request_id: self.id("write", round),
                ticket_id: of(round),
                text: "Проверяем линию".into(),
                ..WriteToClientRequest::default()
            };
            ServiceDeskServiceClient::new(self.channel.clone()).write_to_client(request).await?;
            Ok(())
        });
        rows.push(write.await?);
        let reply = self.timed("the client replies", async |round| {
            let (request_id, ticket_id) = (self.id("reply", round), of(round));
            let text = "Перезагрузил, не помогло".into();
            let request = ReplyRequest { request_id, ticket_id, text, clarification_id: String::new() };
            ServiceDeskServiceClient::new(self.client.clone()).reply(request).await?;
            Ok(())
        });
        rows.push(reply.await?);
        let hold = self.timed("hold", async |round| {
            let (request_id, ticket_id) = (self.id("hold", round), of(round));
            let (reason, note) = ("client".into(), "перезвонит сам".into());
            let request = HoldRequest { request_id, ticket_id, reason, until: None, note, expected_version: 0 };
            ClockServiceClient::new(self.channel.clone()).hold(request).await?;
            Ok(())
        });
        rows.push(hold.await?);
        let resume = self.timed("resume", async |round| {
            let request =
                ResumeRequest { request_id: self.id("resume", round), ticket_id: of(round), expected_version: 0 };
            ClockServiceClient::new(self.channel.clone()).resume(request).await?;
            Ok(())
        });
        rows.push(resume.await?);
        let page = self.timed("queue page", async |_| {
            let request = ListQueueRequest { view_id: "queue".into(), ..ListQueueRequest::default() };
            ViewServiceClient::new(self.channel.clone()).list_queue(request).await?;
            Ok(())
        });
        rows.push(page.await?);
        let counts = self.timed("view counts", async |_| {
            let view_ids = ["mine", "unassigned", "queue", "overdue", "invited"].map(str::to_owned).to_vec();
            ViewServiceClient::new(self.channel.clone()).get_counts(GetCountsRequest { view_ids }).await?;
            Ok(())
        });
        rows.push(counts.await?);
        let half = ROUNDS / 2;
        let escalate = self.timed_of(half, "escalate to line 2", async |round| {
            let request = EscalateRequest {
                request_id: self.id("escalate", round),
                ticket_id: of(round + half),
                evidence: Some(escalate_request::Evidence::Technical(evidence())),
                expected_version: 0,
            };
            let answer = ServiceDeskServiceClient::new(self.channel.clone()).escalate(request).await?.into_inner();
            match answer.outcome.unwrap_or_default().standing() {
                Standing::Accepted => Ok(()),
                other => Err(format!("it is {other:?}").into()),
            }
        });
        rows.push(escalate.await?);
        let resolve = self.timed_of(half, "resolve", async |round| {
            let request = CustodianServiceResolveRequest {
                request_id: self.id("resolve", round),
                ticket_id: of(round),
                root_cause: "сбой аренды адреса".into(),
                done: "аренда сброшена".into(),
                how_to_verify: "открыть любой сайт".into(),
                ..CustodianServiceResolveRequest::default()
            };
            CustodianServiceClient::new(self.channel.clone()).resolve(request).await?;
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
        once: impl AsyncFnMut(u32) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Row, Failure> {
        self.timed_of(ROUNDS, action, once).await
    }

    async fn timed_of(
        &self,
        rounds: u32,
        action: &'static str,
        mut once: impl AsyncFnMut(u32) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Row, Failure> {
        let (sent, begun) = (store::statements(), Instant::now());
        let mut each = Vec::new();
        for round in 0..rounds {
            let one = Instant::now();
            once(round).await.map_err(|error| Failure::Given(format!("{action}: {error}")))?;
            each.push(one.elapsed());
        }
        let all = begun.elapsed();
        each.sort();
        let median = each.get(each.len() / 2).copied().unwrap_or(Duration::ZERO);
        Ok(Row {
            action,
            statements: (store::statements() - sent) as f64 / f64::from(rounds),
            per_second: f64::from(rounds) / all.as_secs_f64().max(f64::EPSILON),
            median_ms: median.as_secs_f64() * 1000.0,
            of_limit: 0.0,
        })
    }
}

/// Complete evidence for the demonstration's zone of networks.
fn evidence() -> line2::Evidence {
    line2::Evidence {
        category: "no-internet".into(),
        impact: proto::ticket::Impact::Low as i32,
        urgency: proto::ticket::Urgency::High as i32,
        mood: proto::ticket::Mood::Negative as i32,
        product: "Роутер".into(),
        environment: "прошивка 2.4.1, квартира".into(),
        checklist: vec![line2::StepOutcome {
            step: "restart".into(),
            result: line2::StepResult::Failed as i32,
            note: "после включения связи нет".into(),
        }],
        answers_tried: vec!["перезагрузить роутер".into()],
        zone: "network".into(),
        zone_reason: "роутер не получает адрес".into(),
        client_availability: "после 18:00".into(),
    }
}
