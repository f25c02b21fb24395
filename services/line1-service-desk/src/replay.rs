//! What line 1 would set on a request by itself under another plan or by other models: what was recorded of it, sorted anew.
//! Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use backends::{Encoder, Failed};
use handover::Refused;
use plan::{Plan, Sortable};
use store::Store;
use ticket::{Impact, Kind, Raise, RaiseCause, Ticket, Urgency};

use crate::learned::{Asked, Sorter, sorters, surely};
use crate::own::Home;
use crate::sorting::{Said, by_models, by_rules, profile, raises, seen};

/// A plan with models, to sort by.
#[derive(Debug)]
pub struct Replay<'p> {
    plan: &'p Plan,
    sorters: Vec<Sorter>,
    encoder: Option<Encoder>,
}

/// What was set by itself, by the names of the fields; what has no value is left out.
pub type Sorted = BTreeMap<&'static str, String>;

impl<'p> Replay<'p> {
    /// Sorts by `plan` and the models that act, of which `model` takes the place of the one for its field. What a model must
    /// be sure of follows from the precision that `plan` wants. Without `encoder` all is judged by words alone.
    ///
    /// # Errors
    /// When there is no such model, or the database cannot be read.
    pub async fn of(
        store: &Store,
        plan: &'p Plan,
        model: Option<&str>,
        encoder: Option<Encoder>,
    ) -> Result<Self, Refused> {
        Ok(Self { plan, sorters: sorters(store, plan, model).await?, encoder })
    }

    /// What would be set on a ticket; none where it was not kept what was known when it came.
    ///
    /// # Errors
    /// When the encoder gives no vector: what words alone say would be taken for what it says.
    pub async fn sort(&self, ticket: &Ticket, home: &Home) -> Result<Option<Sorted>, Failed> {
        let Some(given) = home.given.clone() else { return Ok(None) };
        let said =
            Said { kind: given.kind.is_some(), impact: given.impact.is_some(), urgency: given.urgency.is_some() };
        let mut facts = ticket.facts.clone();
        (facts.category, facts.product, facts.environment) = (given.category, given.product, given.environment);
        facts.kind = given.kind.unwrap_or(Kind::Question);
        facts.impact = given.impact.unwrap_or(Impact::Medium);
        facts.urgency = given.urgency.unwrap_or(Urgency::Medium);
        facts.raises = Vec::new();
        let heard = home.original_mood.as_ref();
        let mood = heard.map_or(facts.mood, |heard| heard.mood);
        let arrived = facts.clone();
        let held = self.plan.rules_for(&seen(&arrived, given.channel, mood, facts.opened_at));
        let (mut tags, mut said) = (BTreeSet::new(), said);
        by_rules(self.plan, &mut facts, &mut tags, &held, &mut said);
        for raise in raises(&held) {
            facts.raise(raise);
        }
        let asked = Asked::of(&arrived, given.channel);
        let encoded = match &self.encoder {
            Some(encoder) => surely(encoder, &self.sorters, &asked).await?,
            None => None,
        };
        let advice = self.sorters.iter().filter_map(|sorter| sorter.advise(self.plan, &asked, encoded.as_ref()));
        let advice = advice.collect();
        by_models(self.plan, &mut facts, said, advice);
        if let Some(step) = heard.and_then(|heard| self.plan.mood_step(heard.score)) {
            let (ru, en) = (String::new(), String::new());
            facts.raise(Raise { cause: RaiseCause::Mood, steps: step.steps, ru, en });
        }
        facts.reckon(self.plan.priority(facts.impact, facts.urgency));
        let some = |text: String| (!text.is_empty()).then_some(text);
        let fields = [
            (Sortable::Category.name(), facts.category),
            (Sortable::Product.name(), facts.product),
            (Sortable::Kind.name(), Some(facts.kind.name().to_owned())),
            (Sortable::Impact.name(), Some(facts.impact.name().to_owned())),
            (Sortable::Urgency.name(), Some(facts.urgency.name().to_owned())),
            ("priority", Some(facts.priority.name().to_owned())),
            ("tags", some(tags.into_iter().collect::<Vec<_>>().join(", "))),
            ("profile", Some(profile(self.plan, arrived.opened_at))),
        ];
        Ok(Some(fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()))
    }
}
