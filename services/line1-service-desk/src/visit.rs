//! `ClientVisitService`: field visits as the client and the service desk see them.

use handover::wire::{Reader, instant, record, visit};
use handover::{Change, Desk, Order, Refused, answer, answer_visit, page_size, ticket_id};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proto::line1 as wire;
use proto::line1::client_visit_service_server::ClientVisitService;
use serde::{Deserialize, Serialize};
use texts::Text;
use ticket::event::{VisitEvent, VisitNews, VisitState, Window};
use ticket::field::TEXT_BYTES_MAX;
use ticket::{EventBody, Language, Line, Ticket, TicketId, VisitId};
use tonic::{Request, Response, Status, async_trait};

use crate::contact::visible;
use crate::own::Home;
use crate::rules::write_to_client;

/// The most visits of one ticket; line 2 plans no more either.
const VISITS_MAX: usize = 50;

/// A visit, as line 1 knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientVisit {
    /// The line that plans it.
    pub by: Line,
    /// How it stands.
    pub news: VisitNews,
    /// What the client said to the present window.
    pub answer: Option<VisitAnswer>,
}

/// What the client said to a time window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitAnswer {
    /// Whether it suits.
    pub agreed: bool,
    /// What was said to it; may be empty.
    pub comment: String,
    /// When.
    pub at: Timestamp,
}

/// Takes in how a visit stands, and tells the client what matters to the client.
pub(crate) async fn told(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &mut Home,
    by: Line,
    news: &VisitNews,
) -> Result<(), Refused> {
    let full = home.visits.len() >= VISITS_MAX;
    let known = home.visits.iter_mut().find(|known| known.news.visit == news.visit);
    let is_new_window = known.as_ref().is_none_or(|known| known.news.sequence < news.sequence);
    match known {
        Some(known) => {
            if is_new_window {
                known.answer = None;
            }
            known.news = news.clone();
        }
        None if full => return Err(Refused::RecordFull { what: "visits", most: VISITS_MAX }),
        None => home.visits.push(ClientVisit { by, news: news.clone(), answer: None }),
    }
    let text = match news.state {
        VisitState::Planned if is_new_window => Text::VisitProposed,
        VisitState::Confirmed => Text::VisitConfirmed,
        VisitState::Cancelled => Text::VisitCancelled,
        VisitState::Planned | VisitState::UnderWay | VisitState::Done | VisitState::Failed => return Ok(()),
    };
    let zone = &change.plan.profile().time_zone;
    let fields = [
        ("number", ticket.facts.number.clone().unwrap_or_default()),
        ("when", in_words(news.window, zone, ticket.facts.language)),
        ("purpose", news.purpose.clone()),
        ("why", news.why_cancelled.clone()),
    ];
    write_to_client(change, ticket, home, text, &fields).await
}

/// A time window on the clocks of `zone`, as people write it.
fn in_words(window: Window, zone: &TimeZone, language: Language) -> String {
    let (begins, ends) = (zone.to_datetime(window.begins), zone.to_datetime(window.ends));
    let day = match language {
        Language::Russian => "%d.%m.%Y",
        Language::English => "%-d %B %Y",
    };
    let (from, to) = (begins.strftime("%H:%M"), ends.strftime("%H:%M"));
    if begins.date() == ends.date() {
        return format!("{}, {from}–{to}", begins.strftime(day));
    }
    format!("{}, {from} – {}, {to}", begins.strftime(day), ends.strftime(day))
}

/// Serves `ClientVisitService`.
pub(crate) struct Visits(pub(crate) Desk);

#[async_trait]
impl ClientVisitService for Visits {
    async fn list_visits(
        &self,
        request: Request<wire::ListVisitsRequest>,
    ) -> Result<Response<wire::ListVisitsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListVisitsRequest { ticket_id: id, page_size: size, page_token } = request;
            let id = ticket_id(&id)?;
            let size = page_size(size)? as usize;
            let seen = match page_token.as_str() {
                "" => 0,
                token => token.parse::<usize>().map_err(|_| Refused::PageToken)?,
            };
            let (ticket, _) = self.0.find(&caller.organization, id).await?;
            visible(&caller, &ticket)?;
            let home: Home = self.0.store().own(&caller.organization, id).await?;
            // Visits are only added, so how many were seen says where the next page begins.
            let next = seen.saturating_add(size);
            let next_page_token = if next < home.visits.len() { next.to_string() } else { String::new() };
            let visits = home.visits.into_iter().skip(seen).take(size).map(to_wire).collect();
            Ok(wire::ListVisitsResponse { visits, next_page_token })
        })
        .await
    }

    async fn answer_visit(
        &self,
        request: Request<wire::AnswerVisitRequest>,
    ) -> Result<Response<wire::AnswerVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "AnswerVisit", &request.request_id, &request)?;
            let wire::AnswerVisitRequest { request_id: _, ticket_id, visit_id, agreed, comment } = request;
            let mut reader = Reader::default();
            let id = reader.id::<TicketId>("ticket_id", &ticket_id);
            let visit = reader.id::<VisitId>("visit_id", &visit_id);
            let comment = reader.optional("comment", &comment, TEXT_BYTES_MAX).unwrap_or_default();
            let (id, visit) = reader.finish(id.zip(visit))?;
            let step = order.request_id.to_string();
            self.0
                .change(&order, id, "answer about a visit", move |change| {
                    Box::pin(async move {
                        let (ticket, read) = change.ticket(id).await?;
                        visible(&caller, &ticket)?;
                        let visit = hear(change, &ticket, visit, (agreed, comment), &step).await?;
                        let ticket = Some(record::to_ticket(&ticket, read.number()));
                        Ok(wire::AnswerVisitResponse { ticket, visit: Some(to_wire(visit)) })
                    })
                })
                .await
        })
        .await
    }
}

/// Notes what the client said to the window that a visit has now, and sends it to the line that plans it.
async fn hear(
    change: &Change<'_>,
    ticket: &Ticket,
    visit: VisitId,
    (agreed, comment): (bool, String),
    step: &str,
) -> Result<ClientVisit, Refused> {
    let id = ticket.facts.id;
    let mut home: Home = change.work.own(change.organization(), id).await?;
    let known = home.visits.iter_mut().find(|known| known.news.visit == visit);
    let known = known.ok_or_else(|| Refused::VisitNotFound(visit.to_string()))?;
    match known.news.state {
        VisitState::Planned | VisitState::Confirmed => {}
        VisitState::UnderWay | VisitState::Done | VisitState::Failed | VisitState::Cancelled => {
            return Err(Refused::VisitState { visit, action: "answer about", state: known.news.state.name() });
        }
    }
    known.answer = Some(VisitAnswer { agreed, comment: comment.clone(), at: change.now });
    let (by, sequence, answered) = (known.by, known.news.sequence, known.clone());
    change.work.put_own(change.organization(), id, &home).await?;
    let said = VisitEvent::Answered { visit, sequence, agreed, comment: comment.clone() };
    change.log(ticket, EventBody::Visit(said)).await?;
    answer_visit(change, ticket, by, (visit, sequence), (agreed, comment), step).await?;
    Ok(answered)
}

fn to_wire(known: ClientVisit) -> wire::ClientVisit {
    let ClientVisit { by: _, news, answer } = known;
    let answered = answer.is_some();
    let (agreed, comment, at) =
        answer.map_or((false, String::new(), None), |VisitAnswer { agreed, comment, at }| (agreed, comment, Some(at)));
    wire::ClientVisit { news: Some(visit::to_news(news)), answered, agreed, comment, answered_at: at.map(instant) }
}
