//! Crash points: at every step of the protocol the process part is stopped, it is proved that it was there, it is
//! started again, and everything must hold.

use handover::CrashPoint;
use jiff::SignedDuration;
use proto::handover::outcome::Standing;
use proto::ticket as wire;
use tests::{Databases, Stage};
use ticket::Line;
use tonic::Status;

use crate::command::{Answer, Command, Drafts};

/// One kind of passage: who has the ticket, to whom it goes, and by which command.
struct Passage {
    from: Line,
    to: Line,
    draft: fn(&Drafts<'_>, &str) -> Command,
}

const ESCALATION: Passage = Passage {
    from: Line::ServiceDesk,
    to: Line::Technical,
    draft: |drafts, ticket| drafts.escalate(Line::ServiceDesk, ticket, false),
};
const TO_VENDOR: Passage = Passage {
    from: Line::Expert,
    to: Line::Vendor,
    draft: |drafts, ticket| drafts.escalate(Line::Expert, ticket, false),
};
const RETURN: Passage = Passage {
    from: Line::Technical,
    to: Line::ServiceDesk,
    draft: |drafts, ticket| drafts.hand_back(Line::Technical, ticket),
};
const RESOLUTION: Passage = Passage {
    from: Line::Expert,
    to: Line::ServiceDesk,
    draft: |drafts, ticket| drafts.resolve(Line::Expert, ticket, "аренда сброшена"),
};

/// The part of a passage that comes to `point`.
fn part(passage: &Passage, point: CrashPoint) -> Line {
    match point {
        CrashPoint::BeforeOffer
        | CrashPoint::WithinOffer
        | CrashPoint::AfterOffer
        | CrashPoint::BeforeDelivery
        | CrashPoint::BeforeSettle
        | CrashPoint::WithinSettle
        | CrashPoint::AfterSettle => passage.from,
        CrashPoint::BeforeReceive | CrashPoint::WithinReceive | CrashPoint::AfterReceive => passage.to,
        CrashPoint::BeforeRing | CrashPoint::WithinRing | CrashPoint::AfterRing => panic!("no step of a handover"),
    }
}

/// Whether the offer is on disk when the part dies at `point`.
fn offered(point: CrashPoint) -> bool {
    !matches!(point, CrashPoint::BeforeOffer | CrashPoint::WithinOffer)
}

/// The lines that hold the ticket.
async fn holders(stage: &Stage, ticket: &str) -> Vec<Line> {
    let mut holders = Vec::new();
    for line in Line::ALL {
        let known = stage.people().ticket(line, ticket).await;
        if known.is_ok_and(|ticket| ticket.custody() == wire::Custody::Held) {
            holders.push(line);
        }
    }
    holders
}

/// Sends a command to a suite of which a part may stop: such a command may be answered by nobody.
async fn send(command: &Command, stage: &Stage, part: Line) -> Option<Result<Answer, Status>> {
    tokio::select! {
        biased;
        answered = command.send(stage) => Some(answered),
        () = stage.fuses[&part].wait() => None,
    }
}

async fn dies_at(stage: &Stage, passage: &Passage, point: CrashPoint) {
    let (from, to, part) = (passage.from, passage.to, part(passage, point));
    let ticket = stage.people().ticket_at(from).await;
    stage.settle().await;
    let before = stage.people().ticket(from, &ticket).await.expect("the sender has it");
    let command = (passage.draft)(&Drafts::new(stage), &ticket);

    stage.fuses[&part].set(point);
    let answered = send(&command, stage, part).await;
    assert_eq!(stage.fuses[&part].blown(), Some(point), "no crash, no test");
    if let Some(Ok(answer)) = answered {
        assert_eq!(part, to, "a sender that died has answered nobody");
        assert_eq!(answer.outcome.expect("a passage has an outcome").standing(), Standing::Pending, "nobody knows yet");
    }
    stage.holds().await;

    stage.suite.kill(part);
    stage.holds().await;
    stage.suite.restart(part).await.expect("it starts again");
    // Longer than the lease of what was claimed and than any pause.
    stage.after(SignedDuration::from_mins(1)).await;
    stage.holds().await;
    let expected = if offered(point) { to } else { from };
    assert_eq!(holders(stage, &ticket).await, [expected]);

    let repeated = command.send(stage).await.expect("a repeat is answered").outcome.expect("a passage has an outcome");
    assert_eq!(repeated.standing(), Standing::Accepted, "a repeat learns what became of it");
    assert_eq!(
        command.send(stage).await.expect("a repeat is answered").outcome,
        Some(repeated.clone()),
        "and again the same"
    );
    stage.settle().await;
    stage.holds().await;
    assert_eq!(holders(stage, &ticket).await, [to]);

    let after = stage.people().ticket(to, &ticket).await.expect("the receiver has it");
    assert_eq!((after.epoch, repeated.epoch), (before.epoch + 1, before.epoch + 1), "one epoch was spent");
    assert_eq!(after.hops.len(), before.hops.len() + 1);
    let journey = stage.people().journey(&ticket).await.expect("line 1 tells the journey");
    assert!(journey.missing.is_empty());
    let once = |what: &str, line: Line, epoch: u32| {
        let at = journey.events.iter().filter(|event| event.what == what && event.epoch == epoch);
        assert_eq!(at.filter(|event| event.line == i32::from(line.number()) + 1).count(), 1, "{what} at {line}");
    };
    once("offered", from, before.epoch);
    once("accepted", from, before.epoch);
    once("took-over", to, after.epoch);
}

async fn survives_every_crash(passage: &Passage) {
    for point in CrashPoint::ALL {
        for databases in Databases::all() {
            // Shown when it fails: which of the forty it was.
            println!("dies at {point:?}");
            let stage = Stage::over(databases).await;
            dies_at(&stage, passage, point).await;
        }
    }
}

#[tokio::test]
async fn an_escalation_survives_every_crash() {
    survives_every_crash(&ESCALATION).await;
}

#[tokio::test]
async fn a_handover_to_the_vendor_survives_every_crash() {
    survives_every_crash(&TO_VENDOR).await;
}

#[tokio::test]
async fn a_return_survives_every_crash() {
    survives_every_crash(&RETURN).await;
}

#[tokio::test]
async fn a_resolution_survives_every_crash() {
    survives_every_crash(&RESOLUTION).await;
}
