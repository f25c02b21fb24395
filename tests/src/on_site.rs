//! What people of line 2 do remotely and on site.

use handover::wire::instant;
use jiff::Timestamp;
use proto::line1::AnswerVisitRequest;
use proto::line1::client_visit_service_client::ClientVisitServiceClient;
use proto::line2 as wire;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line2::visit_service_client::VisitServiceClient;
use ticket::Line;

use crate::people::{CLIENT, People};

impl People<'_> {
    /// Plans a visit of an hour that begins so many seconds after 1970. Returns its id.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn visit(&self, ticket: &str, begins: i64) -> String {
        let at = |seconds| Some(instant(Timestamp::from_second(seconds).expect("the instant is within the calendar")));
        let request = wire::PlanVisitRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            booking: Some(wire::Booking {
                engineer: "d.volkov".into(),
                begins: at(begins),
                ends: at(begins + 3_600),
                ..wire::Booking::default()
            }),
            why_on_site: "порт не отвечает удалённо".into(),
            purpose: "заменить роутер".into(),
            place: "addr:4711".into(),
            address: String::new(),
            expected_version: 0,
        };
        let planned = VisitServiceClient::new(self.at(Line::Technical)).plan_visit(request).await;
        planned.expect("the engineer is free then").into_inner().visit.expect("a visit is planned").visit_id
    }

    /// The client agrees to the time of a visit.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn agree_to_visit(&self, ticket: &str, visit: &str) {
        let request = AnswerVisitRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            visit_id: visit.into(),
            agreed: true,
            comment: String::new(),
        };
        let client = self.channel(Line::ServiceDesk, &self.client(CLIENT));
        ClientVisitServiceClient::new(client).answer_visit(request).await.expect("the visit is theirs");
    }

    /// The engineer has arrived.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn begin_visit(&self, visit: &str) {
        let request =
            wire::BeginVisitRequest { request_id: self.request_id(), visit_id: visit.into(), expected_version: 0 };
        VisitServiceClient::new(self.at(Line::Technical)).begin_visit(request).await.expect("the client agreed");
    }

    /// A remote session begins.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn begin_session(&self, ticket: &str) {
        let request = wire::BeginSessionRequest {
            request_id: self.request_id(),
            ticket_id: ticket.into(),
            consent: Some(wire::Consent {
                way: wire::ConsentWay::Spoken as i32, note: "по телефону в 12:05".into()
            }),
            tool: "AnyDesk".into(),
            expected_version: 0,
        };
        TechnicalServiceClient::new(self.at(Line::Technical)).begin_session(request).await.expect("line 2 has it");
    }
}
