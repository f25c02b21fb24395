//! How much a service takes on at once, and how it lets go of everything when it stops.

use std::{sync::Arc, task::Poll, time::Duration};

use futures::FutureExt;
use http_body::Body as _;
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    access::{self, AccessTable},
    layer::{Inner, Request, Response, Step, answer, rebody, refuse, tail},
    refusal::Refusal,
    server::Limits,
};

/// How long to wait for what was cut to let go of what it held.
const CUT_PATIENCE: Duration = Duration::from_secs(1);

/// Lets in as many calls as there is room for, and none when the service goes down. Clones share the room.
#[derive(Clone)]
pub(crate) struct Gate {
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    inside: TaskTracker,
    /// No new calls; streams end, other calls finish.
    pub(crate) going_down: CancellationToken,
    /// What is still inside ends here.
    pub(crate) cut: CancellationToken,
}

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let going_down = CancellationToken::new();
        Self {
            calls: Arc::new(Semaphore::new(limits.concurrent.min(Semaphore::MAX_PERMITS))),
            streams: Arc::new(Semaphore::new(limits.streams.min(Semaphore::MAX_PERMITS))),
            inside: TaskTracker::new(),
            cut: CancellationToken::new(),
            going_down,
        }
    }

    /// Refuses what is new, waits until all inside is done (the answers of `others` too), cuts after `patience`.
    pub(crate) async fn close(&self, others: &TaskTracker, patience: Duration) {
        self.going_down.cancel();
        self.inside.close();
        others.close();
        let done = async {
            self.inside.wait().await;
            others.wait().await;
        };
        if timeout(patience, done).await.is_err() {
            tracing::warn!(calls = self.inside.len(), ?patience, "calls were still running when the service stopped");
        }
        self.cut.cancel();
        others.wait().await;
        // What was cut lets go when it is next polled; in process that is up to its caller, so not for ever.
        let _ = timeout(CUT_PATIENCE, self.inside.wait()).await;
    }
}

impl Step for Gate {
    async fn run<S: Inner>(self, request: Request, inner: S) -> Response {
        let path = request.uri().path();
        let streams = AccessTable::contracts().streams(path);
        // Health must be told most of all when we are drowning or going down.
        let is_health = access::is_health(path);

        let inside = self.inside.token();
        if self.going_down.is_cancelled() && !is_health {
            return refuse(&Refusal::GoingDown);
        }
        let room = if streams { &self.streams } else { &self.calls };
        let permit = match room.clone().try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) if is_health => None,
            Err(_) => return refuse(&Refusal::Overloaded),
        };
        let response = tokio::select! {
            biased;
            response = answer(inner, request) => response,
            () = self.cut.cancelled() => refuse(&Refusal::GoingDown),
        };
        if !streams {
            return response;
        }

        let mut held = Some((inside, permit, Box::pin(self.going_down.cancelled_owned())));
        rebody(response, move |body, cx| {
            let Some((_, _, going_down)) = &mut held else { return Poll::Ready(None) };
            // First what there is: a watcher of health is to learn that it went down.
            let polled = if self.cut.is_cancelled() { Poll::Pending } else { body.poll_frame(cx) };
            let polled = match polled {
                Poll::Pending if going_down.poll_unpin(cx).is_ready() => {
                    Poll::Ready(Some(Ok(tail(&Refusal::GoingDown))))
                }
                other => other,
            };
            let over = match &polled {
                Poll::Ready(Some(Ok(frame))) => frame.is_trailers(),
                Poll::Ready(Some(Err(_)) | None) => true,
                Poll::Pending => false,
            };
            if over {
                held = None;
            }
            polled
        })
    }
}
