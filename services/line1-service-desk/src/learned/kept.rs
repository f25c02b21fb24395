//! Models in the database: what is known of each in one document, its bytes in parts, and which of them work in another.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use handover::{Change, Desk, Refused};
use jiff::Timestamp;
use plan::Sortable;
use proto::errors::Reason;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, Version};
use ticket::{Actor, Language, OrganizationId};
use triage::Model;

/// The kinds of the documents; of the last there is one for an organization.
pub(super) const KIND: &str = "sorting-model";
const PART: &str = "sorting-model-part";
const STATE: &str = "sorting-learning";
const ONE: &str = "one";

/// So many bytes of a model are written in one transaction.
const PART_BYTES: usize = 512 * 1024;

/// So many models of a field are kept, beside those that work.
const KEPT: usize = 5;

/// What is wrong with models.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelRefused {
    #[error("there is no model {0}")]
    NotFound(String),
    #[error("the plan says nothing of learning; add [sorting.learn]")]
    NotPlanned,
}

impl rpc::Problem for ModelRefused {
    fn reason(&self) -> Reason {
        match self {
            Self::NotFound(_) => Reason::ModelNotFound,
            Self::NotPlanned => Reason::LearningNotPlanned,
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotFound(id) => vec![("model", id.clone())],
            Self::NotPlanned => Vec::new(),
        }
    }
}

impl From<ModelRefused> for Refused {
    fn from(problem: ModelRefused) -> Self {
        Self::Own(Box::new(problem))
    }
}

/// What is known of a model beside what it learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// `mdl_`, the field and the hash of all that it learned.
    pub(crate) id: String,
    pub(crate) field: Sortable,
    pub(crate) made_at: Timestamp,
    /// The version of the plan.
    pub(crate) plan: String,
    pub(crate) tickets: u32,
    /// Of them out of scope.
    pub(crate) outside: u32,
    /// When the oldest and the newest of them were opened.
    pub(crate) oldest: Timestamp,
    pub(crate) newest: Timestamp,
    pub(crate) labels: BTreeMap<String, u32>,
    /// The precision that the plan wanted.
    pub(crate) wanted: f32,
    /// By words alone.
    pub(crate) languages: Vec<Measured>,
    /// What made the vectors that it learned from, and how long they are; 0 where it learned from none.
    #[serde(default)]
    pub(crate) encoder: String,
    #[serde(default)]
    pub(crate) dimensions: u32,
    /// Where the vector is judged, too.
    #[serde(default)]
    pub(crate) by_vector: Vec<Measured>,
    /// The expected calibration error.
    pub(crate) error: f32,
    /// The language of each ticket, in the order in which they were learned: another precision is measured by it.
    pub(crate) spoken: Vec<Language>,
    pub(crate) bytes: u64,
    pub(crate) parts: usize,
    /// Whether all parts are there.
    pub(crate) is_whole: bool,
}

/// What was measured for one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) language: Language,
    pub(crate) tickets: u32,
    pub(crate) threshold: Option<f32>,
    pub(crate) precision: f32,
    pub(crate) coverage: f32,
}

/// Which models work, and how learning stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) acting: BTreeMap<Sortable, String>,
    pub(crate) shadow: BTreeMap<Sortable, String>,
    /// A person asked for a training, of so many tickets at most; of as many as the plan says when it is 0.
    pub(crate) asked: Option<u32>,
    /// A replica trains until then, unless it dies.
    pub(crate) until: Option<Timestamp>,
    pub(crate) trained_at: Option<Timestamp>,
    /// The last training went without the encoder that there is, and is made up for.
    pub(crate) encoder_missed: bool,
    /// When the last of the tickets was closed that were learned from.
    pub(crate) closed_until: Option<Timestamp>,
    /// What came of the last training: the model, or why there is none.
    pub(crate) outcomes: BTreeMap<Sortable, Result<String, String>>,
}

/// How learning stands.
pub(crate) async fn state(store: &Store, organization: &OrganizationId) -> Result<State, StoreError> {
    Ok(store.document(organization, STATE, ONE).await?.map(|(state, _)| state).unwrap_or_default())
}

/// The same, to be changed.
pub(crate) async fn load_state(change: &Change<'_>) -> Result<(State, Option<Version>), Refused> {
    // The first one cannot be locked before it is there.
    change.work.alone(change.organization(), STATE).await?;
    let found = change.work.document::<State>(change.organization(), STATE, ONE).await?;
    Ok(found.map_or_else(Default::default, |(state, read)| (state, Some(read))))
}

pub(crate) async fn save_state(change: &Change<'_>, state: &State, read: Option<Version>) -> Result<(), Refused> {
    change.work.put_document(change.organization(), STATE, ONE, state, read).await?;
    Ok(())
}

/// What is known of a model.
pub(crate) async fn find(store: &Store, organization: &OrganizationId, id: &str) -> Result<Stored, Refused> {
    let found = store.document::<Stored>(organization, KIND, id).await?.map(|(stored, _)| stored);
    let whole = found.filter(|stored| stored.is_whole);
    whole.ok_or_else(|| ModelRefused::NotFound(id.to_owned()).into())
}

/// A model with what is known of it; none where it is not there any more.
pub(crate) async fn model(
    store: &Store,
    organization: &OrganizationId,
    id: &str,
) -> Result<Option<(Stored, Model)>, Refused> {
    let Some((stored, _)) = store.document::<Stored>(organization, KIND, id).await? else { return Ok(None) };
    let mut bytes = Vec::new();
    for part in 0..stored.parts {
        let Some((text, _)) = store.document::<String>(organization, PART, &part_id(id, part)).await? else {
            return Ok(None);
        };
        bytes.extend(STANDARD.decode(text).map_err(|error| corrupt(id, &error))?);
    }
    let model = tokio::task::spawn_blocking(move || Model::from_bytes(&bytes)).await;
    let model = model.map_err(|error| corrupt(id, &error))?.map_err(|error| corrupt(id, &error))?;
    Ok(Some((stored, model)))
}

/// Writes a model, part by part; it is whole at the end. One with the same id has learned the same: what is whole already stays
/// so, since it may be at work when this breaks off.
pub(crate) async fn put(
    desk: &Desk,
    organization: &OrganizationId,
    mut stored: Stored,
    bytes: Vec<u8>,
) -> Result<(), Refused> {
    let by = || Actor::Line { line: desk.line() };
    stored.bytes = bytes.len() as u64;
    stored.parts = bytes.len().div_ceil(PART_BYTES);
    let id = stored.id.clone();
    let known = desk.store().document::<Stored>(organization, KIND, &id).await?;
    stored.is_whole = known.is_some_and(|(known, _)| known.is_whole);
    let first = stored.clone();
    desk.work(organization, by(), move |change| Box::pin(async move { write(change, KIND, &first.id, &first).await }))
        .await?;
    for (number, part) in bytes.chunks(PART_BYTES).enumerate() {
        let (id, text) = (part_id(&id, number), STANDARD.encode(part));
        desk.work(organization, by(), move |change| Box::pin(async move { write(change, PART, &id, &text).await }))
            .await?;
    }
    stored.is_whole = true;
    desk.work(organization, by(), move |change| Box::pin(async move { write(change, KIND, &stored.id, &stored).await }))
        .await
}

/// Takes away all but the newest models of each field, and those that work.
pub(crate) async fn prune(change: &Change<'_>, all: Vec<Stored>, state: &State) -> Result<(), Refused> {
    let mut kept: BTreeMap<Sortable, usize> = BTreeMap::new();
    let mut all = all;
    all.sort_by_key(|stored| std::cmp::Reverse(stored.made_at));
    for stored in all {
        let works = |chosen: &BTreeMap<Sortable, String>| chosen.get(&stored.field) == Some(&stored.id);
        let kept = kept.entry(stored.field).or_default();
        *kept += 1;
        if *kept <= KEPT || works(&state.acting) || works(&state.shadow) {
            continue;
        }
        for part in 0..stored.parts {
            change.work.delete_document(change.organization(), PART, &part_id(&stored.id, part)).await?;
        }
        change.work.delete_document(change.organization(), KIND, &stored.id).await?;
    }
    Ok(())
}

async fn write<T: Serialize + serde::de::DeserializeOwned + Sync>(
    change: &Change<'_>,
    kind: &str,
    id: &str,
    value: &T,
) -> Result<(), Refused> {
    let organization = change.organization();
    let read = change.work.document::<serde_json::Value>(organization, kind, id).await?.map(|(_, read)| read);
    change.work.put_document(organization, kind, id, value, read).await?;
    Ok(())
}

fn part_id(id: &str, part: usize) -> String {
    format!("{id}.{part:04}")
}

fn corrupt(id: &str, why: &dyn std::fmt::Display) -> Refused {
    Refused::Store(StoreError::Corrupt { what: format!("model {id}"), why: why.to_string() })
}
