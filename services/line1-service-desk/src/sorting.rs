//! What line 1 sets on a ticket by itself, before a person looks at it: by rules of the plan and by the mood.
//!
//! A rule comes before anything learned, and after what a person has said. Each decision is an entry of the ticket's log
//! with the rules, the words that made it and the version of the plan.

use handover::wire::tag::TAGS_MAX;
use handover::{Change, Refused};
use plan::{HeldRule, Seen};
use store::Mark;
use texts::Text;
use ticket::event::{RuleHeld, Setting, SortingEvent};
use ticket::field::LINE_BYTES_MAX;
use ticket::{Channel, Custody, EventBody, Language, Mood, Raise, RaiseCause, State, Ticket};

use crate::heard::Heard;
use crate::own::Home;

/// What a person or the client has said of a new request. Only the rest is set by itself; a category and a product that
/// stand on the ticket were said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) kind: bool,
    pub(crate) impact: bool,
    pub(crate) urgency: bool,
}

/// Sorts a new ticket; it is not written.
pub(crate) async fn sort(
    change: &Change<'_>,
    ticket: &mut Ticket,
    home: &mut Home,
    channel: Option<Channel>,
    said: Said,
) -> Result<(), Refused> {
    let facts = &ticket.facts;
    let seen = Seen {
        text: &facts.text,
        channel,
        client: &facts.client,
        product: facts.product.as_deref(),
        environment: facts.environment.as_deref(),
        language: facts.language,
        mood: home.current_mood.as_ref().map_or(facts.mood, |heard| heard.mood),
        at: change.now,
    };
    let held = change.plan.rules_for(&seen);
    if !held.is_empty() {
        by_rules(change, ticket, home, &held, said).await?;
    }
    feel(change, ticket, home).await?;
    let wake = change.queue_wake(ticket);
    if let Some(known) = &mut ticket.wake
        && known.reason == wake.reason
    {
        *known = wake;
    }
    Ok(())
}

async fn by_rules(
    change: &Change<'_>,
    ticket: &mut Ticket,
    home: &mut Home,
    held: &[HeldRule<'_>],
    mut said: Said,
) -> Result<(), Refused> {
    let mut settings = Vec::new();
    let mut set = |field: &str, value: &str, rule: &str| {
        settings.push(Setting { field: field.to_owned(), value: value.to_owned(), rule: rule.to_owned() });
    };
    let (facts, tags_before) = (&mut ticket.facts, home.tags.len());
    for HeldRule { rule, .. } in held {
        let sets = &rule.sets;
        if let (None, Some(category)) = (&facts.category, &sets.category) {
            facts.category = Some(category.clone());
            set("category", category, &rule.id);
        }
        if let (None, Some(product)) = (&facts.product, &sets.product) {
            facts.product = Some(product.clone());
            set("product", product, &rule.id);
        }
        if let (false, Some(kind)) = (said.kind, sets.kind) {
            (facts.kind, said.kind) = (kind, true);
            set("kind", kind.name(), &rule.id);
        }
        if let (false, Some(impact)) = (said.impact, sets.impact) {
            (facts.impact, said.impact) = (impact, true);
            set("impact", impact.name(), &rule.id);
        }
        if let (false, Some(urgency)) = (said.urgency, sets.urgency) {
            (facts.urgency, said.urgency) = (urgency, true);
            set("urgency", urgency.name(), &rule.id);
        }
        for tag in &sets.tags {
            if home.tags.len() < TAGS_MAX && home.tags.insert(tag.clone()) {
                set("tag", tag, &rule.id);
            }
        }
    }
    facts.reckon(change.plan.priority(facts.impact, facts.urgency));
    let (category, priority) = (facts.category.clone().unwrap_or_default(), facts.priority);
    let rules = held.iter().map(|held| RuleHeld { rule: held.rule.id.clone(), words: held.words.clone() }).collect();
    let plan = change.plan.version().to_string();
    let event = SortingEvent::ByRules { rules, settings, category, priority, plan };
    change.log_by_itself(ticket, EventBody::Sorted(event)).await?;
    if home.tags.len() > tags_before {
        let tags: Vec<String> = home.tags.iter().cloned().collect();
        change.work.put_marks(change.organization(), ticket.facts.id, Mark::Tag, &tags).await?;
        change.log_by_itself(ticket, EventBody::Tagged { tags }).await?;
    }
    for HeldRule { rule, words } in held.iter().filter(|held| held.rule.sets.raise > 0) {
        let cause = RaiseCause::Rule { id: rule.id.clone() };
        let (ru, en) = (why(&rule.name.ru, words), why(&rule.name.en, words));
        change.raise(ticket, Raise { cause, steps: rule.sets.raise, ru, en }).await?;
    }
    Ok(())
}

/// Lets the mood of the client's last message raise an open ticket that line 1 holds, as the plan says. A raise stays
/// until the client sounds content: a bare fact between two outbursts is no better mood.
pub(crate) async fn feel(change: &Change<'_>, ticket: &mut Ticket, home: &Home) -> Result<(), Refused> {
    let Some(heard) = &home.current_mood else { return Ok(()) };
    if ticket.custody != Custody::Held || !matches!(ticket.state, State::Open | State::OnHold { .. }) {
        return Ok(());
    }
    let before =
        ticket.facts.raises.iter().find(|raise| raise.cause == RaiseCause::Mood).map_or(0, |raise| raise.steps);
    match change.plan.mood_step(heard.score) {
        Some(step) if step.steps > before => {
            change.raise(ticket, by_mood(heard, step.steps)).await?;
        }
        None if heard.mood == Mood::Positive => {
            change.lower(ticket, &RaiseCause::Mood).await?;
        }
        Some(_) | None => {}
    }
    Ok(())
}

fn by_mood(heard: &Heard, steps: u8) -> Raise {
    let said = |language| why(Text::MoodRaised.plain(language), &heard.words);
    let (ru, en) = (said(Language::Russian), said(Language::English));
    Raise { cause: RaiseCause::Mood, steps, ru, en }
}

/// A reason with the words that made it, as long as a reason may be.
fn why(name: &str, words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("«{word}»")).collect();
    let whole = if words.is_empty() { name.to_owned() } else { format!("{name}: {}", words.join(", ")) };
    whole[..whole.floor_char_boundary(LINE_BYTES_MAX)].to_owned()
}
