//! A way to a service that comes later: services in one process know each other in a circle.

use std::sync::{Arc, PoisonError, RwLock};

use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};

use crate::{
    Channel,
    layer::{Request, refuse},
    refusal::Refusal,
};

/// A place for a [`Channel`]. While nothing is in it, calls are answered as `PEER_UNAVAILABLE`. Clones are the same place.
#[derive(Clone)]
pub struct Late {
    name: Arc<str>,
    present: Arc<RwLock<Option<Channel>>>,
}

impl std::fmt::Debug for Late {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Late").field(&self.name).finish()
    }
}

impl Late {
    /// An empty place for the service `name`, as errors call it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into().into(), present: Arc::default() }
    }

    /// The way to whatever is in the place at the time of each call.
    pub fn channel(&self) -> Channel {
        let late = self.clone();
        BoxCloneSyncService::new(service_fn(move |request: Request| {
            let present = late.present.read().unwrap_or_else(PoisonError::into_inner).clone();
            let peer = late.name.clone();
            async move {
                match present {
                    Some(channel) => channel.oneshot(request).await,
                    None => Ok::<_, std::convert::Infallible>(refuse(&Refusal::PeerUnavailable {
                        peer: peer.to_string(),
                        why: "it is not connected".to_owned(),
                    })),
                }
            }
        }))
    }

    /// Puts `channel` in the place; calls from now on go there.
    pub fn connect(&self, channel: Channel) {
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = Some(channel);
    }

    /// Empties the place. Calls that are on their way go on.
    pub fn disconnect(&self) {
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
