//! What the client does at line 0 in the demonstration.

use proto::line0::self_service_service_client::SelfServiceServiceClient;
use proto::line0::{self, Reply, reply::Outcome};
use proto::ticket::{GetTicketRequest, ticket_service_client::TicketServiceClient};
use rpc::{Limits, tuned};
use ticket::Line;

use crate::demo::deeds::id_of;
use crate::demo::play::{Player, client};
use crate::failure::Failure;

impl Player<'_> {
    pub(super) async fn ask(&mut self, answered: bool) -> Result<(), Failure> {
        let (ticket, reply) = self.put(self.request.text.clone()).await?;
        self.ticket = ticket;
        let outcome = reply.outcome();
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

    /// Asks for something that line 0 does by a scenario; it asks back for `field`.
    pub(super) async fn asked_for(&mut self, field: &str) -> Result<(), Failure> {
        let (ticket, reply) = self.put(self.request.text.clone()).await?;
        self.ticket = ticket;
        self.asks(field, &reply);
        Ok(())
    }

    /// Says `what`; line 0 asks for `field` next.
    pub(super) async fn gives(&mut self, what: &str, field: &str) -> Result<(), Failure> {
        let text = self.says(what)?;
        let reply = self.follow_up(text).await?;
        self.asks(field, &reply);
        Ok(())
    }

    /// Agrees; an internal service does it, and what the client reads then says `told`.
    pub(super) async fn agrees(&mut self) -> Result<(), Failure> {
        let (yes, told) = (self.says("yes")?, self.says("told")?);
        let reply = self.follow_up(yes).await?;
        let fits = reply.outcome() == Outcome::Answered && reply.text.contains(&told);
        self.expect(fits, || format!("line 0 has {:?} it: {}", reply.outcome(), reply.text));
        Ok(())
    }

    /// Asks line 0 meanwhile how the request stands.
    pub(super) async fn asks_how_it_stands(&mut self) -> Result<(), Failure> {
        let asked = self.says("how_it_stands")?;
        let (_, reply) = self.put(asked).await?;
        let mut tickets = client!(TicketServiceClient, self.watching(Line::ServiceDesk));
        let request = GetTicketRequest { ticket_id: self.ticket.clone() };
        let facts = tickets.get_ticket(request).await?.into_inner().ticket.unwrap_or_default().facts;
        let number = facts.unwrap_or_default().number;
        let fits = reply.outcome() == Outcome::Answered && !number.is_empty() && reply.text.contains(&number);
        self.expect(fits, || format!("line 0 does not say how {number} stands: {}", reply.text));
        Ok(())
    }

    /// Notes when `reply` does not ask for `field`.
    fn asks(&mut self, field: &str, reply: &Reply) {
        let asked = reply.asked.clone().unwrap_or_default();
        // A confirmation is of no field.
        let asks = [asked.field_id, asked.kind].iter().any(|asked| asked == field);
        self.expect(asks, || format!("line 0 does not ask for `{field}`: {}", reply.text));
    }

    /// Puts a request to line 0; its ticket, and the reply.
    async fn put(&mut self, text: String) -> Result<(String, Reply), Failure> {
        let request = line0::AskRequest {
            request_id: self.request_id(),
            text,
            contact: Some(self.contact()),
            channel: self.channel()? as i32,
            ..line0::AskRequest::default()
        };
        let answer =
            client!(SelfServiceServiceClient, self.as_client(Line::SelfService)).ask(request).await?.into_inner();
        Ok((id_of(answer.ticket), answer.reply.unwrap_or_default()))
    }

    /// Says something more on the ticket.
    async fn follow_up(&mut self, text: String) -> Result<Reply, Failure> {
        let (request_id, ticket_id) = (self.request_id(), self.ticket.clone());
        let request = line0::FollowUpRequest { request_id, ticket_id, text, ..line0::FollowUpRequest::default() };
        let channel = self.as_client(Line::SelfService);
        let answer = client!(SelfServiceServiceClient, channel).follow_up(request).await?.into_inner();
        Ok(answer.reply.unwrap_or_default())
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
