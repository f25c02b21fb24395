//! Plans that change while a suite works: a changed file comes into force without a restart, or is refused aloud and
//! the plan before it stays.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use handover::{Desk, Plans};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::failure::Failure;
use crate::plans;
use crate::settings::Settings;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Looks at the files that `settings` name until `stop`.
pub(crate) async fn follow(settings: Settings, plans: Plans, desks: Vec<Desk>, stop: CancellationToken) {
    let mut seen = stamps(&settings);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        let now = stamps(&settings);
        if now == seen {
            continue;
        }
        seen = now;
        if let Err(failure) = look(&settings, &plans, &desks).await {
            warn!(%failure, "a changed plan is not taken, the one before it stays in force");
        }
    }
}

/// Puts every plan in force that has changed; `desks` are the lines at work here. Nothing changes when any is refused.
///
/// A plan whose file is gone stays in force until the suite is started again.
///
/// # Errors
/// As [`plans::load`]; [`Failure::Orphans`] when open tickets need what a plan no longer has; what the database says.
pub async fn look(settings: &Settings, plans: &Plans, desks: &[Desk]) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for plan in plans::load(settings)?.all() {
        if plans.of(plan.organization()).is_ok_and(|old| old.version() == plan.version()) {
            continue;
        }
        let mut held = Vec::new();
        for desk in desks {
            let zones = desk.store().zones_in_use(plan.organization()).await;
            let zones = zones.map_err(|error| Failure::Store { line: desk.line(), error })?;
            held.extend(zones.into_iter().map(|zone| (desk.line(), zone)));
        }
        let orphans = plan.orphans(&held);
        if !orphans.is_empty() {
            return Err(Failure::Orphans { organization: plan.organization().clone(), orphans });
        }
        changed.push(plan);
    }
    for plan in changed {
        info!(organization = %plan.organization(), version = %plan.version(), "the plan has changed");
        match desks.first() {
            Some(desk) => plans.follow((*plan).clone(), desk.clock().now()),
            None => plans.put((*plan).clone()),
        }
        for desk in desks {
            let line = desk.line();
            desk.keep_plans().await.map_err(|refused| Failure::Plans { line, reason: refused.to_string() })?;
            let rung = desk.reckon_anew(plan.organization()).await;
            rung.map_err(|refused| Failure::Plans { line, reason: refused.to_string() })?;
            if let Err(problem) = desk.rules().plan_came(desk, plan.organization()).await {
                warn!(%line, %problem, "what follows from the plan is not done");
            }
        }
    }
    Ok(())
}

/// What tells a changed file, without reading it.
fn stamps(settings: &Settings) -> Vec<(PathBuf, Option<(SystemTime, u64)>)> {
    let files = plans::files(settings).unwrap_or_default();
    let stamp = |path: &PathBuf| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    files.into_iter().map(|path| (path.clone(), stamp(&path))).collect()
}
