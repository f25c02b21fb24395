//! Deciding about a request: answer it, or hand it over with everything asked and offered.

use handover::wire::record;
use handover::{Change, Refused};
use knowledge::{Answer, Hit, Thresholds};
use plan::Plan;
use proto::line0 as wire;
use texts::Text;
use ticket::evidence::{OfferedArticle, Turn};
use ticket::{EventBody, Language, Line, Resolution, State, Ticket};

use crate::articles::offer;
use crate::own::Talk;
use crate::rules::hand_over;

/// What the client gets to read, and what stands behind it.
pub(crate) struct Decision {
    /// What the organization's knowledge says.
    pub(crate) answer: Answer,
    /// The best score there was, whatever came of it.
    pub(crate) best: f32,
    /// The answering article's text.
    pub(crate) body: Option<String>,
    /// The client wants a person.
    pub(crate) person: bool,
    /// By which thresholds.
    pub(crate) thresholds: Thresholds,
}

/// The thresholds of the plan; where it has none, nothing is ever sure enough.
pub(crate) fn thresholds(plan: &Plan) -> Thresholds {
    #[expect(clippy::cast_possible_truncation, reason = "shares between 0 and 1")]
    let of =
        |thresholds: plan::Thresholds| Thresholds { answer: thresholds.answer as f32, offer: thresholds.offer as f32 };
    plan.thresholds().map_or(Thresholds { answer: f32::INFINITY, offer: f32::INFINITY }, of)
}

/// Whether a client asks for a person rather than for an answer.
///
/// Only short messages count: in a long one such a word is about something else.
pub(crate) fn wants_person(text: &str) -> bool {
    const WORDS: usize = 8;
    const CALLS: [&str; 14] = [
        "оператор",
        "оператора",
        "оператору",
        "человека",
        "человек",
        "человеком",
        "специалиста",
        "специалист",
        "живого",
        "human",
        "operator",
        "agent",
        "person",
        "representative",
    ];
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.len() <= WORDS && words.iter().any(|word| CALLS.contains(word))
}

fn thousandths(score: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
    let number = (score * 1000.0).round().clamp(0.0, 1000.0) as u32;
    number
}

/// Answers `ticket`, or offers it to line 1; within a change that will put both documents.
pub(crate) async fn decide(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    decision: Decision,
) -> Result<wire::Reply, Refused> {
    let Decision { answer, best, body, person, thresholds } = decision;
    let plan = change.plan.version().to_string();
    match (answer, body) {
        (Answer::Found(hit), Some(body)) if !person => {
            let (score, threshold) = (thousandths(hit.score), thousandths(thresholds.answer));
            let article = hit.article_id.clone();
            change.log(ticket, EventBody::AutoAnswered { article, score, threshold, plan }).await?;
            close_with(change, ticket, talk, &hit, &body).await
        }
        (answer, _) => {
            let offers = match answer {
                Answer::Found(hit) => vec![hit],
                Answer::Unsure(hits) => hits,
                Answer::Nothing => vec![],
            };
            let (score, threshold) = (thousandths(best), thousandths(thresholds.answer));
            change.log(ticket, EventBody::AutoDeclined { score, threshold, plan }).await?;
            hand_over_with(change, ticket, talk, offers, person).await
        }
    }
}

async fn close_with(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    hit: &Hit,
    body: &str,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    let text = Text::Answered.with(language, &[("answer", body)]);
    say(change, ticket, talk, text.clone()).await?;
    talk.offered.push(OfferedArticle {
        article_id: hit.article_id.clone(),
        title: hit.title.clone(),
        why_not: String::new(),
    });
    let resolution = Resolution {
        by: Line::SelfService,
        root_cause: hit.title.clone(),
        done: body.to_owned(),
        workaround: false,
        how_to_verify: hit.article_id.clone(),
        steps_to_verify: Vec::new(),
        knowledge: None,
    };
    change.log(ticket, EventBody::Resolved { resolution: resolution.clone() }).await?;
    ticket.state = State::Closed { resolution, at: change.now, confirmed: false };
    ticket.wake = None;
    ticket.changed_at = change.now;
    change.log(ticket, EventBody::Closed { confirmed: false }).await?;
    Ok(wire::Reply {
        outcome: wire::reply::Outcome::Answered as i32,
        text,
        article_id: hit.article_id.clone(),
        offers: vec![],
        handover: None,
    })
}

async fn hand_over_with(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    offers: Vec<Hit>,
    person: bool,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    let greeting = change.plan.reply(change.plan.reply_profile(change.now)).in_language(language);
    let titles: Vec<String> = offers.iter().map(|hit| quoted(&hit.title, language)).collect();
    let text = match (person, titles.is_empty()) {
        (true, _) => Text::PersonCalled.with(language, &[("greeting", greeting)]),
        (false, true) => Text::HandedOver.with(language, &[("greeting", greeting)]),
        (false, false) => {
            Text::HandedOverWithOffers.with(language, &[("greeting", greeting), ("offers", &titles.join(", "))])
        }
    };
    say(change, ticket, talk, text.clone()).await?;
    talk.offered.extend(offers.iter().map(|hit| OfferedArticle {
        article_id: hit.article_id.clone(),
        title: hit.title.clone(),
        why_not: Text::WhyNotSure.plain(language).to_owned(),
    }));
    let outcome = hand_over(change, ticket, talk).await?;
    Ok(wire::Reply {
        outcome: wire::reply::Outcome::HandedOver as i32,
        text,
        article_id: String::new(),
        offers: offers.into_iter().map(offer).collect(),
        handover: Some(outcome),
    })
}

fn quoted(title: &str, language: Language) -> String {
    match language {
        Language::Russian => format!("«{title}»"),
        Language::English => format!("“{title}”"),
    }
}

async fn say(change: &Change<'_>, ticket: &Ticket, talk: &mut Talk, text: String) -> Result<(), Refused> {
    talk.conversation.push(Turn { from_client: false, text: text.clone(), at: change.now });
    change.log(ticket, EventBody::WroteToClient { text }).await
}

/// A ticket on the wire, as it was just put.
pub(crate) fn on_wire(ticket: &Ticket, version: store::Version) -> Option<proto::ticket::Ticket> {
    Some(record::to_ticket(ticket, version.number()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_called_in_both_languages_and_only_in_short_messages() {
        for text in ["Дайте оператора!", "оператор", "хочу поговорить с человеком", "human please", "Talk to an AGENT"]
        {
            assert!(wants_person(text), "{text}");
        }
        for text in ["Как сбросить пароль?", "Программа user agent пишет ошибку 500 и дальше не пускает никого", ""]
        {
            assert!(!wants_person(text), "{text}");
        }
    }
}
