//! Calling the internal service of a scenario, and asking for what came of a call.

use backends::{Backends, Failed};
use handover::{Desk, Refused, Undelivered};
use jiff::SignedDuration;
use plan::Scenario;
use prost::Message;
use proto::line0 as wire;
use proto::scenario::perform_response::Outcome;
use proto::scenario::{NotNow, PerformRequest, PerformResponse};
use rpc::{Refusal, into_status};
use store::Outgoing;
use ticket::{Actor, Custody, MessageId, OrganizationId, TicketId};
use tracing::warn;

use crate::own::{Performed, Talk};
use crate::scenario::{asked, say_working};

/// Calls the service that `message` is for. An error means: again later; once the plan's tries are spent, or no try will
/// ever do, the answer is that it was not done. Later is when the service says, within the plan's longest pause.
pub(crate) async fn perform(
    backends: &Backends,
    desk: &Desk,
    message: &Outgoing,
    attempts: u32,
) -> Result<PerformResponse, Undelivered> {
    let unreadable = |what: String| into_status(&Refusal::Unreadable { what });
    let service = message.to.strip_prefix("service:").unwrap_or(&message.to);
    let request = PerformRequest::decode(message.payload.as_slice()).map_err(|error| unreadable(error.to_string()))?;
    let plan = desk.plan(&message.organization).map_err(|refused| into_status(&refused))?;
    let by_plan = |scenario: &Scenario| (scenario.timeout.unsigned_abs(), scenario.tries, scenario.longest_pause);
    // A plan that has dropped the scenario meanwhile lets this one try decide.
    let otherwise = (backends::TIMEOUT, 0, SignedDuration::ZERO);
    let (timeout, tries, longest_pause) = plan.scenario(&request.scenario).map_or(otherwise, by_plan);
    let scenario = request.scenario.clone();
    match backends.perform(service, request, timeout).await {
        Ok(outcome) => Ok(PerformResponse { outcome: Some(outcome) }),
        Err(Failed::NotNow { why, pause }) if attempts < tries => {
            let status = into_status(&Refusal::PeerUnavailable { peer: service.to_owned(), why });
            let after = pause.map(|pause| pause.from(desk.clock().now()).min(longest_pause));
            Err(Undelivered { status, after })
        }
        Err(failed) => {
            warn!(
                scenario,
                service,
                attempts,
                error = &failed as &dyn std::error::Error,
                "not done, a person takes over"
            );
            Ok(PerformResponse { outcome: Some(Outcome::NotNow(NotNow { reason: failed.to_string() })) })
        }
    }
}

/// What came of the call that `reply` tells of, tried at once; the same reply when it is still under way, and then the
/// client is told so, once.
pub(crate) async fn called(
    desk: &Desk,
    organization: &OrganizationId,
    id: TicketId,
    reply: wire::Reply,
) -> Result<wire::Reply, Refused> {
    let Ok(call) = reply.call_id.parse::<MessageId>() else { return Ok(reply) };
    desk.deliver_now(call).await;
    let talk: Talk = desk.store().own(organization, id).await?;
    if let Some(Performed { outcome, text, handover, .. }) = talk.performed.clone().filter(|done| done.call == call) {
        let handover = handover.and_then(|encoded| proto::handover::Outcome::decode(encoded.as_slice()).ok());
        let (ticket, _) = desk.find(organization, id).await?;
        let plan = desk.plan(organization)?;
        let scenario = talk.run.as_ref().and_then(|run| plan.scenario(&run.scenario));
        let asked = scenario.and_then(|scenario| asked(scenario, &talk, ticket.facts.language));
        return Ok(wire::Reply { outcome, text, handover, asked, ..wire::Reply::default() });
    }
    let is_untold = |talk: &Talk| talk.is_working() && !talk.told_working;
    if is_untold(&talk) {
        let actor = Actor::Line { line: desk.line() };
        desk.work(organization, actor, move |change| {
            Box::pin(async move {
                let (mut ticket, read) = change.ticket(id).await?;
                let mut talk: Talk = change.work.own(change.organization(), id).await?;
                if is_untold(&talk) && ticket.custody == Custody::Held {
                    say_working(change, &ticket, &mut talk).await?;
                    change.touch(&mut ticket, read).await?;
                    change.work.put_own(change.organization(), id, &talk).await?;
                }
                Ok(())
            })
        })
        .await?;
    }
    Ok(reply)
}
