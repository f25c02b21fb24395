//! How long to wait before a message is tried again.

use std::sync::Arc;

use jiff::SignedDuration;

/// How long to wait before the next try: exponential, with full jitter, so that a peer that comes back is not
/// overrun (see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
#[derive(Clone)]
pub struct Backoff {
    /// The wait that the first failure leads to, at most.
    pub first: SignedDuration,
    /// The longest wait.
    pub longest: SignedDuration,
    /// Draws from 0 to 1.
    pub chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl std::fmt::Debug for Backoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backoff").field("first", &self.first).field("longest", &self.longest).finish_non_exhaustive()
    }
}

impl Backoff {
    /// Waits of up to 200 ms, doubling to at most 30 s, with chance drawn by `chance`.
    #[must_use]
    pub fn new(chance: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        Self { first: SignedDuration::from_millis(200), longest: SignedDuration::from_secs(30), chance }
    }

    /// The wait after `attempts` failures; never nothing, so that a refusing peer is not asked in a tight loop.
    #[must_use]
    pub fn wait(&self, attempts: u32) -> SignedDuration {
        let doubled =
            self.first.saturating_mul(1_i32.checked_shl(attempts.saturating_sub(1).min(20)).unwrap_or(i32::MAX));
        let ceiling = doubled.min(self.longest).as_secs_f64();
        SignedDuration::from_secs_f64((ceiling * (self.chance)()).max(self.first.as_secs_f64() / 4.0))
    }
}
