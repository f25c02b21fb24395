//! Force majeure of line 1, as supervisors declare it.

use jiff::{SignedDuration, Timestamp};
use proto::line1 as wire;
use proto::line1::force_majeure_service_client::ForceMajeureServiceClient;
use rpc::Channel;
use ticket::{Clock as _, Line};
use tonic::Status;

use crate::Stage;

/// The profile of the demonstration.
pub const BACKBONE: &str = "backbone-cut";

/// The service, for a supervisor.
#[must_use]
pub fn at(stage: &Stage) -> ForceMajeureServiceClient<Channel> {
    let people = stage.people();
    ForceMajeureServiceClient::new(people.channel(Line::ServiceDesk, &people.supervisor()))
}

/// So much later than now, on the wire.
#[must_use]
pub fn later(stage: &Stage, by: SignedDuration) -> Option<prost_types::Timestamp> {
    let at: Timestamp = stage.clock.now() + by;
    Some(prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
}

/// A request to declare `profile`, from `begins` to `ends` from now; 0 begins now.
#[must_use]
pub fn declaration(stage: &Stage, profile: &str, (begins, ends): (i64, i64)) -> wire::DeclareForceMajeureRequest {
    wire::DeclareForceMajeureRequest {
        request_id: stage.people().request_id(),
        profile_id: profile.to_owned(),
        begins: later(stage, SignedDuration::from_mins(begins)).filter(|_| begins != 0),
        ends: later(stage, SignedDuration::from_mins(ends)),
        ru: String::new(),
        en: String::new(),
    }
}

/// A supervisor declares the backbone cut, from and to so many minutes from now; its id.
///
/// # Panics
/// When it is refused.
pub async fn declare(stage: &Stage, span: (i64, i64)) -> String {
    let declared = at(stage).declare_force_majeure(declaration(stage, BACKBONE, span)).await;
    let declared = declared.expect("supervisors declare it").into_inner();
    declared.force_majeure.and_then(|declared| declared.terms).expect("it is answered").force_majeure_id
}

/// The same, with words of its own for clients.
///
/// # Panics
/// When it is refused.
pub async fn declare_saying(stage: &Stage, words: &str, span: (i64, i64)) -> String {
    let said = declaration(stage, BACKBONE, span);
    let said = wire::DeclareForceMajeureRequest { ru: words.to_owned(), en: words.to_owned(), ..said };
    let declared = at(stage).declare_force_majeure(said).await.expect("supervisors declare it").into_inner();
    declared.force_majeure.and_then(|declared| declared.terms).expect("it is answered").force_majeure_id
}

/// It is to end so many minutes from now.
///
/// # Errors
/// The refusal.
pub async fn prolong(stage: &Stage, id: &str, ends: i64) -> Result<wire::ForceMajeure, Status> {
    let request = wire::ProlongForceMajeureRequest {
        request_id: stage.people().request_id(),
        force_majeure_id: id.to_owned(),
        ends: later(stage, SignedDuration::from_mins(ends)),
    };
    Ok(at(stage).prolong_force_majeure(request).await?.into_inner().force_majeure.expect("it is answered"))
}

/// It ends now.
///
/// # Errors
/// The refusal.
pub async fn end(stage: &Stage, id: &str) -> Result<wire::ForceMajeure, Status> {
    let request =
        wire::EndForceMajeureRequest { request_id: stage.people().request_id(), force_majeure_id: id.to_owned() };
    Ok(at(stage).end_force_majeure(request).await?.into_inner().force_majeure.expect("it is answered"))
}

/// How it stands.
///
/// # Panics
/// When it is not there.
pub async fn state(stage: &Stage, id: &str) -> wire::ForceMajeureState {
    let request = wire::GetForceMajeureRequest { force_majeure_id: id.to_owned() };
    let found = at(stage).get_force_majeure(request).await.expect("it is there").into_inner();
    found.force_majeure.expect("it is answered").state()
}
