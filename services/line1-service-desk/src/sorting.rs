//! What line 1 sets on a ticket by itself, before a person looks at it: by rules of the plan, by what was learned and by the
//! mood.
//!
//! What a person has said comes first, then the rules, then the models. Each decision is an entry of the ticket's log with
//! the rules or models, the words that made it and the version of the plan. [`by_rules`] and [`by_models`] only reckon, so
//! that another plan or model can be tried on what was recorded.

use std::collections::BTreeSet;

use handover::wire::tag::TAGS_MAX;
use handover::{Change, Refused, Sound, with_words};
use jiff::Timestamp;
use plan::{HeldRule, Plan, Seen, Sortable};
use store::Mark;
use ticket::event::{HeardEvent, Opinion, OpinionOutcome, RuleHeld, Setting, SortingEvent};
use ticket::{Channel, EventBody, Facts, Impact, Kind, Mood, Raise, RaiseCause, Ticket, Urgency};

use crate::learned::{Advice, Given};
use crate::own::Home;

/// What a person or the client has said of a new request. Only the rest is set by itself; a category and a product that
/// stand on the ticket were said.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) kind: bool,
    pub(crate) impact: bool,
    pub(crate) urgency: bool,
}

/// Sorts a new ticket; it is not written. `advice` is what the models say of it, by [`crate::learned::Asked`].
pub(crate) async fn sort(
    change: &Change<'_>,
    ticket: &mut Ticket,
    home: &mut Home,
    channel: Option<Channel>,
    mut said: Said,
    advice: Vec<Advice>,
) -> Result<(), Refused> {
    home.given = Some(Given::of(&ticket.facts, channel, said));
    let before = ticket.facts.clone();
    let mood = home.current_mood.as_ref().map_or(before.mood, |heard| heard.mood);
    let held = change.plan.rules_for(&seen(&before, channel, mood, change.now));
    if !held.is_empty() {
        write_rules(change, ticket, home, &held, &mut said).await?;
    }
    if !advice.is_empty() {
        home.opinions = by_models(&change.plan, &mut ticket.facts, said, advice);
        let facts = &ticket.facts;
        let (category, priority) = (facts.category.clone().unwrap_or_default(), facts.priority);
        let (opinions, plan) = (home.opinions.clone(), change.plan.version().to_string());
        let event = SortingEvent::ByModels { opinions, category, priority, plan };
        change.log_by_itself(ticket, EventBody::Sorted(event)).await?;
    }
    feel(change, ticket, home, Some(profile(&change.plan, change.now))).await?;
    let wake = change.queue_wake(ticket);
    if let Some(known) = &mut ticket.wake
        && known.reason == wake.reason
    {
        *known = wake;
    }
    Ok(())
}

/// What a rule looks at.
pub(crate) fn seen(facts: &Facts, channel: Option<Channel>, mood: Mood, at: Timestamp) -> Seen<'_> {
    Seen {
        text: &facts.text,
        channel,
        client: &facts.client,
        product: facts.product.as_deref(),
        environment: facts.environment.as_deref(),
        language: facts.language,
        mood,
        at,
    }
}

/// Lets the rules that hold set what nobody said; what they set counts as said.
pub(crate) fn by_rules(
    plan: &Plan,
    facts: &mut Facts,
    tags: &mut BTreeSet<String>,
    held: &[HeldRule<'_>],
    said: &mut Said,
) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut set = |field: &str, value: &str, rule: &str| {
        settings.push(Setting { field: field.to_owned(), value: value.to_owned(), rule: rule.to_owned() });
    };
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
            if tags.len() < TAGS_MAX && tags.insert(tag.clone()) {
                set("tag", tag, &rule.id);
            }
        }
    }
    facts.reckon(plan.priority(facts.impact, facts.urgency));
    settings
}

/// Lets the models that act set what neither a person nor a rule has said, each from its threshold on.
pub(crate) fn by_models(plan: &Plan, facts: &mut Facts, said: Said, advice: Vec<Advice>) -> Vec<Opinion> {
    let mut opinions = Vec::new();
    for Advice { field, value, probability, threshold, words, model, by_meaning, acts } in advice {
        let is_said = match field {
            Sortable::Category => facts.category.is_some(),
            Sortable::Product => facts.product.is_some(),
            Sortable::Kind => said.kind,
            Sortable::Impact => said.impact,
            Sortable::Urgency => said.urgency,
        };
        let is_sure = threshold.is_some_and(|threshold| probability >= threshold);
        let outcome = match (acts, is_said) {
            (false, _) => OpinionOutcome::Shadow,
            (true, true) => OpinionOutcome::Overruled,
            (true, false) if is_sure && set(facts, field, &value) => OpinionOutcome::Set,
            (true, false) => OpinionOutcome::Suggested,
        };
        let field = field.name().to_owned();
        let (probability, threshold) = (thousandths(probability), threshold.map(thousandths));
        opinions.push(Opinion { field, value, probability, threshold, words, model, by_meaning, outcome });
    }
    facts.reckon(plan.priority(facts.impact, facts.urgency));
    opinions
}

/// Sets a field to a value by its name; whether there is such a value.
fn set(facts: &mut Facts, field: Sortable, value: &str) -> bool {
    fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, value: &str, to: &mut T) -> bool {
        let found = all.iter().copied().find(|one| name(*one) == value);
        found.map(|found| *to = found).is_some()
    }
    match field {
        Sortable::Category => facts.category = Some(value.to_owned()),
        Sortable::Product => facts.product = Some(value.to_owned()),
        Sortable::Kind => return named(&Kind::ALL, Kind::name, value, &mut facts.kind),
        Sortable::Impact => return named(Impact::ALL, Impact::name, value, &mut facts.impact),
        Sortable::Urgency => return named(Urgency::ALL, Urgency::name, value, &mut facts.urgency),
    }
    true
}

/// A probability as events have it.
pub(crate) fn thousandths(probability: f32) -> u32 {
    // Between 0 and 1, so that nothing is cut off.
    (probability.clamp(0.0, 1.0) * 1000.0).round() as u32
}

async fn write_rules(
    change: &Change<'_>,
    ticket: &mut Ticket,
    home: &mut Home,
    held: &[HeldRule<'_>],
    said: &mut Said,
) -> Result<(), Refused> {
    let tags_before = home.tags.len();
    let settings = by_rules(&change.plan, &mut ticket.facts, &mut home.tags, held, said);
    let facts = &ticket.facts;
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
    for raise in raises(held) {
        change.raise(ticket, raise).await?;
    }
    Ok(())
}

/// How the rules that hold raise the priority.
pub(crate) fn raises(held: &[HeldRule<'_>]) -> Vec<Raise> {
    let raising = held.iter().filter(|held| held.rule.sets.raise > 0);
    raising
        .map(|HeldRule { rule, words }| {
            let cause = RaiseCause::Rule { id: rule.id.clone() };
            Raise {
                cause,
                steps: rule.sets.raise,
                ru: with_words(&rule.name.ru, words),
                en: with_words(&rule.name.en, words),
            }
        })
        .collect()
}

/// By which profile of the plan a client is greeted.
pub(crate) fn profile(plan: &Plan, at: Timestamp) -> String {
    plan.special_profile(at).unwrap_or_else(|| plan.reply_profile(at).name()).to_owned()
}

/// Says how the client's last message sounds, and lets it raise an open ticket that line 1 holds, as the plan says.
pub(crate) async fn feel(
    change: &Change<'_>,
    ticket: &mut Ticket,
    home: &Home,
    profile: Option<String>,
) -> Result<(), Refused> {
    let Some(heard) = &home.current_mood else { return Ok(()) };
    let Sound { mood, score, words } = heard.sound();
    let event = HeardEvent { mood, score, words, profile, plan: change.plan.version().to_string() };
    change.log_by_itself(ticket, EventBody::Heard(event)).await?;
    change.raise_by_mood(ticket, &heard.sound()).await
}
