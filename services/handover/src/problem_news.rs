//! News of the problem behind a ticket: told between lines, and to whoever works on the ticket.

use proto::handover as hand;
use texts::Text;
use ticket::event::{ProblemNews, ProblemStage};
use ticket::{Custody, Epoch, Language, Line, State, Ticket, TicketId};

use crate::arrangement::ArrangementParcel;
use crate::change::Change;
use crate::notice::{Notice, Recipient};
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::wire::problem;

/// Tells a line how the problem behind a ticket stands, within a change. `step` is what causes it. The sender need not have
/// the ticket.
///
/// # Errors
/// What the database says.
pub async fn tell_problem(
    change: &Change<'_>,
    ticket: TicketId,
    to: Line,
    news: ProblemNews,
    step: &str,
) -> Result<(), Refused> {
    let parcel = Parcel::Arrangement(ArrangementParcel::Problem);
    let step = format!("{}:{}:{step}", news.problem, news.number);
    let envelope = change.envelope_about(ticket, Epoch::FIRST, parcel, to, &step);
    let message = hand::TellProblemRequest { envelope: Some(envelope.clone()), news: Some(problem::to_news(news)) };
    change.send_about(ticket, to, parcel, &envelope, &message).await
}

/// Whoever works on an open ticket here learns that something helps; many at once come as one digest.
pub(crate) async fn tell_people(change: &Change<'_>, ticket: &Ticket, news: &ProblemNews) -> Result<(), Refused> {
    let text = match news.stage {
        ProblemStage::Resolved => Text::ProblemResolved,
        ProblemStage::Investigating | ProblemStage::KnownError | ProblemStage::Resolving
            if !news.workaround.is_empty() =>
        {
            Text::ProblemWorkedAround
        }
        _ => return Ok(()),
    };
    let is_worked_on =
        matches!(ticket.custody, Custody::Held) && matches!(ticket.state, State::Open | State::OnHold { .. });
    if !news.linked || !is_worked_on {
        return Ok(());
    }
    let words = |language: Language| {
        let number = ticket.facts.number.clone().unwrap_or_else(|| ticket.facts.id.to_string());
        text.with(language, &[("number", &number), ("subject", &ticket.facts.subject), ("problem", &news.title)])
    };
    let to = Recipient::who_works(&ticket.assignment);
    let (ru, en) = (words(Language::Russian), words(Language::English));
    change.notify(Notice { to, topic: "problem", ticket: Some(ticket.facts.id), ru, en }).await
}
