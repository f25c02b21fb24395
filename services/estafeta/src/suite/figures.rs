//! The gauges of a line: what it holds, what waits, what is to be delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use handover::Desk;
use store::StateKind;
use telemetry::measure;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How often: reading the figures goes over every ticket, and scrapes come every 15 s or so.
const EVERY: Duration = Duration::from_secs(10);

/// Records the figures of `desk` until `stop`.
pub(crate) async fn record(desk: Desk, stop: CancellationToken) {
    let (meters, line) = (measure::meters(), desk.line().name());
    let mut groups: BTreeSet<String> = BTreeSet::new();
    // The first tick comes at once: a scrape right after the start finds what the database holds.
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let figures = match desk.store().figures(None).await {
            Ok(figures) => figures,
            Err(error) => {
                tracing::warn!(line, error = &error as &dyn std::error::Error, "the figures cannot be read");
                continue;
            }
        };
        // Every state, so that one that empties says zero.
        for state in StateKind::ALL {
            meters.set_held(line, state.name(), figures.held.get(state).copied().unwrap_or(0));
        }
        let waited = figures.outbox_oldest.map_or(0.0, |since| desk.clock().now().duration_since(since).as_secs_f64());
        meters.set_outbox(line, figures.outbox_pending, figures.outbox_dead, waited.max(0.0));
        let mut depths: BTreeMap<String, u64> = groups.iter().map(|group| (group.clone(), 0)).collect();
        for queue in figures.queues {
            *depths.entry(queue.group.unwrap_or_else(|| "none".to_owned())).or_default() += queue.tickets;
        }
        for (group, depth) in depths {
            meters.set_queue_depth(line, &group, depth);
            groups.insert(group);
        }
    }
}
