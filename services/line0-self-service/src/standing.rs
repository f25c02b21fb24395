//! How a request stands, in words meant for the client.

use handover::wire::enums;
use handover::{Desk, Refused, ticket_id};
use proto::line0::{GetQuestionRequest, GetQuestionResponse};
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{GetCaseRequest, GetCaseResponse};
use proto::ticket as wire;
use rpc::{Caller, Role};
use store::{Filter, Page};
use texts::Text;
use ticket::{Custody, Language, Line, State, Ticket, TicketId};

use crate::own::Talk;

/// So many of a client's latest requests are looked at for those that are open.
const REQUESTS_LOOKED_AT: u32 = 20;

/// So many open requests are told of.
const REQUESTS_TOLD: usize = 3;

/// A client sees only the own requests.
pub(crate) fn visible(caller: &Caller, ticket: &Ticket) -> Result<(), Refused> {
    if caller.role == Role::Client && ticket.facts.client != caller.subject {
        return Err(Refused::TicketNotFound(ticket.facts.id.to_string()));
    }
    Ok(())
}

pub(crate) async fn standing(
    desk: &Desk,
    caller: &Caller,
    request: GetQuestionRequest,
) -> Result<GetQuestionResponse, Refused> {
    let id = ticket_id(&request.ticket_id)?;
    let (ticket, _) = desk.find(&caller.organization, id).await?;
    visible(caller, &ticket)?;
    if matches!(ticket.custody, Custody::PassedOn { .. }) {
        // Where line 1 cannot be asked now, what is known here is still true as far as it goes.
        if let Some(case) = case(desk, &ticket).await {
            return Ok(from_case(case, ticket.facts.language));
        }
    }
    let language = ticket.facts.language;
    let (state, custodian, text) = match (&ticket.custody, &ticket.state) {
        (Custody::Held, State::Resolved { .. } | State::Closed { .. }) => {
            (wire::State::Closed, Line::SelfService, Text::StatusAnswered.plain(language).to_owned())
        }
        (Custody::Held, State::Open | State::OnHold { .. }) if waits(desk, &ticket).await? => {
            (wire::State::OnHold, Line::SelfService, Text::StatusWaitsForYou.plain(language).to_owned())
        }
        (Custody::Held, State::Open | State::OnHold { .. }) => {
            (wire::State::Open, Line::SelfService, in_work(Line::SelfService, language))
        }
        (Custody::HandingOver { to, .. } | Custody::PassedOn { to, .. }, _) => {
            (wire::State::Open, *to, in_work(*to, language))
        }
    };
    Ok(GetQuestionResponse {
        ticket_id: id.to_string(),
        number: ticket.facts.number.unwrap_or_default(),
        state: state as i32,
        custodian: enums::to_line(custodian),
        text,
    })
}

/// Whether line 0 waits for the client.
async fn waits(desk: &Desk, ticket: &Ticket) -> Result<bool, Refused> {
    let talk: Talk = desk.store().own(&ticket.facts.organization, ticket.facts.id).await?;
    Ok(talk.waits.is_some())
}

/// How the client's other requests stand that are not closed here, the latest first.
pub(crate) async fn requests_of(
    desk: &Desk,
    caller: &Caller,
    client: &str,
    language: Language,
    asking: TicketId,
) -> Result<String, Refused> {
    let filter = Filter { client: Some(client.to_owned()), ..Filter::default() };
    let page = Page { after: None, size: REQUESTS_LOOKED_AT };
    let listing = desk.store().tickets(&caller.organization, &filter, &page).await?;
    let mut lines = Vec::new();
    let open = listing.tickets.into_iter().map(|(ticket, _)| ticket).filter(|ticket| {
        ticket.facts.id != asking && !matches!((&ticket.custody, &ticket.state), (Custody::Held, State::Closed { .. }))
    });
    for ticket in open.take(REQUESTS_TOLD) {
        let request = GetQuestionRequest { ticket_id: ticket.facts.id.to_string() };
        let GetQuestionResponse { number, text, .. } = standing(desk, caller, request).await?;
        let name = if number.is_empty() { ticket.facts.subject } else { number };
        lines.push(format!("— {name}: {text}"));
    }
    Ok(match lines.is_empty() {
        true => Text::NoRequests.plain(language).to_owned(),
        false => Text::YourRequests.with(language, &[("requests", &lines.join("\n"))]),
    })
}

fn in_work(line: Line, language: Language) -> String {
    Text::StatusInWork.with(language, &[("line", Text::of_line(line).plain(language))])
}

async fn case(desk: &Desk, ticket: &Ticket) -> Option<GetCaseResponse> {
    let channel = desk.peer(Line::ServiceDesk).ok()?.of(&ticket.facts.organization);
    let request = GetCaseRequest { ticket_id: ticket.facts.id.to_string() };
    let case = rpc::about(ticket.facts.id, ServiceDeskServiceClient::new(channel).get_case(request)).await;
    case.map(tonic::Response::into_inner).ok()
}

fn from_case(case: GetCaseResponse, language: Language) -> GetQuestionResponse {
    let custodian = enums::line(&mut handover::wire::Reader::default(), "custodian", case.custodian, false);
    let text = match wire::State::try_from(case.state).unwrap_or_default() {
        wire::State::OnHold => Text::StatusWaitsForYou.plain(language).to_owned(),
        wire::State::Resolved => Text::StatusResolved.plain(language).to_owned(),
        wire::State::Closed => Text::StatusClosed.plain(language).to_owned(),
        wire::State::Open | wire::State::Unspecified => in_work(custodian.unwrap_or(Line::ServiceDesk), language),
    };
    GetQuestionResponse {
        ticket_id: case.ticket_id,
        number: case.number,
        state: case.state,
        custodian: case.custodian,
        text,
    }
}
