//! A person's day at a line: the queue, who works on what, holds, reviews, visits.

use clap::Subcommand;
use jiff::Timestamp;
use proto::handover::clock_service_client::ClockServiceClient;
use proto::handover::{self as hand, HoldRequest, ResumeRequest};
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line2::visit_service_client::VisitServiceClient;
use proto::line2::{self, AcceptHelp, ReviewHelpRequest, SendBack, review_help_request::Verdict};
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{
    CallSupervisorRequest, ClaimRequest, EndEscalationRequest, ListQueueRequest, ReassignRequest, ReleaseRequest,
    TakeOverRequest,
};
use rpc::{Limits, tuned};
use ticket::Line;

use super::connect::Connected;
use super::deeds::{named, told};
use super::show::{at, row};
use crate::failure::Failure;
use crate::target::Target;

/// The daily work at a line.
#[derive(Debug, Subcommand)]
pub(super) enum Deed {
    /// List what waits in a line's queue, the most urgent first, as its view has it.
    Queue {
        /// The line.
        #[arg(long, value_enum, default_value = "line1")]
        line: Target,
        /// A view: a built-in one, such as `mine`, or one's own. Default: all that the caller sees.
        #[arg(long, default_value = "")]
        view: String,
        /// At most this many, 1 to 200.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=200))]
        limit: i32,
    },
    /// Take a ticket of the queue to work on it.
    Claim {
        /// The ticket.
        id: String,
    },
    /// Put a ticket back into its queue.
    Release {
        /// The ticket.
        id: String,
        /// Why.
        #[arg(long, default_value = "")]
        why: String,
    },
    /// Give a ticket to another person or group of the line.
    #[command(group = clap::ArgGroup::new("whom").required(true).multiple(true).args(["assignee", "group"]))]
    Reassign {
        /// The ticket.
        id: String,
        /// The person.
        #[arg(long, default_value = "")]
        assignee: String,
        /// The group.
        #[arg(long, default_value = "")]
        group: String,
        /// Why.
        #[arg(long)]
        why: String,
        /// Although the person is full or not at work.
        #[arg(long)]
        insist: bool,
    },
    /// Take a ticket out of somebody's hands, as a supervisor.
    TakeOver {
        /// The ticket.
        id: String,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// Call a supervisor to a ticket.
    CallSupervisor {
        /// The ticket.
        id: String,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// Say that what supervisors were called for has been seen to, as a supervisor.
    EndEscalation {
        /// The ticket.
        id: String,
        /// What came of it.
        #[arg(long)]
        why: String,
    },
    /// Put a ticket on hold, for one of the plan's reasons.
    Hold {
        /// The ticket.
        id: String,
        /// The reason's id in the plan, such as `vendor`.
        #[arg(long)]
        reason: String,
        /// Until when, such as `2026-09-15T09:00:00+03:00`. Default: until somebody goes on with it.
        #[arg(long, value_name = "INSTANT")]
        until: Option<Timestamp>,
        /// What it waits for, for colleagues.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Go on with a ticket that is on hold.
    Resume {
        /// The ticket.
        id: String,
    },
    /// Say at line 2 whether the help given so far is enough to go on from; with `--reason`, send the ticket back.
    Review {
        /// The ticket.
        id: String,
        /// It is not enough, and this is why.
        #[arg(long, requires = "asked_for", conflicts_with = "note",
            value_parser = ["wrong-zone", "evidence-insufficient", "not-reproducible", "solved-meanwhile", "out-of-scope"])]
        reason: Option<String>,
        /// What the line below is asked for.
        #[arg(long, default_value = "")]
        asked_for: String,
        /// A remark to help that is enough.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// List the field visits of a ticket.
    Visits {
        /// The ticket.
        id: String,
    },
    /// Print a field visit for a calendar (RFC 5545).
    VisitCalendar {
        /// The visit, `vis_…`.
        visit: String,
    },
}

macro_rules! at_custodian {
    ($client:ident, $suite:expr, $id:expr) => {
        tuned!($client::new($suite.line($suite.custodian($id).await?)?), &Limits::default())
    };
}

macro_rules! at_technical {
    ($client:ident, $suite:expr) => {
        tuned!($client::new($suite.line(Line::Technical)?), &Limits::default())
    };
}

pub(super) async fn run(suite: &Connected, deed: Deed) -> Result<(), Failure> {
    let request_id = suite.request_id();
    let expected_version = 0;
    match deed {
        Deed::Queue { line, view, limit } => queue(suite, line, view, limit).await,
        Deed::Claim { id } => {
            let mut queue = at_custodian!(QueueServiceClient, suite, &id);
            let request = ClaimRequest { request_id, ticket_id: id, expected_version };
            let answer = queue.claim(suite.request(request)).await?.into_inner();
            suite.print("estafeta.queue.v1.ClaimResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::Release { id, why } => {
            let mut queue = at_custodian!(QueueServiceClient, suite, &id);
            let request = ReleaseRequest { request_id, ticket_id: id, why, expected_version };
            let answer = queue.release(suite.request(request)).await?.into_inner();
            suite.print("estafeta.queue.v1.ReleaseResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::Reassign { id, assignee, group, why, insist } => {
            let mut queue = at_custodian!(QueueServiceClient, suite, &id);
            let request = ReassignRequest { request_id, ticket_id: id, assignee, group, why, insist, expected_version };
            let answer = queue.reassign(suite.request(request)).await?.into_inner();
            suite.print("estafeta.queue.v1.ReassignResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::TakeOver { id, why } => {
            let mut queue = at_custodian!(QueueServiceClient, suite, &id);
            let request = TakeOverRequest { request_id, ticket_id: id, why, expected_version };
            let answer = queue.take_over(suite.request(request)).await?.into_inner();
            suite.print("estafeta.queue.v1.TakeOverResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::CallSupervisor { id, why } => {
            let mut queue = at_custodian!(QueueServiceClient, suite, &id);
            let request = CallSupervisorRequest { request_id, ticket_id: id, why, expected_version };
            let answer = queue.call_supervisor(suite.request(request)).await?.into_inner();
            let people = format!("{}; {} is called", told(answer.ticket.as_ref(), None), answer.supervisor);
            suite.print("estafeta.queue.v1.CallSupervisorResponse", &answer, people)
        }
        Deed::EndEscalation { id, why } => {
            let mut queue = at_custodian!(QueueServiceClient, suite, &id);
            let request = EndEscalationRequest { request_id, ticket_id: id, why, expected_version };
            let answer = queue.end_escalation(suite.request(request)).await?.into_inner();
            suite.print("estafeta.queue.v1.EndEscalationResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::Hold { id, reason, until, note } => {
            let mut clocks = at_custodian!(ClockServiceClient, suite, &id);
            let until =
                until.map(|at| prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() });
            let request = HoldRequest { request_id, ticket_id: id, reason, until, note, expected_version: 0 };
            let answer = clocks.hold(suite.request(request)).await?.into_inner();
            suite.print("estafeta.handover.v1.HoldResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::Resume { id } => {
            let mut clocks = at_custodian!(ClockServiceClient, suite, &id);
            let answer = clocks
                .resume(suite.request(ResumeRequest { request_id, ticket_id: id, expected_version: 0 }))
                .await?
                .into_inner();
            suite.print("estafeta.handover.v1.ResumeResponse", &answer, told(answer.ticket.as_ref(), None))
        }
        Deed::Review { id, reason, asked_for, note } => {
            let verdict = match reason {
                None => Verdict::Accept(AcceptHelp { note }),
                Some(reason) => {
                    let reason = named("RETURN_REASON", &reason, hand::ReturnReason::from_str_name)? as i32;
                    Verdict::SendBack(SendBack { reason, asked_for })
                }
            };
            let request = ReviewHelpRequest { request_id, ticket_id: id, verdict: Some(verdict), expected_version: 0 };
            let mut technical = at_technical!(TechnicalServiceClient, suite);
            let answer = technical.review_help(suite.request(request)).await?.into_inner();
            let people = told(answer.ticket.as_ref(), answer.outcome.as_ref());
            suite.print("estafeta.line2.v1.ReviewHelpResponse", &answer, people)
        }
        Deed::Visits { id } => {
            let request = line2::ListTicketVisitsRequest { ticket_id: id, page_size: 200, page_token: String::new() };
            let mut visits = at_technical!(VisitServiceClient, suite);
            let answer = visits.list_ticket_visits(suite.request(request)).await?.into_inner();
            let people: Vec<String> = answer.visits.iter().map(visit).collect();
            let people = if people.is_empty() { "no visits".to_owned() } else { people.join("\n") };
            suite.print("estafeta.line2.v1.ListTicketVisitsResponse", &answer, people)
        }
        Deed::VisitCalendar { visit } => {
            let request = line2::GetVisitCalendarRequest { visit_id: visit };
            let mut visits = at_technical!(VisitServiceClient, suite);
            let answer = visits.get_visit_calendar(suite.request(request)).await?.into_inner();
            suite.print("estafeta.line2.v1.GetVisitCalendarResponse", &answer, answer.ics.trim_end().to_owned())
        }
    }
}

async fn queue(suite: &Connected, at_line: Target, view_id: String, page_size: i32) -> Result<(), Failure> {
    let line = at_line.line().ok_or_else(|| Failure::Given("the gateway has no queue".to_owned()))?;
    let mut views = tuned!(ViewServiceClient::new(suite.line(line)?), &Limits::default());
    let request = ListQueueRequest { page_size, view_id, ..ListQueueRequest::default() };
    let page = views.list_queue(suite.request(request)).await?.into_inner();
    let entries = page.entries.iter().map(|entry| {
        let ticket = entry.ticket.clone().unwrap_or_default();
        let assignee = ticket.assignment.as_ref().map(|of| of.assignee.as_str()).unwrap_or_default();
        let who = if assignee.is_empty() { "-" } else { assignee };
        format!("{}  {who:<14} {}", at(entry.due), row(&ticket))
    });
    let people: Vec<String> = entries.collect();
    let people = if people.is_empty() { format!("nothing waits at {at_line}") } else { people.join("\n") };
    suite.print("estafeta.queue.v1.ListQueueResponse", &page, people)
}

fn visit(visit: &line2::Visit) -> String {
    let booking = visit.booking.clone().unwrap_or_default();
    let state = visit.state().as_str_name().trim_start_matches("VISIT_STATE_");
    let (begins, ends) = (at(booking.begins), at(booking.ends));
    format!("{}  {state:<10} {begins} to {ends}  {:<14} {}", visit.visit_id, booking.engineer, visit.purpose)
}
