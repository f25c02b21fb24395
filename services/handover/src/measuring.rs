//! What a line tells those who watch over it: tickets held, queues, the outbox.

use std::time::Duration;

use store::Figures;
use telemetry::measure::meters;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::desk::Desk;

/// How often the database is asked; counting reads every open row, so not for each scrape.
const EVERY: Duration = Duration::from_secs(15);

impl Desk {
    /// Records the line's figures at intervals, until `stop`.
    pub(crate) async fn measure(&self, stop: &CancellationToken) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            match self.0.store.figures(None).await {
                Ok(figures) => self.record(&figures),
                Err(error) => {
                    warn!(line = %self.line(), error = &error as &dyn std::error::Error, "figures cannot be read");
                }
            }
        }
    }

    fn record(&self, figures: &Figures) {
        let (meters, line) = (meters(), self.line().name());
        for (state, count) in &figures.held {
            meters.set_held(line, state.name(), *count);
        }
        meters.set_held(line, "handing-over", figures.in_flight);
        for queue in &figures.queues {
            meters.set_queue_depth(line, queue.group.as_deref().unwrap_or("none"), queue.tickets);
        }
        let oldest = figures.outbox_oldest.map_or(0.0, |at| self.clock().now().duration_since(at).as_secs_f64());
        meters.set_outbox(line, figures.outbox_pending, figures.outbox_dead, oldest);
    }
}
