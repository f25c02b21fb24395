//! One request of one person, which can be sent again as it is.

use proto::handover as hand;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line3::expert_service_client::ExpertServiceClient;
use proto::{line0, line1, line2, line3, ticket as wire};
use rpc::Caller;
use tests::{Stage, evidence, people};
use ticket::Line;
use tonic::Status;

/// What is asked of a line, as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    Ask(line0::AskRequest),
    Register(line1::RegisterRequest),
    FromDesk(line1::EscalateRequest),
    FromTechnical(line2::EscalateRequest),
    FromExpert(line3::EscalateRequest),
    Return(hand::CustodianServiceReturnRequest),
    Resolve(hand::CustodianServiceResolveRequest),
    Assign(hand::AssignRequest),
    AskClient(hand::AskClientRequest),
    Progress(hand::CustodianServiceReportProgressRequest),
    Write(line1::WriteToClientRequest),
    Reply(line1::ReplyRequest),
    Confirm(line1::ConfirmRequest),
    Reopen(line1::ReopenRequest),
}

/// A request, who sends it, and to which line.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) line: Line,
    pub(crate) caller: Caller,
    pub(crate) wanted: Wanted,
}

/// What a line answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The ticket as it is there then.
    pub(crate) ticket: wire::Ticket,
    /// How the handover stands, if it is one.
    pub(crate) outcome: Option<hand::Outcome>,
    /// The question, if one was asked.
    pub(crate) question: String,
}

impl Command {
    /// Sends it to whatever runs in the line's place now.
    pub(crate) async fn send(&self, stage: &Stage) -> Result<Answer, Status> {
        let channel = stage.suite.as_caller(self.line, &self.caller);
        let mut custodian = CustodianServiceClient::new(channel.clone());
        let mut desk = ServiceDeskServiceClient::new(channel.clone());
        let (ticket, outcome, question) = match self.wanted.clone() {
            Wanted::Ask(request) => {
                let answer = SelfServiceServiceClient::new(channel).ask(request).await?.into_inner();
                (answer.ticket, answer.reply.and_then(|reply| reply.handover), String::new())
            }
            Wanted::Register(request) => (desk.register(request).await?.into_inner().ticket, None, String::new()),
            Wanted::FromDesk(request) => {
                let answer = desk.escalate(request).await?.into_inner();
                (answer.ticket, answer.outcome, String::new())
            }
            Wanted::FromTechnical(request) => {
                let answer = TechnicalServiceClient::new(channel).escalate(request).await?.into_inner();
                (answer.ticket, answer.outcome, String::new())
            }
            Wanted::FromExpert(request) => {
                let answer = ExpertServiceClient::new(channel).escalate(request).await?.into_inner();
                (answer.ticket, answer.outcome, String::new())
            }
            Wanted::Return(request) => {
                let answer = custodian.r#return(request).await?.into_inner();
                (answer.ticket, answer.outcome, String::new())
            }
            Wanted::Resolve(request) => {
                let answer = custodian.resolve(request).await?.into_inner();
                (answer.ticket, answer.outcome, String::new())
            }
            Wanted::Assign(request) => (custodian.assign(request).await?.into_inner().ticket, None, String::new()),
            Wanted::AskClient(request) => {
                let answer = custodian.ask_client(request).await?.into_inner();
                (answer.ticket, None, answer.clarification_id)
            }
            Wanted::Progress(request) => {
                (custodian.report_progress(request).await?.into_inner().ticket, None, String::new())
            }
            Wanted::Write(request) => (desk.write_to_client(request).await?.into_inner().ticket, None, String::new()),
            Wanted::Reply(request) => (desk.reply(request).await?.into_inner().ticket, None, String::new()),
            Wanted::Confirm(request) => (desk.confirm(request).await?.into_inner().ticket, None, String::new()),
            Wanted::Reopen(request) => (desk.reopen(request).await?.into_inner().ticket, None, String::new()),
        };
        Ok(Answer { ticket: ticket.expect("each answer brings the ticket"), outcome, question })
    }
}

/// Commands of the people of a stage, each with a request id of its own.
pub(crate) struct Drafts<'s> {
    people: tests::People<'s>,
}

impl<'s> Drafts<'s> {
    pub(crate) fn new(stage: &'s Stage) -> Self {
        Self { people: stage.people() }
    }

    fn at(&self, line: Line, wanted: Wanted) -> Command {
        Command { line, caller: self.people.agent(line), wanted }
    }

    fn by_client(&self, line: Line, wanted: Wanted) -> Command {
        Command { line, caller: self.people.client(people::CLIENT), wanted }
    }

    pub(crate) fn ask(&self, text: &str) -> Command {
        let request = line0::AskRequest {
            request_id: self.people.request_id(),
            text: text.into(),
            client: String::new(),
            contact: Some(people::contact()),
            channel: wire::Channel::Chat as i32,
            language: 0,
        };
        self.by_client(Line::SelfService, Wanted::Ask(request))
    }

    pub(crate) fn register(&self, text: &str) -> Command {
        self.at(Line::ServiceDesk, Wanted::Register(self.people.registration(text)))
    }

    /// From `line` up to the next; `poor` evidence lacks what the receiver requires.
    pub(crate) fn escalate(&self, line: Line, ticket: &str, poor: bool) -> Command {
        let (request_id, ticket_id) = (self.people.request_id(), ticket.to_owned());
        let wanted = match line {
            Line::SelfService | Line::ServiceDesk => {
                let mut given = evidence::technical();
                if poor {
                    given.checklist.clear();
                }
                let evidence = Some(line1::escalate_request::Evidence::Technical(given));
                Wanted::FromDesk(line1::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 })
            }
            Line::Technical => {
                let mut given = evidence::expert();
                if poor {
                    given.why_not_here.clear();
                }
                let evidence = Some(line2::escalate_request::Evidence::Expert(given));
                Wanted::FromTechnical(line2::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 })
            }
            Line::Expert | Line::Vendor => {
                let mut given = evidence::vendor("исправьте прошивку. simulator:stalls");
                if poor {
                    given.hypothesis.clear();
                }
                let evidence = Some(line3::escalate_request::Evidence::Vendor(given));
                Wanted::FromExpert(line3::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 })
            }
        };
        // Lines 0 and 4 have nobody who escalates; their neighbours are asked in their stead, and refuse.
        let line = line.clamp(Line::ServiceDesk, Line::Expert);
        self.at(line, wanted)
    }

    /// From line 1 to a zone that no plan has: the receiver declines.
    pub(crate) fn escalate_to_no_zone(&self, ticket: &str) -> Command {
        let given = line2::Evidence { zone: "no-such-zone".into(), ..evidence::technical() };
        let evidence = Some(line1::escalate_request::Evidence::Technical(given));
        let request_id = self.people.request_id();
        self.at(
            Line::ServiceDesk,
            Wanted::FromDesk(line1::EscalateRequest {
                request_id,
                ticket_id: ticket.into(),
                evidence,
                expected_version: 0,
            }),
        )
    }

    pub(crate) fn hand_back(&self, line: Line, ticket: &str) -> Command {
        let request = hand::CustodianServiceReturnRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            reason: hand::ReturnReason::EvidenceInsufficient as i32,
            asked_for: "уточните, пожалуйста".into(),
            expected_version: 0,
        };
        self.at(line, Wanted::Return(request))
    }

    pub(crate) fn resolve(&self, line: Line, ticket: &str, done: &str) -> Command {
        let request = hand::CustodianServiceResolveRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            root_cause: "сбой аренды адреса".into(),
            done: done.into(),
            workaround: false,
            how_to_verify: "открыть любой сайт".into(),
            knowledge: String::new(),
            steps_to_verify: Vec::new(),
            expected_version: 0,
        };
        self.at(line, Wanted::Resolve(request))
    }

    pub(crate) fn assign(&self, line: Line, ticket: &str, assignee: &str) -> Command {
        let request = hand::AssignRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            zone: String::new(),
            assignee: assignee.into(),
            expected_version: 0,
        };
        self.at(line, Wanted::Assign(request))
    }

    pub(crate) fn ask_client(&self, line: Line, ticket: &str, question: &str) -> Command {
        let request = hand::AskClientRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            question: question.into(),
            within_hours: 0,
            expected_version: 0,
        };
        self.at(line, Wanted::AskClient(request))
    }

    pub(crate) fn progress(&self, line: Line, ticket: &str, text: &str) -> Command {
        let request = hand::CustodianServiceReportProgressRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            text: text.into(),
            expected_version: 0,
        };
        self.at(line, Wanted::Progress(request))
    }

    /// Line 1 writes to the client, putting `question` if it is not empty.
    pub(crate) fn write(&self, ticket: &str, text: &str, question: &str) -> Command {
        let request = line1::WriteToClientRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            text: text.into(),
            clarification_id: question.into(),
            expected_version: 0,
        };
        self.at(Line::ServiceDesk, Wanted::Write(request))
    }

    pub(crate) fn reply(&self, ticket: &str, text: &str) -> Command {
        let request = line1::ReplyRequest {
            request_id: self.people.request_id(),
            ticket_id: ticket.into(),
            text: text.into(),
            clarification_id: String::new(),
        };
        self.by_client(Line::ServiceDesk, Wanted::Reply(request))
    }

    pub(crate) fn confirm(&self, ticket: &str) -> Command {
        let request = line1::ConfirmRequest { request_id: self.people.request_id(), ticket_id: ticket.into() };
        self.by_client(Line::ServiceDesk, Wanted::Confirm(request))
    }

    pub(crate) fn reopen(&self, ticket: &str, text: &str) -> Command {
        let request =
            line1::ReopenRequest { request_id: self.people.request_id(), ticket_id: ticket.into(), text: text.into() };
        self.by_client(Line::ServiceDesk, Wanted::Reopen(request))
    }

    /// The same, asked by a supervisor, who may pass on what has a forced owner.
    pub(crate) fn by_supervisor(&self, command: Command) -> Command {
        Command { caller: self.people.supervisor(), ..command }
    }
}
