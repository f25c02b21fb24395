//! Trains: when the plan's schedule or a person says so, on one replica at a time, beside the requests.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use backends::Encoder;
use handover::{Change, Desk, Refused};
use jiff::{SignedDuration, Timestamp};
use plan::{LearnRules, Plan, Sortable};
use store::PAGE_SIZE_MAX;
use ticket::{Actor, OrganizationId};
use tracing::{info, warn};
use triage::STORED_BYTES_MAX;

use super::kept::{self, KIND, State, Stored};
use super::lesson::{self, Lesson};
use super::{Learned, Look, vectors};

/// A replica has so long for a training; then another one may begin.
const LEASE: SignedDuration = SignedDuration::from_mins(30);

/// How long after a look by the schedule comes the next one.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// What came of a training for each field.
type Made = BTreeMap<Sortable, Result<(Stored, Vec<u8>), String>>;

/// Lets this replica be busy with an organization until it is dropped.
struct Busy(Learned, OrganizationId);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut all = self.0.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(look) = all.get_mut(&self.1) {
            look.is_running = false;
        }
    }
}

/// Begins a training when one is due and nobody trains. It goes on beside what calls this.
pub(super) fn begin_if_due(learned: &Learned, desk: &Desk, plan: &Arc<Plan>, rules: &LearnRules, state: State) {
    let now = desk.clock().now();
    if state.until.is_some_and(|until| until > now) {
        return;
    }
    let is_due = state.encoder_missed || is_time_for(rules, &state, now);
    let busy = {
        let mut all = learned.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let look: &mut Look = all.entry(plan.organization().clone()).or_default();
        let is_time = look.at.is_none_or(|at| now.duration_since(at) >= LOOK_AGAIN);
        if look.is_running || !(state.asked.is_some() || (is_due && is_time)) {
            return;
        }
        *look = Look { is_running: true, at: Some(now) };
        Busy(learned.clone(), plan.organization().clone())
    };
    let (desk, plan, rules) = (desk.clone(), plan.clone(), rules.clone());
    tokio::spawn(async move {
        let Busy(learned, organization) = &busy;
        match train(&desk, &plan, rules, &state, learned.0.encoder.as_ref()).await {
            Ok(0) => {}
            Ok(models) => info!(%organization, models, "learned from closed tickets"),
            Err(problem) => {
                warn!(%organization, error = &problem as &dyn std::error::Error, "the training broke off, will try again");
            }
        }
    });
}

fn is_time_for(rules: &LearnRules, state: &State, now: Timestamp) -> bool {
    state.trained_at.is_none_or(|at| now.duration_since(at) >= rules.every)
}

/// How many models were made.
async fn train(
    desk: &Desk,
    plan: &Arc<Plan>,
    mut rules: LearnRules,
    state: &State,
    encoder: Option<&Encoder>,
) -> Result<usize, Refused> {
    let (store, organization) = (desk.store(), plan.organization());
    let is_wanted = state.asked.is_some()
        || (is_time_for(&rules, state, desk.clock().now())
            && lesson::are_enough(store, plan, &rules, state.closed_until).await?);
    let is_made_up_for = state.encoder_missed && encoder.is_some();
    if !is_wanted && !is_made_up_for {
        return Ok(0);
    }
    let by = || Actor::Line { line: desk.line() };
    let lease = desk.work(organization, by(), |change| Box::pin(take_lease(change))).await?;
    let Some(lease) = lease else { return Ok(0) };
    if let Some(most @ 1..) = state.asked {
        rules.tickets = rules.tickets.min(most as usize);
    }
    let mut lessons = lesson::gather(store, plan, &rules).await?;
    let (mut maker, mut encoder_missed) = (None, false);
    if let Some(encoder) = encoder.filter(|_| !lessons.is_empty()) {
        match vectors::of_lessons(encoder, &mut lessons).await {
            Ok(made) => maker = Some(made),
            Err(problem) => {
                warn!(%organization, %problem, "the encoder gives no vectors to learn from");
                encoder_missed = true;
            }
        }
    }
    if encoder_missed && !is_wanted {
        // There is nothing new to learn without it.
        desk.work(organization, by(), move |change| Box::pin(give_back(change, lease))).await?;
        return Ok(0);
    }
    let closed_until = lessons.iter().map(|lesson| lesson.closed_at).max().max(state.closed_until);
    let (version, now) = (plan.version().to_string(), desk.clock().now());
    let precision = rules.precision.clone();
    let made = tokio::task::spawn_blocking(move || make(&lessons, maker.as_ref(), &precision, &version, now)).await;
    let made = made.unwrap_or_else(|error| {
        rules.precision.keys().map(|field| (*field, Err(format!("the training broke off: {error}")))).collect()
    });
    let mut outcomes = BTreeMap::new();
    for (field, made) in made {
        let outcome = match made {
            Ok((stored, bytes)) => {
                let id = stored.id.clone();
                kept::put(desk, organization, stored, bytes).await?;
                Ok(id)
            }
            Err(why) => Err(why),
        };
        outcomes.insert(field, outcome);
    }
    let models = outcomes.values().filter(|outcome| outcome.is_ok()).count();
    let all = store.documents::<Stored>(organization, KIND, None, PAGE_SIZE_MAX).await?;
    let all = all.into_iter().map(|(_, stored, _)| stored).collect();
    let finish = move |change: &mut State| {
        for (field, id) in outcomes.iter().filter_map(|(field, outcome)| Some((*field, outcome.as_ref().ok()?))) {
            let (to, other) = if rules.shadow_first && change.acting.get(&field).is_none_or(|acting| acting != id) {
                (&mut change.shadow, None)
            } else {
                (&mut change.acting, Some(&mut change.shadow))
            };
            to.insert(field, id.clone());
            // What acts is no shadow of itself.
            if let Some(shadow) = other.filter(|shadow| shadow.get(&field) == Some(id)) {
                shadow.remove(&field);
            }
        }
        change.asked = None;
        change.until = None;
        change.trained_at = Some(now);
        change.encoder_missed = encoder_missed;
        change.closed_until = closed_until;
        change.outcomes = outcomes;
    };
    let is_ours = desk
        .work(organization, by(), move |change| {
            Box::pin(async move {
                let (mut state, read) = kept::load_state(change).await?;
                if state.until != Some(lease) {
                    return Ok(false);
                }
                finish(&mut state);
                kept::prune(change, all, &state).await?;
                kept::save_state(change, &state, read).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(if is_ours { models } else { 0 })
}

/// Until when this replica has the training to itself; none when another one has.
async fn take_lease(change: &Change<'_>) -> Result<Option<Timestamp>, Refused> {
    let (mut state, read) = kept::load_state(change).await?;
    if state.until.is_some_and(|until| until > change.now) {
        return Ok(None);
    }
    let until = change.now.saturating_add(LEASE).unwrap_or(change.now);
    state.until = Some(until);
    kept::save_state(change, &state, read).await?;
    Ok(Some(until))
}

/// Lets another replica train.
async fn give_back(change: &Change<'_>, lease: Timestamp) -> Result<(), Refused> {
    let (mut state, read) = kept::load_state(change).await?;
    if state.until == Some(lease) {
        state.until = None;
        kept::save_state(change, &state, read).await?;
    }
    Ok(())
}

/// A model for each field of `precision`; `maker` made the vectors of the lessons.
fn make(
    lessons: &[Lesson],
    maker: Option<&triage::Encoder>,
    precision: &BTreeMap<Sortable, f32>,
    plan: &str,
    now: Timestamp,
) -> Made {
    let one = |field: Sortable, wanted: f32| {
        let (stored, model) = lesson::make(lessons, maker, field, wanted, plan, now).map_err(|why| why.to_string())?;
        let bytes = model.to_bytes();
        if bytes.len() > STORED_BYTES_MAX {
            return Err(format!("the model has {} bytes; at most {STORED_BYTES_MAX} are kept", bytes.len()));
        }
        Ok((stored, bytes))
    };
    precision.iter().map(|(field, wanted)| (*field, one(*field, *wanted))).collect()
}
