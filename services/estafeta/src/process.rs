//! What every long-running command does with its process: telemetry, and an end in good order.

use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use crate::settings::Settings;

/// Starts the telemetry of this process, named `name`, logging `filter` unless the settings say otherwise.
///
/// # Errors
/// When the filter or an `OTEL_…` variable cannot be used.
pub fn telemetry(settings: &Settings, name: &str, filter: &str) -> Result<telemetry::Telemetry, Failure> {
    Ok(telemetry::start(&settings.telemetry(name, filter), &|name| std::env::var(name).ok())?)
}

/// Waits for Ctrl-C or SIGTERM.
///
/// # Errors
/// When the system does not tell of signals.
pub async fn told_to_stop() -> Result<(), Failure> {
    let watched = |kind| signal(kind).map_err(|error| Failure::Given(format!("cannot wait for signals ({error})")));
    let (mut interrupt, mut terminate) = (watched(SignalKind::interrupt())?, watched(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
