//! When a ticket wakes by itself (invariant 7).

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::fault::Gathered;
use crate::place::{At, bounded};
use crate::plan::Plan;

/// The longest a bot may hold a ticket, in seconds.
pub const BOT_DEADLINE_SECONDS_MAX: i64 = 60 * 60;
/// The longest wait for a client before a reminder: 30 days, in hours.
pub const CLIENT_SILENCE_HOURS_MAX: i64 = 30 * 24;
/// The longest wait for a vendor before a reminder: 90 days, in hours.
pub const VENDOR_SILENCE_HOURS_MAX: i64 = 90 * 24;
/// The longest wait for a client's confirmation: 90 days, in hours.
pub const AUTO_CLOSE_HOURS_MAX: i64 = 90 * 24;
/// The longest time in which a closed ticket may be reopened, in days.
pub const REOPEN_WINDOW_DAYS_MAX: i64 = 365;

/// When a ticket wakes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timers {
    pub(crate) bot_deadline: SignedDuration,
    pub(crate) client_silence: SignedDuration,
    pub(crate) vendor_silence: SignedDuration,
    pub(crate) auto_close: SignedDuration,
    pub(crate) reopen_window: SignedDuration,
}

/// When a ticket wakes by itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Timers")]
pub(crate) struct TimersEntry {
    /// How long a bot may hold a ticket before it goes to a person.
    #[schemars(range(min = 1, max = BOT_DEADLINE_SECONDS_MAX))]
    bot_deadline_seconds: At<i64>,
    /// How long a client may be silent before being reminded.
    #[schemars(range(min = 1, max = CLIENT_SILENCE_HOURS_MAX))]
    client_silence_hours: At<i64>,
    /// How long a vendor may be silent before being reminded.
    #[schemars(range(min = 1, max = VENDOR_SILENCE_HOURS_MAX))]
    vendor_silence_hours: At<i64>,
    /// How long a client may be silent before a resolved ticket closes itself.
    #[schemars(range(min = 1, max = AUTO_CLOSE_HOURS_MAX))]
    auto_close_hours: At<i64>,
    /// How long after its end a ticket may be reopened; a later message makes a new one.
    #[schemars(range(min = 1, max = REOPEN_WINDOW_DAYS_MAX))]
    reopen_window_days: At<i64>,
}

impl TimersEntry {
    pub(crate) fn check(&self, gathered: &mut Gathered) -> Timers {
        let mut within = |at, key, max| bounded(at, key, max, gathered);
        let bot = within(&self.bot_deadline_seconds, "bot_deadline_seconds", BOT_DEADLINE_SECONDS_MAX);
        let client = within(&self.client_silence_hours, "client_silence_hours", CLIENT_SILENCE_HOURS_MAX);
        let vendor = within(&self.vendor_silence_hours, "vendor_silence_hours", VENDOR_SILENCE_HOURS_MAX);
        let close = within(&self.auto_close_hours, "auto_close_hours", AUTO_CLOSE_HOURS_MAX);
        let reopen = within(&self.reopen_window_days, "reopen_window_days", REOPEN_WINDOW_DAYS_MAX);
        Timers {
            bot_deadline: SignedDuration::from_secs(bot),
            client_silence: SignedDuration::from_hours(client),
            vendor_silence: SignedDuration::from_hours(vendor),
            auto_close: SignedDuration::from_hours(close),
            reopen_window: SignedDuration::from_hours(reopen * 24),
        }
    }
}

impl Plan {
    /// How long a bot may hold a ticket before it goes to a person.
    #[must_use]
    pub fn bot_deadline(&self) -> SignedDuration {
        self.timers.bot_deadline
    }

    /// How long a client may be silent before being reminded.
    #[must_use]
    pub fn client_silence(&self) -> SignedDuration {
        self.timers.client_silence
    }

    /// How long a vendor may be silent before being reminded.
    #[must_use]
    pub fn vendor_silence(&self) -> SignedDuration {
        self.timers.vendor_silence
    }

    /// How long a client may be silent before a resolved ticket closes itself.
    #[must_use]
    pub fn auto_close(&self) -> SignedDuration {
        self.timers.auto_close
    }

    /// How long after its end a ticket may be reopened.
    #[must_use]
    pub fn reopen_window(&self) -> SignedDuration {
        self.timers.reopen_window
    }
}
