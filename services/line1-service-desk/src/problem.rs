//! What line 3 says of the problem behind a ticket: kept with the ticket, and passed on to every line that touched it.

use handover::{Change, Refused, tell_problem};
use ticket::event::ProblemNews;
use ticket::{Line, Ticket};

use crate::own::Home;

/// The most problems behind one ticket; a further one is only in the log.
const PROBLEMS_MAX: usize = 20;

/// Hears how a problem stands. Older news than what is known changes nothing.
pub(crate) async fn told(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &mut Home,
    news: &ProblemNews,
) -> Result<(), Refused> {
    let known = home.problems.iter().position(|known| known.problem == news.problem);
    match known {
        Some(at) if home.problems[at].number > news.number => return Ok(()),
        Some(at) if news.linked => home.problems[at] = news.clone(),
        Some(at) => {
            home.problems.remove(at);
        }
        None if news.linked && home.problems.len() < PROBLEMS_MAX => home.problems.push(news.clone()),
        None => {}
    }
    for line in home.touched.clone() {
        pass_on(change, ticket, line, news).await?;
    }
    Ok(())
}

/// Tells a line that has just taken the ticket over what is behind it.
pub(crate) async fn tell_next(change: &Change<'_>, ticket: &Ticket, home: &Home, line: Line) -> Result<(), Refused> {
    for news in &home.problems {
        pass_on(change, ticket, line, news).await?;
    }
    Ok(())
}

async fn pass_on(change: &Change<'_>, ticket: &Ticket, line: Line, news: &ProblemNews) -> Result<(), Refused> {
    let step = format!("linked={}:{}", news.linked, change.now);
    tell_problem(change, ticket.facts.id, line, news.clone(), &step).await
}
