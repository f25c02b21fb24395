//! Doing what was decided about a request: answer it, offer, ask back, or hand it over with everything asked and offered.

use handover::wire::record;
use handover::{Change, Refused};
use knowledge::Hit;
use proto::line0 as wire;
use texts::Text;
use ticket::evidence::{OfferedArticle, Turn};
use ticket::{EventBody, Language, Line, Resolution, State, Ticket, WakeReason};

use crate::articles::offer;
use crate::asked::{Badly, answered_badly};
use crate::heard::Courtesy;
use crate::learned;
use crate::own::{Talk, Topic, Waits};
use crate::rules::hand_over;
use crate::scenario;
use crate::think::{Decision, Next, Why};

fn thousandths(score: f32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1000")]
    let number = (score * 1000.0).round().clamp(0.0, 1000.0) as u32;
    number
}

/// Does to `ticket` what was decided; within a change that will put both documents. `standing` tells how the client's
/// other requests stand, where that was asked.
pub(crate) async fn decide(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    decision: Decision,
    standing: Option<String>,
) -> Result<wire::Reply, Refused> {
    let Decision { next, best, thresholds } = decision;
    let waited = talk.waits.take();
    let (plan, threshold) = (change.plan.version().to_string(), thousandths(thresholds.answer));
    let declined = EventBody::AutoDeclined { score: thousandths(best), threshold, plan: plan.clone() };
    match next {
        Next::Answer { found, rest } => {
            for (hit, _) in &found {
                let (article, score) = (hit.article_id.clone(), thousandths(hit.score));
                change.log(ticket, EventBody::AutoAnswered { article, score, threshold, plan: plan.clone() }).await?;
            }
            let was_chosen =
                |(hit, _): &(Hit, String)| waited.as_ref().is_some_and(|waits| waits.may_be(&hit.article_id));
            tell(change, ticket, talk, &found, rest, found.iter().any(was_chosen)).await
        }
        Next::Offer { scenarios, hits } => {
            change.log(ticket, declined).await?;
            offer_choice(change, ticket, talk, scenarios, hits).await
        }
        Next::Begin { scenario, text } => scenario::begin(change, ticket, talk, &scenario, &text).await,
        Next::GoOn => {
            let said = talk.conversation.last().map(|turn| turn.text.clone()).unwrap_or_default();
            scenario::hear(change, ticket, talk, &said).await
        }
        Next::AskBack(topics) => {
            change.log(ticket, declined).await?;
            ask_back(change, ticket, talk, topics).await
        }
        Next::Kind(courtesy) => answer_in_kind(change, ticket, talk, courtesy).await,
        Next::Wordless => {
            let text = Text::Wordless.plain(ticket.facts.language).to_owned();
            let text = wait(change, ticket, talk, Waits::Question, text).await?;
            Ok(reply(wire::reply::Outcome::AskedBack, text))
        }
        Next::Standing => {
            let text = standing.unwrap_or_else(|| Text::NoRequests.plain(ticket.facts.language).to_owned());
            let told = say(change, ticket, talk, text.clone()).await?;
            let cause = Text::StatusCause.plain(ticket.facts.language);
            close(change, ticket, resolution(cause, &text, "")).await?;
            Ok(reply(wire::reply::Outcome::Answered, told))
        }
        Next::HandOver { offers, why } => {
            change.log(ticket, declined).await?;
            pass_on(change, ticket, talk, offers, why).await
        }
    }
}

/// Lets the client choose among scenarios and articles.
async fn offer_choice(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    scenarios: Vec<String>,
    hits: Vec<Hit>,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    let named = scenarios.iter().filter_map(|id| {
        let name = change.plan.scenario(id)?.name.in_language(language).to_owned();
        Some(wire::ScenarioOffer { scenario_id: id.clone(), name })
    });
    let named: Vec<wire::ScenarioOffer> = named.collect();
    let names = named.iter().map(|offer| &offer.name).chain(hits.iter().map(|hit| &hit.title));
    let text = Text::Offered.with(language, &[("offers", &numbered(names, language))]);
    talk.offered.extend(hits.iter().map(offered));
    talk.let_choose = true;
    let articles = hits.iter().map(|hit| hit.article_id.clone()).collect();
    let text = wait(change, ticket, talk, Waits::Choice { articles, scenarios }, text).await?;
    let offers = hits.into_iter().map(offer).collect();
    Ok(wire::Reply { offers, scenarios: named, ..reply(wire::reply::Outcome::Offered, text) })
}

pub(crate) fn reply(outcome: wire::reply::Outcome, text: String) -> wire::Reply {
    wire::Reply { outcome: outcome as i32, text, ..wire::Reply::default() }
}

fn offered(hit: &Hit) -> OfferedArticle {
    OfferedArticle { article_id: hit.article_id.clone(), title: hit.title.clone(), why_not: String::new() }
}

/// Tells articles: all that was asked, or a part with the rest for a person.
async fn tell(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    found: &[(Hit, String)],
    rest: bool,
    was_chosen: bool,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    // What stood beside the chosen one was not what the client meant.
    talk.none_helped(Text::WhyNotSure.plain(language));
    for (hit, _) in found {
        match talk.offered.iter_mut().find(|article| article.article_id == hit.article_id) {
            Some(article) => article.why_not.clear(),
            None => talk.offered.push(offered(hit)),
        }
    }
    let body = match found {
        [(_, only)] => only.clone(),
        several => several
            .iter()
            .map(|(hit, body)| format!("{}\n{body}", quoted(&hit.title, language)))
            .collect::<Vec<_>>()
            .join("\n\n"),
    };
    let ids: Vec<&str> = found.iter().map(|(hit, _)| hit.article_id.as_str()).collect();
    let article_id = ids.first().copied().unwrap_or_default().to_owned();
    if rest {
        let greeting = change.greeting(language).await?;
        let text = Text::SeveralPartly.with(language, &[("answers", &body), ("greeting", &greeting)]);
        let text = say(change, ticket, talk, text).await?;
        answered_badly(change, ticket, talk, Badly::HandedOver).await?;
        let outcome = hand_over(change, ticket, talk).await?;
        let told = reply(wire::reply::Outcome::HandedOver, text);
        return Ok(wire::Reply { article_id, handover: Some(outcome), ..told });
    }
    let text = Text::Answered.with(language, &[("answer", &body)]);
    let text = say(change, ticket, talk, text).await?;
    if let [(hit, _)] = found {
        learned::told(change, ticket, talk, &hit.article_id, was_chosen).await?;
    }
    let titles: Vec<&str> = found.iter().map(|(hit, _)| hit.title.as_str()).collect();
    close(change, ticket, resolution(&titles.join("; "), &body, &ids.join(", "))).await?;
    Ok(wire::Reply { article_id, ..reply(wire::reply::Outcome::Answered, text) })
}

async fn ask_back(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    topics: Vec<Topic>,
) -> Result<wire::Reply, Refused> {
    let names: Vec<String> = topics.iter().map(|topic| topic.name.clone()).collect();
    let list = names.iter().enumerate().map(|(place, name)| format!("{}. {name}", place + 1)).collect::<Vec<_>>();
    let text = Text::AskedBack.with(ticket.facts.language, &[("topics", &list.join("\n"))]);
    talk.asked_back = true;
    let text = wait(change, ticket, talk, Waits::Topic { topics }, text).await?;
    Ok(wire::Reply { topics: names, ..reply(wire::reply::Outcome::AskedBack, text) })
}

/// A greeting asks what it is about; after thanks and farewells there is nothing to wait for.
pub(crate) async fn answer_in_kind(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    courtesy: Courtesy,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    let text = match courtesy {
        Courtesy::Greeting => Text::Greeted,
        Courtesy::Thanks => Text::Welcome,
        Courtesy::Farewell => Text::Farewell,
    };
    let text = text.plain(language).to_owned();
    let told = match (courtesy, &ticket.state) {
        (Courtesy::Greeting, _) => wait(change, ticket, talk, Waits::Question, text).await?,
        (Courtesy::Thanks | Courtesy::Farewell, State::Open | State::OnHold { .. }) => {
            let told = say(change, ticket, talk, text.clone()).await?;
            close(change, ticket, resolution(Text::SmallTalkCause.plain(language), &text, "")).await?;
            told
        }
        (Courtesy::Thanks | Courtesy::Farewell, State::Resolved { .. } | State::Closed { .. }) => {
            say(change, ticket, talk, text).await?
        }
    };
    Ok(reply(wire::reply::Outcome::Acknowledged, told))
}

async fn pass_on(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    offers: Vec<Hit>,
    why: Why,
) -> Result<wire::Reply, Refused> {
    let language = ticket.facts.language;
    let greeting = &change.greeting(language).await?;
    let titles: Vec<String> = offers.iter().map(|hit| quoted(&hit.title, language)).collect();
    let text = match why {
        Why::Person => Text::PersonCalled.with(language, &[("greeting", greeting)]),
        Why::Anger => Text::Calmed.with(language, &[("greeting", greeting)]),
        Why::Log => Text::LogTaken.with(language, &[("greeting", greeting)]),
        Why::Language(name) => [Language::Russian, Language::English]
            .map(|language| Text::OtherLanguage.with(language, &[("language", name)]))
            .join("\n\n"),
        Why::NoneFits | Why::Unsure if titles.is_empty() => Text::HandedOver.with(language, &[("greeting", greeting)]),
        Why::NoneFits | Why::Unsure => {
            Text::HandedOverWithOffers.with(language, &[("greeting", greeting), ("offers", &titles.join(", "))])
        }
    };
    let text = say(change, ticket, talk, text).await?;
    let why_not = if why == Why::NoneFits { Text::WhyNoneFits } else { Text::WhyNoChoice };
    talk.none_helped(why_not.plain(language));
    talk.offered.extend(
        offers
            .iter()
            .map(|hit| OfferedArticle { why_not: Text::WhyNotSure.plain(language).to_owned(), ..offered(hit) }),
    );
    match why {
        Why::NoneFits | Why::Unsure => answered_badly(change, ticket, talk, Badly::HandedOver).await?,
        // Not for want of an answer.
        Why::Person | Why::Anger | Why::Language(_) | Why::Log => {}
    }
    let outcome = hand_over(change, ticket, talk).await?;
    let offers = offers.into_iter().map(offer).collect();
    Ok(wire::Reply { offers, handover: Some(outcome), ..reply(wire::reply::Outcome::HandedOver, text) })
}

pub(crate) fn resolution(cause: &str, done: &str, how_to_verify: &str) -> Resolution {
    Resolution {
        by: Line::SelfService,
        root_cause: cause.to_owned(),
        done: done.to_owned(),
        workaround: false,
        how_to_verify: how_to_verify.to_owned(),
        steps_to_verify: Vec::new(),
        knowledge: None,
    }
}

pub(crate) async fn close(change: &Change<'_>, ticket: &mut Ticket, resolution: Resolution) -> Result<(), Refused> {
    change.log(ticket, EventBody::Resolved { resolution: resolution.clone() }).await?;
    ticket.state = State::Closed { resolution, at: change.now, confirmed: false };
    ticket.wake = None;
    ticket.changed_at = change.now;
    change.log(ticket, EventBody::Closed { confirmed: false }).await
}

/// The client did not say what it is about, or did not choose: the request ends here.
pub(crate) async fn close_unanswered(change: &Change<'_>, ticket: &mut Ticket, talk: &mut Talk) -> Result<(), Refused> {
    let text = Text::ClosedUnanswered.plain(ticket.facts.language).to_owned();
    talk.waits = None;
    talk.none_helped(Text::WhyNoChoice.plain(ticket.facts.language));
    say(change, ticket, talk, text.clone()).await?;
    let cause = Text::UnansweredCause.plain(ticket.facts.language);
    close(change, ticket, resolution(cause, &text, "")).await
}

/// Says `text` and waits for the client, for as long as the plan lets it; what was told.
pub(crate) async fn wait(
    change: &Change<'_>,
    ticket: &mut Ticket,
    talk: &mut Talk,
    waits: Waits,
    text: String,
) -> Result<String, Refused> {
    let told = say(change, ticket, talk, text).await?;
    talk.waits = Some(waits);
    ticket.wake = Some(change.wake_in(change.plan.dialogue().choice, WakeReason::ClientSilence));
    ticket.changed_at = change.now;
    Ok(told)
}

fn numbered<'t>(titles: impl Iterator<Item = &'t String>, language: Language) -> String {
    let lines = titles.enumerate().map(|(place, title)| format!("{}. {}", place + 1, quoted(title, language)));
    lines.collect::<Vec<_>>().join("\n")
}

fn quoted(title: &str, language: Language) -> String {
    match language {
        Language::Russian => format!("«{title}»"),
        Language::English => format!("“{title}”"),
    }
}

/// Says `text`; what was told.
pub(crate) async fn say(
    change: &Change<'_>,
    ticket: &Ticket,
    talk: &mut Talk,
    text: String,
) -> Result<String, Refused> {
    let text = change.as_told_now(ticket.facts.language, text).await?;
    talk.conversation.push(Turn { from_client: false, text: text.clone(), at: change.now });
    change.log(ticket, EventBody::WroteToClient { text: text.clone() }).await?;
    Ok(text)
}

/// A ticket on the wire, as it was just put.
pub(crate) fn on_wire(ticket: &Ticket, version: store::Version) -> Option<proto::ticket::Ticket> {
    Some(record::to_ticket(ticket, version.number()))
}
