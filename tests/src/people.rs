//! What people do, by the RPCs they would use. Each call draws its own request id.

use std::sync::atomic::{AtomicU32, Ordering};

use estafeta::people;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::line0::knowledge_service_client::KnowledgeServiceClient;
use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line3::expert_service_client::ExpertServiceClient;
use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::vendor::vendor_bridge_service_client::VendorBridgeServiceClient;
use proto::{handover as hand, line0, line1, line2, line3, ticket as wire, vendor};
use rpc::{Caller, Channel, Role};
use ticket::Line;
use tonic::{Response, Status};

use crate::evidence;
use crate::stage::Stage;

/// The client of most tests.
pub const CLIENT: &str = "client-17";

/// The people of the demonstration organization.
pub struct People<'s> {
    stage: &'s Stage,
    requests: AtomicU32,
}

impl<'s> People<'s> {
    pub(crate) fn new(stage: &'s Stage) -> Self {
        Self { stage, requests: AtomicU32::new(0) }
    }

    /// A request id that no other call has.
    #[must_use]
    pub fn request_id(&self) -> String {
        static PEOPLE: AtomicU32 = AtomicU32::new(0);
        let own = self.requests.fetch_add(1, Ordering::Relaxed);
        format!("req-{}-{own}", PEOPLE.fetch_add(1, Ordering::Relaxed))
    }

    /// The way to `line` for `caller`.
    #[must_use]
    pub fn channel(&self, line: Line, caller: &Caller) -> Channel {
        self.stage.suite.as_caller(line, caller)
    }

    /// The first person of `line`; for the vendor's line, which has no group, somebody of it all the same.
    #[must_use]
    pub fn agent(&self, line: Line) -> Caller {
        people::agent(&self.stage.plan, line)
    }

    /// The way to `line` for one of its own people.
    #[must_use]
    pub fn at(&self, line: Line) -> Channel {
        self.channel(line, &self.agent(line))
    }

    /// The client `subject`.
    #[must_use]
    pub fn client(&self, subject: &str) -> Caller {
        people::client(&self.stage.plan, subject)
    }

    /// The first supervisor.
    #[must_use]
    pub fn supervisor(&self) -> Caller {
        people::supervisor(&self.stage.plan)
    }

    /// Puts articles on line 0's shelf.
    ///
    /// # Errors
    /// The refusal.
    pub async fn know(&self, articles: Vec<line0::Article>) -> Result<u64, Status> {
        let editor = people::knowledge_editor(&self.stage.plan);
        let request = line0::PutArticlesRequest { request_id: self.request_id(), articles };
        let put = KnowledgeServiceClient::new(self.channel(Line::SelfService, &editor)).put_articles(request).await;
        put.map(|response| response.into_inner().total)
    }

    /// A client asks line 0.
    ///
    /// # Errors
    /// The refusal.
    pub async fn ask(&self, text: &str) -> Result<line0::AskResponse, Status> {
        let request = line0::AskRequest {
            request_id: self.request_id(),
            text: text.into(),
            client: String::new(),
            contact: Some(contact()),
            channel: wire::Channel::Chat as i32,
            language: 0,
        };
        let client = self.channel(Line::SelfService, &self.client(CLIENT));
        SelfServiceServiceClient::new(client).ask(request).await.map(Response::into_inner)
    }

    /// The client comes back to line 0.
    ///
    /// # Errors
    /// The refusal.
    pub async fn follow_up(&self, ticket: &str, text: &str) -> Result<line0::FollowUpResponse, Status> {
        let request = line0::FollowUpRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            text: text.into(),
            ..line0::FollowUpRequest::default()
        };
        let client = self.channel(Line::SelfService, &self.client(CLIENT));
        SelfServiceServiceClient::new(client).follow_up(request).await.map(Response::into_inner)
    }

    /// An agent of line 1 registers a request of the client. Returns the ticket's id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn register(&self, text: &str) -> String {
        let request = self.registration(text);
        let response = ServiceDeskServiceClient::new(self.at(Line::ServiceDesk)).register(request).await;
        id_of(response.expect("a good request is registered").into_inner().ticket.as_ref())
    }

    /// What registers a request of the client.
    #[must_use]
    pub fn registration(&self, text: &str) -> line1::RegisterRequest {
        line1::RegisterRequest {
            request_id: self.request_id(),
            client: CLIENT.into(),
            contact: Some(contact()),
            channel: wire::Channel::Phone as i32,
            kind: wire::Kind::Incident as i32,
            text: text.into(),
            category: "no-internet".into(),
            ..line1::RegisterRequest::default()
        }
    }

    /// Line 1 hands up to line 2 with this evidence.
    ///
    /// # Errors
    /// The refusal.
    pub async fn to_technical(&self, ticket: &str, evidence: line2::Evidence) -> Result<hand::Outcome, Status> {
        let evidence = Some(line1::escalate_request::Evidence::Technical(evidence));
        let request = line1::EscalateRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            evidence,
            expected_version: 0,
        };
        let response = ServiceDeskServiceClient::new(self.at(Line::ServiceDesk)).escalate(request).await?;
        Ok(response.into_inner().outcome.unwrap_or_default())
    }

    /// Line 2 hands up to line 3 with this evidence.
    ///
    /// # Errors
    /// The refusal.
    pub async fn to_expert(&self, ticket: &str, evidence: line3::Evidence) -> Result<hand::Outcome, Status> {
        let evidence = Some(line2::escalate_request::Evidence::Expert(evidence));
        let request = line2::EscalateRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            evidence,
            expected_version: 0,
        };
        let response = TechnicalServiceClient::new(self.at(Line::Technical)).escalate(request).await?;
        Ok(response.into_inner().outcome.unwrap_or_default())
    }

    /// Line 3 hands to the vendor with this evidence.
    ///
    /// # Errors
    /// The refusal.
    pub async fn to_vendor(&self, ticket: &str, evidence: vendor::Evidence) -> Result<hand::Outcome, Status> {
        let evidence = Some(line3::escalate_request::Evidence::Vendor(evidence));
        let request = line3::EscalateRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            evidence,
            expected_version: 0,
        };
        let response = ExpertServiceClient::new(self.at(Line::Expert)).escalate(request).await?;
        Ok(response.into_inner().outcome.unwrap_or_default())
    }

    /// A new ticket, handed up with complete evidence until `line` holds it. Returns its id.
    ///
    /// # Panics
    /// When a hop is not accepted.
    pub async fn ticket_at(&self, line: Line) -> String {
        let ticket = self.register("Роутер не выходит в сеть после обновления").await;
        let accepted = |outcome: Result<hand::Outcome, Status>| {
            let outcome = outcome.expect("a complete handover is not refused");
            assert_eq!(outcome.standing(), hand::outcome::Standing::Accepted, "{outcome:?}");
        };
        if line >= Line::Technical {
            accepted(self.to_technical(&ticket, evidence::technical()).await);
        }
        if line >= Line::Expert {
            accepted(self.to_expert(&ticket, evidence::expert()).await);
        }
        if line >= Line::Vendor {
            accepted(self.to_vendor(&ticket, evidence::vendor("исправьте прошивку. simulator:stalls")).await);
        }
        ticket
    }

    /// `line` returns a ticket.
    ///
    /// # Errors
    /// The refusal.
    pub async fn hand_back(
        &self,
        line: Line,
        ticket: &str,
        reason: hand::ReturnReason,
    ) -> Result<hand::Outcome, Status> {
        let request = hand::CustodianServiceReturnRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            reason: reason as i32,
            asked_for: "уточните, пожалуйста".into(),
            expected_version: 0,
        };
        let response = CustodianServiceClient::new(self.at(line)).r#return(request).await?;
        Ok(response.into_inner().outcome.unwrap_or_default())
    }

    /// `line` says what solved a ticket.
    ///
    /// # Errors
    /// The refusal.
    pub async fn resolve(&self, line: Line, ticket: &str) -> Result<wire::Ticket, Status> {
        let request = hand::CustodianServiceResolveRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            root_cause: "сбой аренды адреса".into(),
            done: "аренда сброшена".into(),
            workaround: false,
            how_to_verify: "открыть любой сайт".into(),
            knowledge: String::new(),
            steps_to_verify: Vec::new(),
            expected_version: 0,
        };
        let response = CustodianServiceClient::new(self.at(line)).resolve(request).await?;
        Ok(response.into_inner().ticket.unwrap_or_default())
    }

    /// `line` asks the client. Returns the question's id.
    ///
    /// # Errors
    /// The refusal.
    pub async fn ask_client(&self, line: Line, ticket: &str, question: &str) -> Result<String, Status> {
        let request = hand::AskClientRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            question: question.into(),
            within_hours: 0,
            expected_version: 0,
        };
        let response = CustodianServiceClient::new(self.at(line)).ask_client(request).await?;
        Ok(response.into_inner().clarification_id)
    }

    /// Line 1 writes to the client, putting a question if one is named.
    ///
    /// # Errors
    /// The refusal.
    pub async fn write(&self, ticket: &str, text: &str, question: &str) -> Result<wire::Ticket, Status> {
        let request = line1::WriteToClientRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            text: text.into(),
            clarification_id: question.into(),
            expected_version: 0,
        };
        let response = ServiceDeskServiceClient::new(self.at(Line::ServiceDesk)).write_to_client(request).await?;
        Ok(response.into_inner().ticket.unwrap_or_default())
    }

    /// The client writes.
    ///
    /// # Errors
    /// The refusal.
    pub async fn reply(&self, ticket: &str, text: &str) -> Result<wire::Ticket, Status> {
        let request = line1::ReplyRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            text: text.into(),
            clarification_id: String::new(),
        };
        let client = self.channel(Line::ServiceDesk, &self.client(CLIENT));
        let response = ServiceDeskServiceClient::new(client).reply(request).await?;
        Ok(response.into_inner().ticket.unwrap_or_default())
    }

    /// The client says that it works.
    ///
    /// # Errors
    /// The refusal.
    pub async fn confirm(&self, ticket: &str) -> Result<wire::Ticket, Status> {
        let request = line1::ConfirmRequest { request_id: self.request_id(), ticket_id: ticket.into() };
        let client = self.channel(Line::ServiceDesk, &self.client(CLIENT));
        let response = ServiceDeskServiceClient::new(client).confirm(request).await?;
        Ok(response.into_inner().ticket.unwrap_or_default())
    }

    /// The ticket as the client sees it.
    ///
    /// # Errors
    /// The refusal.
    pub async fn case(&self, ticket: &str) -> Result<line1::GetCaseResponse, Status> {
        let client = self.channel(Line::ServiceDesk, &self.client(CLIENT));
        let request = line1::GetCaseRequest { ticket_id: ticket.into() };
        ServiceDeskServiceClient::new(client).get_case(request).await.map(Response::into_inner)
    }

    /// The ticket as `line` knows it.
    ///
    /// # Errors
    /// The refusal.
    pub async fn ticket(&self, line: Line, ticket: &str) -> Result<wire::Ticket, Status> {
        let request = wire::GetTicketRequest { ticket_id: ticket.into() };
        let response = TicketServiceClient::new(self.at(line)).get_ticket(request).await?;
        Ok(response.into_inner().ticket.unwrap_or_default())
    }

    /// The whole run of the ticket, as line 1 assembles it.
    ///
    /// # Errors
    /// The refusal.
    pub async fn journey(&self, ticket: &str) -> Result<wire::GetJourneyResponse, Status> {
        let request = wire::GetJourneyRequest { ticket_id: ticket.into() };
        let client = TicketServiceClient::new(self.at(Line::ServiceDesk)).get_journey(request).await;
        client.map(Response::into_inner)
    }

    /// The bond of the ticket.
    ///
    /// # Errors
    /// The refusal.
    pub async fn bond(&self, ticket: &str) -> Result<vendor::Bond, Status> {
        let request = vendor::GetBondRequest { ticket_id: ticket.into() };
        let response = VendorBridgeServiceClient::new(self.at(Line::Vendor)).get_bond(request).await?;
        Ok(response.into_inner().bond.unwrap_or_default())
    }

    /// Somebody of the demonstration organization with this role.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Caller {
        Caller { subject: "somebody".into(), organization: self.stage.plan.organization().clone(), role }
    }
}

/// How to reach the client of most tests; must never be seen beyond line 1.
#[must_use]
pub fn contact() -> line1::Contact {
    line1::Contact {
        name: "Иван Тестовый".into(),
        email: "ivan.testovy@example.org".into(),
        phone: "+7 999 123-45-67".into(),
        addresses: Vec::new(),
    }
}

/// The id of a ticket that an answer brought.
///
/// # Panics
/// When it brought none.
#[must_use]
pub fn id_of(ticket: Option<&wire::Ticket>) -> String {
    ticket.and_then(|ticket| ticket.facts.as_ref()).expect("the answer has a ticket").ticket_id.clone()
}
