//! What closed tickets teach, and a model made of it.
//!
//! **What counts as true.** Category and product: what stands on the closed ticket, whoever set it, since a person who closed
//! it left it so; a ticket without one is out of scope. Kind, impact and urgency: only where a person said them, at the
//! registration or by triage, since everybody else has the default. A merged ticket teaches nothing, nor does a category that
//! the plan has no more. Were only those taken that people triaged, the sure ones would be missing, of which a model is to
//! show how good it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use plan::{LearnRules, Plan, Sortable};
use store::{CustodyKind, Filter, PAGE_SIZE_MAX, Page, StateKind, Store, StoreError};
use ticket::{Language, State, Ticket};
use triage::{
    Calibration, Encoder, Example, Model, Outcome, Recipe, Request, Threshold, TrainError, View,
    expected_calibration_error,
};

use super::Asked;
use super::kept::{Measured, Stored};
use crate::own::Home;

/// A closed ticket: what would have been asked, and what is true.
#[derive(Debug)]
pub(super) struct Lesson {
    pub(super) asked: Asked,
    /// What the encoder made of it.
    pub(super) vector: Option<Vec<f32>>,
    language: Language,
    opened_at: Timestamp,
    pub(super) closed_at: Timestamp,
    /// None is out of scope; what is not there is not known.
    truths: BTreeMap<Sortable, Option<String>>,
}

/// The newest closed tickets, the oldest of them first.
pub(super) async fn gather(store: &Store, plan: &Plan, rules: &LearnRules) -> Result<Vec<Lesson>, StoreError> {
    let organization = plan.organization();
    let (mut lessons, mut after) = (Vec::new(), None);
    loop {
        let page = store.tickets(organization, &closed(), &Page { after, size: PAGE_SIZE_MAX }).await?;
        for (ticket, _) in &page.tickets {
            let home: Home = store.own(organization, ticket.facts.id).await?;
            lessons.extend(of(plan, ticket, &home));
        }
        after = page.next;
        if lessons.len() >= rules.tickets || after.is_none() {
            lessons.truncate(rules.tickets);
            lessons.reverse();
            return Ok(lessons);
        }
    }
}

/// Whether so many tickets were closed after `since` as the rules ask for, among the newest.
pub(super) async fn are_enough(
    store: &Store,
    plan: &Plan,
    rules: &LearnRules,
    since: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let (mut seen, mut new, mut after) = (0, 0, None);
    loop {
        let page = store.tickets(plan.organization(), &closed(), &Page { after, size: PAGE_SIZE_MAX }).await?;
        seen += page.tickets.len();
        new += page.tickets.iter().filter(|(ticket, _)| closed_at(ticket) > since).count();
        after = page.next;
        if new >= rules.least {
            return Ok(true);
        }
        if seen >= rules.tickets || after.is_none() {
            return Ok(false);
        }
    }
}

/// The tickets that line 1 has closed.
pub(super) fn closed() -> Filter {
    Filter { custody: Some(CustodyKind::Held), states: vec![StateKind::Closed], ..Filter::default() }
}

fn closed_at(ticket: &Ticket) -> Option<Timestamp> {
    match &ticket.state {
        State::Closed { at, .. } => Some(*at),
        State::Open | State::OnHold { .. } | State::Resolved { .. } => None,
    }
}

fn of(plan: &Plan, ticket: &Ticket, home: &Home) -> Option<Lesson> {
    let closed_at = closed_at(ticket)?;
    let facts = &ticket.facts;
    let given = home.given.clone().unwrap_or_default();
    let (product, environment) = (given.product.as_deref(), given.environment.as_deref());
    let asked = Asked::new((&facts.subject, &facts.text), Some(facts.language), given.channel, product, environment);
    let truths = Sortable::ALL.into_iter().filter_map(|field| Some((field, truth(plan, ticket, home, field)?)));
    let truths = truths.collect();
    Some(Lesson { asked, vector: None, language: facts.language, opened_at: facts.opened_at, closed_at, truths })
}

/// What a closed ticket says of a field: a value, or that it is out of scope; none where it says nothing.
pub(super) fn truth(plan: &Plan, ticket: &Ticket, home: &Home, field: Sortable) -> Option<Option<String>> {
    if home.merged_into.is_some() {
        return None;
    }
    let facts = &ticket.facts;
    let given = home.given.as_ref();
    let said = |was_given: bool, value: &str| (home.triaged || was_given).then(|| Some(value.to_owned()));
    match field {
        Sortable::Category => match &facts.category {
            Some(category) => plan.category(category).map(|_| Some(category.clone())),
            None => Some(None),
        },
        Sortable::Product => Some(facts.product.clone()),
        Sortable::Kind => said(given.is_some_and(|given| given.kind.is_some()), facts.kind.name()),
        Sortable::Impact => said(given.is_some_and(|given| given.impact.is_some()), facts.impact.name()),
        Sortable::Urgency => said(given.is_some_and(|given| given.urgency.is_some()), facts.urgency.name()),
    }
}

/// The model for `field`, and what was measured of it; `encoder` made the vectors of the lessons.
pub(super) fn make(
    lessons: &[Lesson],
    encoder: Option<&Encoder>,
    field: Sortable,
    wanted: f32,
    plan: &str,
    now: Timestamp,
) -> Result<(Stored, Model), TrainError> {
    let known: Vec<(&Lesson, Option<&str>)> =
        lessons.iter().filter_map(|lesson| Some((lesson, lesson.truths.get(&field)?.as_deref()))).collect();
    let fields: Vec<Vec<(&str, &str)>> = known
        .iter()
        .map(|(lesson, _)| lesson.asked.fields.iter().map(|(name, value)| (*name, value.as_str())).collect())
        .collect();
    let examples: Vec<Example<'_>> = known
        .iter()
        .zip(&fields)
        .map(|((lesson, label), fields)| Example {
            request: Request { fields, vector: lesson.vector.as_deref(), ..Request::of(&lesson.asked.text) },
            label: *label,
            weight: 1.0,
            is_traffic: true,
        })
        .collect();
    let views = vec![View::Words, View::Stems, View::InWord, View::Fields];
    let recipe = Recipe { views, encoder: encoder.cloned(), ..Recipe::default() };
    let model = Model::train(&examples, &recipe)?;
    let mut labels: BTreeMap<String, u32> = BTreeMap::new();
    for label in known.iter().filter_map(|(_, label)| *label) {
        *labels.entry(label.to_owned()).or_default() += 1;
    }
    let spoken: Vec<Language> = known.iter().map(|(lesson, _)| lesson.language).collect();
    let count = |language| spoken.iter().filter(|spoken| **spoken == language).count();
    let measured = |calibration: &Calibration| -> Vec<Measured> {
        let measured = thresholds(&spoken, calibration.outcomes(), wanted).into_iter();
        measured
            .map(|(language, threshold)| Measured {
                language,
                tickets: as_u32(count(language)),
                threshold: threshold.map(|at| at.confidence),
                precision: threshold.map_or(0.0, |at| at.precision),
                coverage: threshold.map_or(0.0, |at| at.coverage),
            })
            .collect()
    };
    let languages = measured(model.calibration());
    let by_vector = model.by_vector().map(measured).unwrap_or_default();
    let (encoder, dimensions) =
        model.encoder().map_or_else(Default::default, |encoder| (encoder.name.clone(), as_u32(encoder.dimensions)));
    let stored = Stored {
        // Impact and urgency have the same values, and may be learned the same.
        id: format!("mdl_{}_{:016x}", field.name(), model.version()),
        field,
        made_at: now,
        plan: plan.to_owned(),
        tickets: as_u32(known.len()),
        outside: as_u32(known.iter().filter(|(_, label)| label.is_none()).count()),
        oldest: known.iter().map(|(lesson, _)| lesson.opened_at).min().unwrap_or(now),
        newest: known.iter().map(|(lesson, _)| lesson.opened_at).max().unwrap_or(now),
        labels,
        wanted,
        languages,
        encoder,
        dimensions,
        by_vector,
        error: expected_calibration_error(model.calibration().outcomes()),
        spoken,
        bytes: 0,
        parts: 0,
        is_whole: false,
    };
    Ok((stored, model))
}

/// From which confidence on `wanted` was measured, for each language that was spoken.
pub(super) fn thresholds(
    spoken: &[Language],
    outcomes: &[Outcome],
    wanted: f32,
) -> BTreeMap<Language, Option<Threshold>> {
    let of = |language: Language| -> Vec<Outcome> {
        outcomes.iter().copied().filter(|outcome| spoken.get(outcome.example) == Some(&language)).collect()
    };
    let languages = [Language::Russian, Language::English].into_iter().filter(|language| spoken.contains(language));
    languages.map(|language| (language, triage::threshold(&of(language), wanted))).collect()
}

fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
