//! What people do at their desks beside passing tickets on: queues, holds, visits, runbooks, mass incidents.

use handover::wire::instant;
use jiff::SignedDuration;
use proto::handover::clock_service_client::ClockServiceClient;
use proto::handover::known_service_client::KnownServiceClient;
use proto::handover::{
    Guide, GuideStep, HoldRequest, ListRunbookTestsRequest, RecordRunbookTestRequest, ResumeRequest, RunbookTestState,
    SearchKnownRequest, VisitState,
};
use proto::line1::client_visit_service_client::ClientVisitServiceClient;
use proto::line1::major_incident_service_client::MajorIncidentServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line2::visit_service_client::VisitServiceClient;
use proto::line3::runbook_service_client::RunbookServiceClient;
use proto::queue::ListQueueRequest;
use proto::queue::view_service_client::ViewServiceClient;
use proto::ticket::{Language, State};
use proto::{line1, line2, line3};
use rpc::{Limits, tuned};
use ticket::{Clock, Line, SystemClock};

use crate::demo::deeds::id_of;
use crate::demo::play::{LOOK_EVERY, LOOKS_MAX, Player, client};
use crate::failure::Failure;
use crate::people;

/// As many tickets as a page of a queue has at most.
const PAGE: i32 = 200;

/// Asks for something again and again until it is there.
macro_rules! until {
    ($what:expr, $asked:expr) => {{
        let mut found = None;
        for _ in 0..LOOKS_MAX {
            found = $asked;
            if found.is_some() {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        found.ok_or_else(|| Failure::Late($what.to_owned()))
    }};
}

impl Player<'_> {
    /// The ticket stands in the queue of `line`, where its people find it.
    pub(super) async fn stands_in_queue(&mut self, line: Line) -> Result<(), Failure> {
        let request = ListQueueRequest { view_id: "queue".to_owned(), page_size: PAGE, ..ListQueueRequest::default() };
        let listed = client!(ViewServiceClient, self.watching(line)).list_queue(request).await?.into_inner();
        let here = listed.entries.into_iter().any(|entry| id_of(entry.ticket) == self.ticket);
        self.expect(here, || format!("it does not stand in the queue of {line}"));
        Ok(())
    }

    /// `line` waits for the client with it, and goes on.
    pub(super) async fn hold(&mut self, line: Line) -> Result<(), Failure> {
        let mut clocks = client!(ClockServiceClient, self.at(line));
        let (request_id, ticket_id, note) = (self.request_id(), self.ticket.clone(), self.says("hold")?);
        let reason = "client".to_owned();
        let hold = HoldRequest { request_id, ticket_id, reason, until: None, note, expected_version: 0 };
        let held = clocks.hold(hold).await?.into_inner().ticket.unwrap_or_default();
        self.expect(held.state() == State::OnHold, || format!("is {:?}, should be on hold", held.state()));
        let (request_id, ticket_id) = (self.request_id(), self.ticket.clone());
        clocks.resume(ResumeRequest { request_id, ticket_id, expected_version: 0 }).await?;
        Ok(())
    }

    /// An engineer of line 2 goes there: the client agrees to the time, and what came out is evidence.
    pub(super) async fn visit(&mut self) -> Result<(), Failure> {
        let engineer = self.agent(Line::Technical).subject;
        let begins = SystemClock.now() + SignedDuration::from_hours(1);
        let ends = begins + SignedDuration::from_hours(1);
        let request = line2::PlanVisitRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            booking: Some(line2::Booking {
                engineer,
                begins: Some(instant(begins)),
                ends: Some(instant(ends)),
                outside_hours: true,
                ..line2::Booking::default()
            }),
            why_on_site: self.says("visit_why")?,
            purpose: self.says("visit_purpose")?,
            place: self.says("visit_place")?,
            address: String::new(),
            expected_version: 0,
        };
        let mut visits = client!(VisitServiceClient, self.at(Line::Technical));
        let visit_id = visits.plan_visit(request).await?.into_inner().visit.unwrap_or_default().visit_id;

        let answer = line1::AnswerVisitRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            visit_id: visit_id.clone(),
            agreed: true,
            comment: String::new(),
        };
        let mut clients = client!(ClientVisitServiceClient, self.as_client(Line::ServiceDesk));
        // Line 1 hears of it in a moment.
        until!("the question whether the time suits", clients.answer_visit(answer.clone()).await.ok())?;
        let get = line2::GetVisitRequest { visit_id: visit_id.clone() };
        until!("the client's agreement", {
            let visit = visits.get_visit(get.clone()).await?.into_inner().visit.unwrap_or_default();
            (visit.state() == VisitState::Confirmed).then_some(())
        })?;
        let (request_id, id) = (self.request_id(), visit_id.clone());
        visits.begin_visit(line2::BeginVisitRequest { request_id, visit_id: id, expected_version: 0 }).await?;
        let (request_id, outcome) = (self.request_id(), self.says("visit_outcome")?);
        let request = line2::FinishVisitRequest { request_id, visit_id, done: true, outcome, expected_version: 0 };
        visits.finish_visit(request).await?;
        Ok(())
    }

    /// Line 3 writes how to deal with it; somebody of line 2 tries that, and only then it is published and offered there.
    pub(super) async fn write_runbook(&mut self) -> Result<(), Failure> {
        let steps = self.says("runbook_steps")?;
        let step = |action: &str| GuideStep { action: action.to_owned(), expected: String::new() };
        let guide = Guide {
            language: Language::Russian as i32,
            title: self.says("runbook")?,
            applies: self.says("runbook_applies")?,
            steps: steps.lines().map(step).collect(),
            products: vec![self.request.product.clone()],
            categories: vec![self.request.category.clone()],
        };
        let mut runbooks = client!(RunbookServiceClient, self.at(Line::Expert));
        let request = line3::WriteRunbookRequest { request_id: self.request_id(), guide: Some(guide), review_days: 0 };
        let runbook_id = runbooks.write_runbook(request).await?.into_inner().runbook.unwrap_or_default().runbook_id;
        let request = line3::SubmitRunbookRequest {
            request_id: self.request_id(),
            runbook_id: runbook_id.clone(),
            tester: self.agent(Line::Technical).subject,
            expected_version: 0,
        };
        runbooks.submit_runbook(request).await?;

        let mut known = client!(KnownServiceClient, self.at(Line::Technical));
        let test = until!("the runbook at its tester", {
            let waiting = known.list_runbook_tests(ListRunbookTestsRequest::default()).await?.into_inner().tests;
            waiting.into_iter().find(|test| test.runbook_id == runbook_id)
        })?;
        let request = RecordRunbookTestRequest {
            request_id: self.request_id(),
            test_id: test.test_id,
            outcome: RunbookTestState::Passed as i32,
            remarks: self.says("runbook_remarks")?,
        };
        known.record_runbook_test(request).await?;

        let request = line3::PublishRunbookRequest {
            request_id: self.request_id(),
            runbook_id: runbook_id.clone(),
            expected_version: 0,
        };
        // Line 3 hears in a moment that it has passed.
        until!("the outcome of the test", runbooks.publish_runbook(request.clone()).await.ok())?;
        let request = SearchKnownRequest { ticket_id: self.ticket.clone(), ..SearchKnownRequest::default() };
        until!("the runbook among what line 2 is offered", {
            let offered = known.search_known(request.clone()).await?.into_inner().matches;
            offered.into_iter().find(|offered| offered.item_id == runbook_id)
        })?;
        Ok(())
    }

    /// Neighbours call about the same: it becomes a mass incident, whose solution solves the tickets of all.
    pub(super) async fn solve_for_all(&mut self) -> Result<(), Failure> {
        let mut tickets = vec![self.ticket.clone()];
        for (place, text) in self.says("neighbours")?.lines().enumerate() {
            let request = line1::RegisterRequest {
                request_id: self.request_id(),
                client: format!("{}-{}", self.request.client, place + 1),
                channel: self.channel()? as i32,
                text: text.to_owned(),
                language: Language::Russian as i32,
                ..line1::RegisterRequest::default()
            };
            let desk = client!(ServiceDeskServiceClient, self.at(Line::ServiceDesk)).register(request).await;
            tickets.push(id_of(desk?.into_inner().ticket));
        }
        let mut incidents = client!(MajorIncidentServiceClient, self.at(Line::ServiceDesk));
        let request = line1::DeclareMajorIncidentRequest {
            request_id: self.request_id(),
            title: self.says("incident")?,
            about: self.request.text.clone(),
            raise: 1,
            ticket_ids: tickets.clone(),
        };
        let declared = incidents.declare_major_incident(request).await?.into_inner().incident.unwrap_or_default();
        let request = line1::WriteToChildrenRequest {
            request_id: self.request_id(),
            incident_id: declared.incident_id.clone(),
            ru: self.says("hello")?,
            en: String::new(),
        };
        incidents.write_to_children(request).await?;
        let request = line1::ResolveMajorIncidentRequest {
            request_id: self.request_id(),
            incident_id: declared.incident_id,
            root_cause: self.says("root_cause")?,
            done: self.says("done")?,
            workaround: false,
            how_to_verify: self.says("how_to_verify")?,
        };
        incidents.resolve_major_incident(request).await?;
        let solved = |ticket: &proto::ticket::Ticket| ticket.state() == State::Resolved;
        for (place, ticket) in tickets.iter().enumerate() {
            self.until_of(ticket, Line::ServiceDesk, "the solution of the mass incident", solved).await?;
            if place > 0 {
                let neighbour = people::client(self.plan, &format!("{}-{place}", self.request.client));
                let channel = self.suite.as_caller(Line::ServiceDesk, &neighbour);
                let request = line1::ConfirmRequest { request_id: self.request_id(), ticket_id: ticket.clone() };
                client!(ServiceDeskServiceClient, channel).confirm(request).await?;
            }
        }
        Ok(())
    }
}
