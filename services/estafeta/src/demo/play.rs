//! Playing one ticket of the demonstration.

use std::time::Duration;

use plan::Plan;
use proto::ticket::{self as wire, Custody, State};
use rpc::{Caller, Limits, tuned};
use ticket::Line;
use tracing::Instrument;

use crate::demo::End;
use crate::demo::script::{Script, Step};
use crate::demo::texts::Request;
use crate::failure::Failure;
use crate::people;
use crate::suite::Suite;

/// How often to look whether something has happened.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How often to look before giving up: 20 s in all, for machines that do much else.
pub(super) const LOOKS_MAX: u32 = 1000;

/// A client of the generated kind over a channel, as the suite's own are.
macro_rules! client {
    ($kind:path, $channel:expr) => {{
        use $kind as Client;
        tuned!(Client::new($channel), &Limits::default())
    }};
}
pub(super) use client;

/// One ticket in play.
pub(super) struct Player<'a> {
    pub(super) suite: &'a Suite,
    pub(super) plan: &'a Plan,
    pub(super) request: &'a Request,
    run: &'a str,
    /// How many changes were asked for; each has an id of its own.
    asked: u32,
    /// What was said already, so that the second time something else is said.
    said: Vec<String>,
    pub(super) ticket: String,
    /// The zone of responsibility that has it, on line 2.
    pub(super) zone: String,
    pub(super) checklist: Vec<proto::line2::StepOutcome>,
    pub(super) findings: Vec<proto::line3::Finding>,
    pub(super) faults: Vec<String>,
}

/// Plays `script` with `request`, and looks how it ended; `run` keeps its ids apart from those of other runs.
pub(super) async fn play(
    suite: &Suite,
    plan: &Plan,
    script: &Script,
    request: &Request,
    run: &str,
) -> Result<End, Failure> {
    let player = Player {
        suite,
        plan,
        request,
        run,
        asked: 0,
        said: Vec::new(),
        ticket: String::new(),
        zone: String::new(),
        checklist: Vec::new(),
        findings: Vec::new(),
        faults: Vec::new(),
    };
    // The root of the one trace that the ticket has.
    let span = tracing::info_span!("demonstration", otel.name = format!("play {}", request.id));
    player.through(script).instrument(span).await
}

impl Player<'_> {
    async fn through(mut self, script: &Script) -> Result<End, Failure> {
        for step in script.steps {
            let done = self.step(*step).await;
            done.map_err(|failure| Failure::Given(format!("`{}` at {step:?}: {failure}", self.request.id)))?;
        }
        self.ended(script).await
    }

    async fn step(&mut self, step: Step) -> Result<(), Failure> {
        match step {
            Step::Answered => self.ask(true).await,
            Step::HandedOver => self.ask(false).await,
            Step::AskedFor(field) => self.asked_for(field).await,
            Step::Gives(what, field) => self.gives(what, field).await,
            Step::Agrees => self.agrees().await,
            Step::AsksHowItStands => self.asks_how_it_stands().await,
            Step::PersonPlease => self.person_please().await,
            Step::Register => self.register().await,
            Step::Triage => self.triage().await,
            Step::Hello => self.hello().await,
            Step::EscalateIncomplete => self.escalate_incomplete().await,
            Step::ToTechnical => self.pass_to_technical("zone").await,
            Step::ToWrongZone => self.pass_to_technical("wrong_zone").await,
            Step::Diagnose => self.diagnose().await,
            Step::Hold(line) => self.hold(line).await,
            Step::Visit => self.visit().await,
            Step::WriteRunbook => self.write_runbook().await,
            Step::SolveForAll => self.solve_for_all().await,
            Step::Clarify(line) => self.clarify(line).await,
            Step::Progress(line) => self.progress(line).await,
            Step::ReturnWrongZone => self.return_wrong_zone().await,
            Step::ToExpert => self.pass_to_expert().await,
            Step::Research => self.research().await,
            Step::ToVendor(from) => self.pass_to_vendor(from).await,
            Step::InformVendor => self.put_to_client(Line::Vendor).await,
            Step::VendorSolves => self.until_solved().await,
            Step::VendorRejects(back_to) => self.until_held(back_to).await,
            Step::Resolve(line) => self.resolve(line).await,
            Step::Confirm => self.confirm().await,
            Step::Reopen => self.reopen().await,
        }
    }

    /// The id of the next change.
    pub(super) fn request_id(&mut self) -> String {
        self.asked += 1;
        format!("demo-{}-{}-{}", self.run, self.request.id, self.asked)
    }

    /// What is said as `what`; the second time, what is said as `what_again`, if anything.
    pub(super) fn says(&mut self, what: &str) -> Result<String, Failure> {
        let again = format!("{what}_again");
        if self.said.iter().any(|said| said == what) && self.request.says.contains_key(&again) {
            return self.request.says(&again);
        }
        self.said.push(what.to_owned());
        self.request.says(what)
    }

    /// Notes what is not as it should be.
    pub(super) fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(otherwise());
        }
    }

    /// Who works on the ticket at `line`: on line 2 somebody of the zone.
    pub(super) fn agent(&self, line: Line) -> Caller {
        let mut agent = people::agent(self.plan, line);
        let group = self.plan.zone(&self.zone).and_then(|zone| self.plan.group(&zone.group));
        if let (Line::Technical, Some(member)) = (line, group.and_then(|group| group.members.first())) {
            agent.subject.clone_from(member);
        }
        agent
    }

    /// The way to `line` for somebody who works there.
    pub(super) fn at(&self, line: Line) -> rpc::Channel {
        self.suite.as_caller(line, &self.agent(line))
    }

    /// The way to `line` for the client.
    pub(super) fn as_client(&self, line: Line) -> rpc::Channel {
        self.suite.as_caller(line, &people::client(self.plan, &self.request.client))
    }

    /// The way to `line` for whoever only looks.
    pub(super) fn watching(&self, line: Line) -> rpc::Channel {
        self.suite.as_caller(line, &people::supervisor(self.plan))
    }

    /// Waits until `line` holds the ticket.
    pub(super) async fn until_held(&self, line: Line) -> Result<(), Failure> {
        self.until(line, &format!("{line}'s taking over"), |ticket| ticket.custody() == Custody::Held).await
    }

    /// Waits until line 1 has the ticket back, solved.
    pub(super) async fn until_solved(&self) -> Result<(), Failure> {
        let solved = |ticket: &wire::Ticket| ticket.custody() == Custody::Held && ticket.state() == State::Resolved;
        self.until(Line::ServiceDesk, "the solved ticket's coming home", solved).await
    }

    /// Waits until the ticket, as `line` has it, is so.
    pub(super) async fn until(
        &self,
        line: Line,
        what: &str,
        reached: impl Fn(&wire::Ticket) -> bool,
    ) -> Result<(), Failure> {
        self.until_of(&self.ticket, line, what, reached).await
    }

    /// As [`Player::until`], of any ticket.
    pub(super) async fn until_of(
        &self,
        ticket: &str,
        line: Line,
        what: &str,
        reached: impl Fn(&wire::Ticket) -> bool,
    ) -> Result<(), Failure> {
        let mut tickets = client!(wire::ticket_service_client::TicketServiceClient, self.watching(line));
        for _ in 0..LOOKS_MAX {
            let request = wire::GetTicketRequest { ticket_id: ticket.to_owned() };
            match tickets.get_ticket(request).await {
                Ok(found) if found.get_ref().ticket.as_ref().is_some_and(&reached) => return Ok(()),
                Ok(_) => {}
                Err(status) if status.code() == tonic::Code::NotFound => {}
                Err(status) => return Err(status.into()),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Failure::Late(what.to_owned()))
    }

    /// Waits until `line` has asked the client something that line 1 has not passed on, and returns which question.
    pub(super) async fn until_asked(&self, line: Line) -> Result<String, Failure> {
        let mut desk =
            client!(proto::line1::service_desk_service_client::ServiceDeskServiceClient, self.at(Line::ServiceDesk));
        for _ in 0..LOOKS_MAX {
            let request = proto::line1::ListClarificationsRequest {
                ticket_id: self.ticket.clone(),
                ..proto::line1::ListClarificationsRequest::default()
            };
            let open = desk.list_clarifications(request).await?.into_inner().clarifications;
            let by = crate::lines::to_wire(line);
            if let Some(question) = open.into_iter().find(|one| one.by() == by && !one.relayed) {
                return Ok(question.clarification_id);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Failure::Late(format!("{line}'s question to the client")))
    }

    /// How it ended, and what of that is not as the script has it.
    async fn ended(mut self, script: &Script) -> Result<End, Failure> {
        let home = if script.journey.contains(&Line::ServiceDesk) { Line::ServiceDesk } else { Line::SelfService };
        let mut tickets = client!(wire::ticket_service_client::TicketServiceClient, self.watching(home));
        let request = wire::GetJourneyRequest { ticket_id: self.ticket.clone() };
        let journey = tickets.get_journey(request).await?.into_inner();
        let ticket = journey.ticket.unwrap_or_default();
        let facts = ticket.facts.clone().unwrap_or_default();
        // `00-<trace id>-<span id>-<flags>`
        let trace_id = facts.trace.split('-').nth(1).unwrap_or_default().to_owned();

        let went: Vec<wire::Line> = ticket.hops.iter().map(wire::Hop::line).collect();
        let wanted: Vec<wire::Line> = script.journey.iter().map(|line| crate::lines::to_wire(*line)).collect();
        self.expect(went == wanted, || format!("went {went:?}, should have gone {wanted:?}"));
        let state = ticket.state();
        self.expect(state == State::Closed, || format!("is {}, should be closed", state.as_str_name()));
        self.expect(journey.missing.is_empty(), || "its journey is not complete".to_owned());
        self.expect(!trace_id.is_empty(), || "it has no trace".to_owned());
        for event in &journey.events {
            let in_trace = event.trace_id == trace_id;
            self.expect(in_trace, || {
                format!("`{}` at {:?} is in the trace {}", event.what, event.line(), event.trace_id)
            });
        }
        Ok(End {
            ticket: self.ticket,
            organization: facts.organization,
            journey: went.into_iter().map(crate::lines::name).collect(),
            state: state.as_str_name().trim_start_matches("STATE_").to_owned(),
            trace_id,
            resolution: ticket.resolution.map(|resolution| resolution.done).unwrap_or_default(),
            subject: facts.subject,
            faults: self.faults,
        })
    }
}
