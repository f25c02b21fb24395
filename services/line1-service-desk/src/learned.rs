//! What closed tickets teach: models that sort requests, each for one field, and what they say of a new one.
//!
//! `lesson` turns closed tickets into what can be learned, `training` makes models of it on one replica at a time, `kept` has
//! them in the database, `service` is `ModelService`. Here stands what works on requests: the models that every replica has
//! loaded, and their advice.

mod kept;
mod lesson;
mod service;
mod training;
mod vectors;
mod wire;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use backends::{Encoded, Encoder};
use handover::{Desk, Refused};
use jiff::Timestamp;
use plan::{LearnRules, Plan, Sortable};
use serde::{Deserialize, Serialize};
use store::Store;
use ticket::{Channel, Facts, Impact, Kind, Language, OrganizationId, Urgency};
use tracing::warn;
use triage::{Calibration, Model, Request};

use crate::rules::ServiceDesk;
use crate::sorting::Said;
use kept::{State, Stored};

pub(crate) use service::Models;
pub(crate) use vectors::surely;
pub(crate) use wire::{to_given, to_opinion};

/// So much of a text is looked at, bytes.
const TEXT_BYTES_MAX: usize = 2_048;

/// So many words are named.
const WORDS_MAX: usize = 5;

/// What was known of a request when it was sorted by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)] // a record of an earlier release lacks what is new
pub struct Given {
    /// How it came in.
    pub channel: Option<Channel>,
    /// The category that was said.
    pub category: Option<String>,
    /// The product that was said.
    pub product: Option<String>,
    /// Where it happens.
    pub environment: Option<String>,
    /// The kind that was said.
    pub kind: Option<Kind>,
    /// The impact that was said.
    pub impact: Option<Impact>,
    /// The urgency that was said.
    pub urgency: Option<Urgency>,
}

impl Given {
    pub(crate) fn of(facts: &Facts, channel: Option<Channel>, said: Said) -> Self {
        Self {
            channel,
            category: facts.category.clone(),
            product: facts.product.clone(),
            environment: facts.environment.clone(),
            kind: said.kind.then_some(facts.kind),
            impact: said.impact.then_some(facts.impact),
            urgency: said.urgency.then_some(facts.urgency),
        }
    }
}

/// What a model is asked of a request: the same when it learns and when it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    text: String,
    language: Option<Language>,
    fields: Vec<(&'static str, String)>,
}

impl Asked {
    pub(crate) fn new(
        (subject, text): (&str, &str),
        language: Option<Language>,
        channel: Option<Channel>,
        product: Option<&str>,
        environment: Option<&str>,
    ) -> Self {
        // Most subjects are the first line of the text.
        let mut whole = if text.starts_with(subject) { text.to_owned() } else { format!("{subject}\n{text}") };
        whole.truncate(whole.floor_char_boundary(TEXT_BYTES_MAX));
        let channel = channel.map(Channel::name);
        let fields = [("channel", channel), ("product", product), ("environment", environment)];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned())));
        Self { text: whole, language, fields: fields.collect() }
    }

    /// A request of which nothing was set by itself yet.
    pub(crate) fn of(facts: &Facts, channel: Option<Channel>) -> Self {
        let (product, environment) = (facts.product.as_deref(), facts.environment.as_deref());
        Self::new((&facts.subject, &facts.text), Some(facts.language), channel, product, environment)
    }
}

/// What a model says of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Advice {
    pub(crate) field: Sortable,
    pub(crate) value: String,
    pub(crate) probability: f32,
    /// For the client's language.
    pub(crate) threshold: Option<f32>,
    pub(crate) words: Vec<String>,
    pub(crate) model: String,
    /// Whether the vector of the request was judged beside its words.
    pub(crate) by_meaning: bool,
    /// Whether it acts, or runs in shadow.
    pub(crate) acts: bool,
}

/// A model ready to work.
#[derive(Debug)]
pub(crate) struct Sorter {
    id: String,
    field: Sortable,
    model: Model,
    thresholds: BTreeMap<Language, f32>,
    /// For requests whose vector is judged, too.
    by_vector: BTreeMap<Language, f32>,
    acts: bool,
}

impl Sorter {
    pub(crate) fn new(stored: Stored, model: Model, wanted: f32, acts: bool) -> Self {
        let thresholds = |calibration: &Calibration| {
            let found = lesson::thresholds(&stored.spoken, calibration.outcomes(), wanted);
            found.into_iter().filter_map(|(language, at)| Some((language, at?.confidence))).collect()
        };
        let by_vector = model.by_vector().map(thresholds).unwrap_or_default();
        let thresholds = thresholds(model.calibration());
        Self { id: stored.id, field: stored.field, model, thresholds, by_vector, acts }
    }

    /// The vector, if it is of the encoder that the model learned from.
    fn fitting<'v>(&self, encoded: &'v Encoded) -> Option<&'v [f32]> {
        let encoder = self.model.encoder().filter(|encoder| encoder.name == encoded.encoder)?;
        encoded.vectors.first().map(Vec::as_slice).filter(|vector| encoder.fits(vector))
    }

    /// What it says; none when the plan knows none of its values any more.
    pub(crate) fn advise(&self, plan: &Plan, asked: &Asked, encoded: Option<&Encoded>) -> Option<Advice> {
        let fields: Vec<(&str, &str)> = asked.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let vector = encoded.and_then(|encoded| self.fitting(encoded));
        let request = Request { fields: &fields, vector, ..Request::of(&asked.text) };
        let decision = self.model.decide(&request);
        let is_known = |value: &str| self.field != Sortable::Category || plan.category(value).is_some();
        let best = decision.ranked.iter().find(|ranked| is_known(ranked.label))?;
        let language = asked.language.unwrap_or(plan.profile().language);
        let thresholds = if decision.by_vector { &self.by_vector } else { &self.thresholds };
        Some(Advice {
            field: self.field,
            value: best.label.to_owned(),
            probability: best.probability,
            threshold: thresholds.get(&language).copied(),
            words: words(&self.model, &request, best.label),
            model: self.id.clone(),
            by_meaning: decision.by_vector,
            acts: self.acts,
        })
    }
}

/// The whole words of the text in which the strongest reasons for `label` are.
fn words(model: &Model, request: &Request<'_>, label: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for reason in model.explain(request, label).into_iter().filter(|reason| reason.weight > 0.0) {
        let Some(piece) = request.text.get(reason.span.clone()) else { continue };
        let lead = piece.len() - piece.trim_start().len();
        let (before, after) = request.text.split_at(reason.span.start + lead);
        let begin =
            before.rfind(|c: char| !c.is_alphanumeric()).map_or(0, |at| before[at..].ceil_char_boundary(1) + at);
        let end = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
        let word = format!("{}{}", &before[begin..], &after[..end]).to_lowercase();
        if word.chars().count() > 1 && !words.contains(&word) {
            words.push(word);
        }
        if words.len() == WORDS_MAX {
            break;
        }
    }
    words
}

/// What line 1 sorts by, and how it learns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learned(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    encoder: Option<Encoder>,
    loaded: RwLock<HashMap<OrganizationId, Arc<Loaded>>>,
    /// The organizations for which this replica trains, or looks whether to; and when it last looked.
    busy: Mutex<HashMap<OrganizationId, Look>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Look {
    is_running: bool,
    at: Option<Timestamp>,
}

/// The models of one organization, and by what they were chosen.
#[derive(Debug, Default)]
struct Loaded {
    acting: BTreeMap<Sortable, String>,
    shadow: BTreeMap<Sortable, String>,
    precision: BTreeMap<Sortable, f32>,
    sorters: Vec<Sorter>,
    /// Whether the log was told that another encoder answers than these learned from.
    is_told: AtomicBool,
}

impl Learned {
    pub(crate) fn new(encoder: Option<Encoder>) -> Self {
        Self(Arc::new(Inside { encoder, ..Inside::default() }))
    }

    /// What the models say of a request; nothing where none is loaded. It may wait for the encoder, so no transaction may be
    /// open.
    pub(crate) async fn advise(&self, plan: &Plan, asked: &Asked, now: Timestamp) -> Vec<Advice> {
        let loaded = self.loaded(plan.organization());
        let encoded = vectors::of_request(self.0.encoder.as_ref(), &loaded.sorters, asked, now).await;
        if let Some(encoded) = &encoded
            && !loaded.sorters.iter().any(|sorter| sorter.fitting(encoded).is_some())
            && !loaded.is_told.swap(true, Ordering::Relaxed)
        {
            let (organization, encoder) = (plan.organization(), &encoded.encoder);
            warn!(%organization, encoder, "the models learned from another encoder; they judge by words until the next training");
        }
        loaded.sorters.iter().filter_map(|sorter| sorter.advise(plan, asked, encoded.as_ref())).collect()
    }

    fn loaded(&self, organization: &OrganizationId) -> Arc<Loaded> {
        let loaded = self.0.loaded.read().unwrap_or_else(PoisonError::into_inner);
        loaded.get(organization).cloned().unwrap_or_default()
    }

    /// Takes in another choice of models, and trains when it is time to; 1 when there was another choice.
    pub(crate) async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        let state = kept::state(desk.store(), plan.organization()).await?;
        let changed = self.take_in(desk, plan, &state).await?;
        if let Some(rules) = plan.learning() {
            training::begin_if_due(self, desk, plan, rules, state);
        }
        Ok(usize::from(changed))
    }

    async fn take_in(&self, desk: &Desk, plan: &Arc<Plan>, state: &State) -> Result<bool, Refused> {
        let organization = plan.organization();
        let precision = plan.learning().map(|rules: &LearnRules| rules.precision.clone()).unwrap_or_default();
        let wanted = |chosen: &BTreeMap<Sortable, String>| -> BTreeMap<Sortable, String> {
            chosen.iter().filter(|(field, _)| precision.contains_key(field)).map(|(f, id)| (*f, id.clone())).collect()
        };
        let (acting, shadow) = (wanted(&state.acting), wanted(&state.shadow));
        let known = self.loaded(organization);
        if (&known.acting, &known.shadow, &known.precision) == (&acting, &shadow, &precision)
            || (acting.is_empty() && shadow.is_empty() && known.sorters.is_empty())
        {
            return Ok(false);
        }
        let mut sorters = Vec::new();
        for (chosen, acts) in [(&acting, true), (&shadow, false)] {
            for (field, id) in chosen {
                let Some((stored, model)) = kept::model(desk.store(), organization, id).await? else { continue };
                let wanted = precision.get(field).copied().unwrap_or(1.0);
                sorters.push(Sorter::new(stored, model, wanted, acts));
            }
        }
        let loaded = Arc::new(Loaded { acting, shadow, precision, sorters, is_told: AtomicBool::default() });
        self.0.loaded.write().unwrap_or_else(PoisonError::into_inner).insert(organization.clone(), loaded);
        Ok(true)
    }
}

/// The models that act, by the precision that `plan` wants; `instead` takes the place of the one for its field.
pub(crate) async fn sorters(store: &Store, plan: &Plan, instead: Option<&str>) -> Result<Vec<Sorter>, Refused> {
    let organization = plan.organization();
    let mut acting = kept::state(store, organization).await?.acting;
    if let Some(id) = instead {
        let stored = kept::find(store, organization, id).await?;
        acting.insert(stored.field, stored.id);
    }
    let mut sorters = Vec::new();
    for (field, wanted) in plan.learning().map(|rules| &rules.precision).into_iter().flatten() {
        let Some(id) = acting.get(field) else { continue };
        let Some((stored, model)) = kept::model(store, organization, id).await? else { continue };
        sorters.push(Sorter::new(stored, model, *wanted, true));
    }
    Ok(sorters)
}

/// What the models of line 1 say of a request. It is reckoned before the transaction in which the answer is used, since
/// that may hold up others.
pub(crate) async fn advise(desk: &Desk, organization: &OrganizationId, asked: &Asked) -> Vec<Advice> {
    let learned = {
        let rules: &dyn Any = desk.rules().as_ref();
        rules.downcast_ref::<ServiceDesk>().map(|rules| rules.learned.clone())
    };
    match (learned, desk.plan(organization)) {
        (Some(learned), Ok(plan)) => learned.advise(&plan, asked, desk.clock().now()).await,
        _ => Vec::new(),
    }
}
