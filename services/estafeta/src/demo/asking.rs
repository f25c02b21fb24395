//! What the client does at line 0 in the demonstration.

use proto::line0::{self, reply::Outcome, self_service_service_client::SelfServiceServiceClient};
use rpc::{Limits, tuned};
use ticket::Line;

use crate::demo::deeds::id_of;
use crate::demo::play::{Player, client};
use crate::failure::Failure;

impl Player<'_> {
    pub(super) async fn ask(&mut self, answered: bool) -> Result<(), Failure> {
        let request = line0::AskRequest {
            request_id: self.request_id(),
            text: self.request.text.clone(),
            contact: Some(self.contact()),
            channel: self.channel()? as i32,
            ..line0::AskRequest::default()
        };
        let answer =
            client!(SelfServiceServiceClient, self.as_client(Line::SelfService)).ask(request).await?.into_inner();
        self.ticket = id_of(answer.ticket);
        let outcome = answer.reply.unwrap_or_default().outcome();
        match (answered, outcome) {
            (true, Outcome::Answered) => Ok(()),
            (false, Outcome::HandedOver) => self.until_held(Line::ServiceDesk).await,
            (false, Outcome::Offered | Outcome::AskedBack) => self.go_on(None).await,
            (true | false, outcome) => Err(Failure::Given(format!("line 0 has {outcome:?} it"))),
        }
    }

    pub(super) async fn person_please(&mut self) -> Result<(), Failure> {
        let text = self.says("follow_up")?;
        self.go_on(Some(text)).await
    }

    /// Calls a person with these words, or because nothing that line 0 offered fits.
    async fn go_on(&mut self, call: Option<String>) -> Result<(), Failure> {
        let (request_id, ticket_id, none_fits) = (self.request_id(), self.ticket.clone(), call.is_none());
        let (text, article_id) = (call.unwrap_or_default(), String::new());
        let (human_please, scenario_id) = (!none_fits, String::new());
        let request =
            line0::FollowUpRequest { request_id, ticket_id, text, human_please, article_id, none_fits, scenario_id };
        client!(SelfServiceServiceClient, self.as_client(Line::SelfService)).follow_up(request).await?;
        self.until_held(Line::ServiceDesk).await
    }
}
