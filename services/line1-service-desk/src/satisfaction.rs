//! How content a client is, asked once after the end.

use handover::{Change, Recipient, Refused};
use texts::Text;
use ticket::event::DeskEvent;
use ticket::{EventBody, State, Ticket};

use crate::own::{Home, Rating};
use crate::rules::write_to_client;

/// Asks the client of a ticket that has just been closed, unless that was done before or the plan does not want it.
pub(crate) async fn ask(change: &Change<'_>, ticket: &Ticket, home: &mut Home) -> Result<(), Refused> {
    if home.rating_asked || home.rating.is_some() || !change.plan.conversation().asks_rating {
        return Ok(());
    }
    home.rating_asked = true;
    let fields = [("number", ticket.facts.number.clone().unwrap_or_default())];
    write_to_client(change, ticket, home, Text::AskRating, &fields).await?;
    change.log_by_itself(ticket, EventBody::Desk(DeskEvent::RatingAsked)).await
}

/// The rating that `text` is, where the client was asked for one and has given none: one figure from 1 to 5.
pub(crate) fn given(ticket: &Ticket, home: &Home, text: &str) -> Option<u8> {
    let is_asked = home.rating_asked && home.rating.is_none() && matches!(ticket.state, State::Closed { .. });
    let figure = text.trim().trim_end_matches(['.', '!']).parse::<u8>().ok();
    figure.filter(|figure| is_asked && (1..=5).contains(figure))
}

/// Keeps a rating. The supervisors are told of a low one.
pub(crate) async fn keep(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &mut Home,
    score: u8,
    comment: String,
) -> Result<(), Refused> {
    if score <= change.plan.conversation().low_rating {
        let given = score.to_string();
        let fields = [("score", given.as_str()), ("comment", comment.as_str())];
        change.notify_of(ticket, Recipient::Supervisors, "low-rating", Text::NoticeLowRating, &fields).await?;
    }
    home.rating = Some(Rating { score, comment, at: change.now });
    change.log(ticket, EventBody::Rated { score }).await
}
