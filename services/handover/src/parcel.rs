//! What the outbox carries.

use std::fmt;
use std::str::FromStr;

use store::Outgoing;
use ticket::TicketId;

use crate::arrangement::ArrangementParcel;
use crate::change::corrupt;
use crate::refused::Refused;

/// The kind of a message in the outbox; its payload is the encoded request of the RPC that delivers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parcel {
    /// `IntakeService.Offer` of the receiver.
    Offer,
    /// `RelayService.Return`.
    Return,
    /// `RelayService.Resolve`.
    Resolve,
    /// `RelayService.RequestClarification`.
    ClarificationRequest,
    /// `RelayService.AnswerClarification`.
    ClarificationAnswer,
    /// `RelayService.ReportProgress`.
    Progress,
    /// `RelayService.ForwardClientMessage`.
    ClientMessage,
    /// `RelayService.NotifyResolution`.
    ResolutionNotice,
    /// To `ArrangementService`.
    Arrangement(ArrangementParcel),
    /// To `ExpertiseService`; about no ticket.
    Expertise(ExpertiseParcel),
    /// `BulletinService.TellForceMajeure`; about no ticket.
    ForceMajeure,
    /// To a vendor's side; delivered by the bridge's rules.
    Partner(PartnerParcel),
    /// To an internal service, `ScenarioService.Perform`; delivered by the rules of line 0.
    Perform,
}

/// What line 3 and the lines below tell each other of what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpertiseParcel {
    /// `ExpertiseService.TellItem`.
    Item,
    /// `ExpertiseService.TellTest`.
    Test,
    /// `ExpertiseService.TellOutcome`.
    Outcome,
}

/// What the bridge sends to a vendor's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartnerParcel {
    /// `PartnerDeskService.OpenCase`.
    Open,
    /// `PartnerDeskService.Respond`.
    Respond,
    /// `PartnerDeskService.Close`.
    Close,
}

impl Parcel {
    const ALL: [(Self, &'static str); 22] = [
        (Self::Offer, "offer"),
        (Self::Return, "return"),
        (Self::Resolve, "resolve"),
        (Self::ClarificationRequest, "clarification-request"),
        (Self::ClarificationAnswer, "clarification-answer"),
        (Self::Progress, "progress"),
        (Self::ClientMessage, "client-message"),
        (Self::ResolutionNotice, "resolution-notice"),
        (Self::Arrangement(ArrangementParcel::Clarification), "clarification-update"),
        (Self::Arrangement(ArrangementParcel::VisitNews), "visit-news"),
        (Self::Arrangement(ArrangementParcel::VisitAnswer), "visit-answer"),
        (Self::Arrangement(ArrangementParcel::Hold), "hold"),
        (Self::Arrangement(ArrangementParcel::Problem), "problem"),
        (Self::Arrangement(ArrangementParcel::MajorIncident), "major-incident"),
        (Self::Expertise(ExpertiseParcel::Item), "known-item"),
        (Self::Expertise(ExpertiseParcel::Test), "runbook-test"),
        (Self::Expertise(ExpertiseParcel::Outcome), "runbook-outcome"),
        (Self::ForceMajeure, "force-majeure"),
        (Self::Partner(PartnerParcel::Open), "partner-open"),
        (Self::Partner(PartnerParcel::Respond), "partner-respond"),
        (Self::Partner(PartnerParcel::Close), "partner-close"),
        (Self::Perform, "perform"),
    ];
}

impl fmt::Display for Parcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(parcel, _)| parcel == self).map_or("?", |(_, name)| name);
        f.write_str(name)
    }
}

/// A kind that no release wrote.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a kind of message that this release knows")]
pub struct UnknownParcel(String);

impl FromStr for Parcel {
    type Err = UnknownParcel;

    fn from_str(given: &str) -> Result<Self, UnknownParcel> {
        let known = Self::ALL.iter().find(|(_, name)| *name == given);
        known.map(|(parcel, _)| *parcel).ok_or_else(|| UnknownParcel(given.to_owned()))
    }
}

/// The ticket of a message that is about one.
///
/// # Errors
/// When it names none, which no release of ours writes.
pub fn ticket_of(message: &Outgoing) -> Result<TicketId, Refused> {
    message.ticket.ok_or_else(|| corrupt(format!("{} names no ticket", message.id)))
}
