//! Who watches an organization's requests for mass incidents: one replica, as long as it renews that.

use handover::{Change, Desk, Refused};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Position, Version};
use ticket::OrganizationId;

/// How long a replica has the watch to itself.
const LEASE: SignedDuration = SignedDuration::from_secs(20);

/// The kind of the document.
const LEASES: &str = "mass-lease";
/// Its id; there is one for an organization.
const ONE: &str = "one";

/// Until when somebody has the watch, and up to which place in the log was acted. Whoever wrote it last has it: it is known by
/// its version.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) until: Timestamp,
    pub(crate) acted: String,
}

/// The lease as it stands.
pub(crate) async fn read(desk: &Desk, organization: &OrganizationId) -> Result<Option<(Lease, Version)>, Refused> {
    Ok(desk.store().document::<Lease>(organization, LEASES, ONE).await?)
}

/// Takes it, unless another has it; with its end and the place up to which was acted.
pub(crate) async fn take(change: &Change<'_>) -> Result<Option<(Version, Timestamp, Position)>, Refused> {
    let organization = change.organization();
    // The first lease cannot be locked before it is there.
    change.work.alone(organization, LEASES).await?;
    let known = change.work.document::<Lease>(organization, LEASES, ONE).await?;
    let (acted, had) = match known {
        Some((lease, _)) if lease.until > change.now => return Ok(None),
        Some((lease, had)) => (lease.acted, Some(had)),
        None => (Position::START.to_string(), None),
    };
    let place = acted.parse()?;
    let (version, until) = put(change, acted, had).await?;
    Ok(Some((version, until, place)))
}

/// Writes it, with the place up to which was acted now; with its end. Who has lost it is refused.
pub(crate) async fn put(
    change: &Change<'_>,
    acted: String,
    had: Option<Version>,
) -> Result<(Version, Timestamp), Refused> {
    let until = change.now.saturating_add(LEASE).unwrap_or(change.now);
    let version = change.work.put_document(change.organization(), LEASES, ONE, &Lease { until, acted }, had).await?;
    Ok((version, until))
}
