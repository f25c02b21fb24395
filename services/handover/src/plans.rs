//! The plans in force, and those before them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use deadline::{AgreementKind, Calendars, Measure, Party, Promises, Target};
use jiff::Timestamp;
use plan::Plan;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};
use ticket::{Actor, OrganizationId, Priority};

use crate::desk::Desk;
use crate::refused::Refused;

/// The kind of documents with the plans that a line has known; the id of one is the instant from which it held, in
/// microseconds since 1970.
const PLAN: &str = "plan";

/// So many plans of an organization are looked back at, the latest ones.
const PLANS_MAX: u32 = 100;

/// The plans of each organization; replaced without a restart. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Plans(Arc<RwLock<HashMap<OrganizationId, Known>>>);

/// The plans that an organization has had. An edit holds from its instant on and leaves the past as it was.
#[derive(Debug, Clone)]
pub struct Known {
    /// Each with the instant from which it held, oldest first; the first one held always.
    plans: Vec<(Timestamp, Arc<Plan>)>,
    /// Every calendar, each in the versions it has had.
    calendars: Arc<Calendars>,
}

/// A plan as a line keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    since: Timestamp,
    text: String,
}

impl Plans {
    /// Puts `plan` in force for its organization, for all time.
    pub fn put(&self, plan: Plan) {
        let organization = plan.organization().clone();
        self.set(organization, Known::of(vec![(Timestamp::MIN, Arc::new(plan))]));
    }

    /// Puts `plan` in force from `since` on; for all time, when it says so itself.
    pub fn follow(&self, plan: Plan, since: Timestamp) {
        let organization = plan.organization().clone();
        let mut plans = self.known(&organization).map(|known| known.plans).unwrap_or_default();
        if plan.profile().rewrites_past {
            plans.clear();
        }
        let since = if plans.is_empty() { Timestamp::MIN } else { since };
        plans.push((since, Arc::new(plan)));
        self.set(organization, Known::of(plans));
    }

    fn set(&self, organization: OrganizationId, known: Known) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(organization, known);
    }

    /// The plan of `organization`.
    ///
    /// # Errors
    /// [`Refused::OrganizationUnknown`].
    pub fn of(&self, organization: &OrganizationId) -> Result<Arc<Plan>, Refused> {
        self.known(organization).map(|known| known.plan().clone())
    }

    /// The plan of `organization`, and those before it.
    ///
    /// # Errors
    /// [`Refused::OrganizationUnknown`].
    pub fn known(&self, organization: &OrganizationId) -> Result<Known, Refused> {
        let plans = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = plans.get(organization).filter(|known| !known.plans.is_empty());
        known.cloned().ok_or_else(|| Refused::OrganizationUnknown(organization.clone()))
    }

    /// Every plan in force.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Plan>> {
        let plans = self.0.read().unwrap_or_else(PoisonError::into_inner);
        plans.values().filter_map(|known| known.plans.last()).map(|(_, plan)| plan.clone()).collect()
    }
}

impl Known {
    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        // Never empty: who makes one puts a plan in.
        &self.plans[self.plans.len() - 1].1
    }

    fn at(&self, at: Timestamp) -> &Plan {
        let later = self.plans.partition_point(|(since, _)| *since <= at);
        &self.plans[later.saturating_sub(1)].1
    }

    fn of(plans: Vec<(Timestamp, Arc<Plan>)>) -> Self {
        let mut calendars = Calendars::default();
        for (since, plan) in &plans {
            plan.calendars().for_each(|calendar| calendars.edit(calendar.clone(), *since));
        }
        Self { plans, calendars: Arc::new(calendars) }
    }

    /// Every calendar, each in the versions it has had.
    #[must_use]
    pub fn calendars(&self) -> &Calendars {
        &self.calendars
    }
}

/// Each instant is asked of the plan of its time.
impl Promises for Known {
    fn target(
        &self,
        party: &Party,
        measure: Measure,
        priority: Priority,
        category: Option<&str>,
        at: Timestamp,
    ) -> Option<Target> {
        Promises::target(self.at(at), party, measure, priority, category, at)
    }

    fn stops(&self, reason: &str, kind: AgreementKind, at: Timestamp) -> bool {
        self.at(at).stops(reason, kind, at)
    }
}

/// The plans by which a line has worked over `store`, the last of them in force; none when there was no plan of the
/// organization. Nothing is written.
///
/// # Errors
/// What the database says.
pub async fn plans_in(store: &Store, organization: &OrganizationId) -> Result<Option<Known>, Refused> {
    let mut kept = kept_in(store, organization).await?.0;
    let plans = read(kept.drain(..));
    Ok((!plans.is_empty()).then(|| Known::of(plans)))
}

/// The plans written down, the oldest first, as far as the past was not rewritten; and the id of the last.
async fn kept_in(store: &Store, organization: &OrganizationId) -> Result<(Vec<Kept>, Option<String>), Refused> {
    let mut kept: Vec<Kept> = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = store.documents::<Kept>(organization, PLAN, after.as_deref(), PLANS_MAX).await?;
        let Some((last, ..)) = page.last() else { break };
        after = Some(last.clone());
        kept.extend(page.into_iter().map(|(_, kept, _)| kept));
    }
    // One that rewrote the past left nothing of what was before it.
    let first = kept.iter().rposition(|kept| kept.since == Timestamp::MIN).unwrap_or(0);
    kept.drain(..first);
    Ok((kept, after))
}

/// Each with when it came into force; the first has always been.
fn read(kept: impl Iterator<Item = Kept>) -> Vec<(Timestamp, Arc<Plan>)> {
    let mut plans: Vec<(Timestamp, Arc<Plan>)> = Vec::new();
    for Kept { since, text } in kept {
        // One that this release cannot read any more says nothing about the past.
        if let Ok(read) = Plan::parse("kept.toml", &text) {
            let since = if plans.is_empty() { Timestamp::MIN } else { since };
            plans.push((since, Arc::new(read)));
        }
    }
    plans
}

impl Desk {
    /// Writes the plans in force down in this line's database, where they are not yet the latest, and takes those before them
    /// from there. To be called when the line starts, and whenever a plan has changed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn keep_plans(&self) -> Result<(), Refused> {
        for plan in self.0.plans.all() {
            let organization = plan.organization().clone();
            let (mut kept, after) = kept_in(self.store(), &organization).await?;
            if plan.profile().rewrites_past && kept.last().is_none_or(|last| last.text != plan.text()) {
                kept.clear();
            }
            if kept.last().is_none_or(|last| last.text != plan.text()) {
                let since = if kept.is_empty() { Timestamp::MIN } else { self.clock().now() };
                let new = Kept { since, text: plan.text().to_owned() };
                self.write_plan(&organization, &new, after.as_deref()).await?;
                kept.push(new);
            }
            let from = kept.len().saturating_sub(PLANS_MAX as usize);
            let plans = read(kept.drain(from..));
            if !plans.is_empty() {
                self.0.plans.set(organization, Known::of(plans));
            }
        }
        Ok(())
    }

    /// Writes a plan down behind the `last` one, even where the clock was set back since.
    async fn write_plan(&self, organization: &OrganizationId, kept: &Kept, last: Option<&str>) -> Result<(), Refused> {
        let behind = last.and_then(|last| last.parse::<i64>().ok()).map_or(0, |last| last.saturating_add(1));
        let id = format!("{:020}", self.clock().now().as_microsecond().max(behind));
        let (since, text) = (kept.since, kept.text.clone());
        let written = self
            .work(organization, Actor::Line { line: self.line() }, move |change| {
                Box::pin(async move {
                    let kept = Kept { since, text };
                    change.work.put_document(change.organization(), PLAN, &id, &kept, None).await?;
                    Ok(())
                })
            })
            .await;
        match written {
            // Another replica wrote it at this instant.
            Err(Refused::Store(StoreError::AlreadyExists { .. })) => Ok(()),
            written => written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instant_is_asked_of_the_plan_of_its_time() {
        let plans = Plans::default();
        let before = Plan::parse("a.toml", plan::DEMO).unwrap();
        let organization = before.organization().clone();
        let text = plan::DEMO.replace(
            "response_minutes = 60\nresolution_minutes = 4320",
            "response_minutes = 90\nresolution_minutes = 4320",
        );
        assert_ne!(text, plan::DEMO);
        plans.put(before);
        let since: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        plans.follow(Plan::parse("b.toml", &text).unwrap(), since);
        let known = plans.known(&organization).unwrap();
        let minutes = |at: Timestamp| {
            let target = known.target(&Party::Client, Measure::Response, Priority::Low, None, at).unwrap();
            target.within.as_mins()
        };
        assert_eq!(minutes(since - jiff::SignedDuration::from_secs(1)), 60);
        assert_eq!(minutes(since), 90);

        let always = text.replace("[organization]\n", "[organization]\nrewrites_past = true\n");
        plans.follow(Plan::parse("c.toml", &always).unwrap(), since + jiff::SignedDuration::from_hours(1));
        let known = plans.known(&organization).unwrap();
        let target = known.target(&Party::Client, Measure::Response, Priority::Low, None, Timestamp::UNIX_EPOCH);
        assert_eq!(target.unwrap().within.as_mins(), 90, "the past was rewritten, as asked");
    }
}
