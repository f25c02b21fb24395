//! Where a test can stop the process part, to see what survives.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::refused::Refused;

/// A step of the protocol at which the process part can be stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CrashPoint {
    /// (a) Before the transaction that offers.
    BeforeOffer,
    /// (a) Within it: written, not committed.
    WithinOffer,
    /// (a) After it: committed, nothing sent.
    AfterOffer,
    /// (b) The message is claimed, not sent.
    BeforeDelivery,
    /// (c) The receiver got it, before its transaction.
    BeforeReceive,
    /// (c) Within the receiver's transaction.
    WithinReceive,
    /// (c) The receiver has committed and has not answered.
    AfterReceive,
    /// (d) The sender has the answer, before its transaction.
    BeforeSettle,
    /// (d) Within the sender's transaction.
    WithinSettle,
    /// (d) The sender has recorded the answer and told nobody.
    AfterSettle,
    /// A timer is claimed, and nothing was done about it.
    BeforeRing,
    /// Within the transaction of a timer that rings.
    WithinRing,
    /// It has committed.
    AfterRing,
}

impl CrashPoint {
    /// Every point of a handover, in the order of the protocol.
    pub const ALL: [Self; 10] = [
        Self::BeforeOffer,
        Self::WithinOffer,
        Self::AfterOffer,
        Self::BeforeDelivery,
        Self::BeforeReceive,
        Self::WithinReceive,
        Self::AfterReceive,
        Self::BeforeSettle,
        Self::WithinSettle,
        Self::AfterSettle,
    ];

    /// Every point of a timer that rings.
    pub const RINGING: [Self; 3] = [Self::BeforeRing, Self::WithinRing, Self::AfterRing];
}

/// Stops a process part at a chosen step. Without one, which is so outside tests, it does nothing.
#[derive(Debug, Clone, Default)]
pub struct Fuse(Option<Arc<Armed>>);

#[derive(Debug)]
struct Armed {
    point: Mutex<Option<CrashPoint>>,
    blown: watch::Sender<Option<CrashPoint>>,
}

impl Fuse {
    /// A fuse that a test can set.
    #[must_use]
    pub fn armed() -> Self {
        Self(Some(Arc::new(Armed { point: Mutex::new(None), blown: watch::Sender::new(None) })))
    }

    /// Stops the process part the next time it comes to `point`.
    pub fn set(&self, point: CrashPoint) {
        if let Some(armed) = &self.0 {
            *armed.point.lock().unwrap_or_else(PoisonError::into_inner) = Some(point);
        }
    }

    /// Where the process part was stopped, if it was.
    #[must_use]
    pub fn blown(&self) -> Option<CrashPoint> {
        self.0.as_ref().and_then(|armed| *armed.blown.borrow())
    }

    /// Waits until the process part was stopped; for ever where it cannot be.
    pub async fn wait(&self) {
        match &self.0 {
            Some(armed) => {
                let mut blown = armed.blown.subscribe();
                // The sender lives as long as this fuse.
                let _ = blown.wait_for(Option::is_some).await;
            }
            None => std::future::pending().await,
        }
    }

    /// Outside a transaction: goes no further when stopped here, or before.
    pub(crate) async fn pass(&self, point: CrashPoint) {
        if self.is_stopped(point) {
            std::future::pending::<()>().await;
        }
    }

    /// Within a transaction, which must not wait: leaves it without a commit.
    pub(crate) fn cut(&self, point: CrashPoint) -> Result<(), Refused> {
        if self.is_stopped(point) { Err(Refused::Halted) } else { Ok(()) }
    }

    fn is_stopped(&self, point: CrashPoint) -> bool {
        let Some(armed) = &self.0 else { return false };
        let set = *armed.point.lock().unwrap_or_else(PoisonError::into_inner);
        if set == Some(point) && armed.blown.borrow().is_none() {
            armed.blown.send_replace(Some(point));
        }
        armed.blown.borrow().is_some()
    }
}
