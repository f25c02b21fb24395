//! What other services may say, and what happens while one is away.

use prost::Message;
use proto::errors::Reason;
use proto::handover as hand;
use proto::handover::declined::Cause;
use proto::handover::outcome::Standing;
use proto::ticket as wire;
use rpc::{Caller, Role, ServiceName, reason_of};
use tests::{Stage, evidence, on_each_database};
use ticket::Line;

use crate::callers::{everybody, way};
use crate::fill::Fill;
use crate::raw::call;
use crate::rpcs::everywhere;

fn service(stage: &Stage, line: Line) -> Caller {
    let name = ServiceName::Line(line);
    Caller {
        subject: line.name().into(),
        organization: stage.plan.organization().clone(),
        role: Role::Service { name },
    }
}

#[tokio::test]
async fn a_service_speaks_for_no_line_but_its_own() {
    on_each_database(async |stage| {
        let mut tried = 0;
        for (line, rpc) in everywhere(&stage).await {
            let from_a_line =
                ["RelayService", "IntakeService", "ExpertiseService"].iter().any(|name| rpc.path.contains(name));
            if !from_a_line {
                continue;
            }
            for caller in everybody(&stage.plan) {
                let Role::Service { name } = caller.role else { continue };
                for said in Line::ALL.into_iter().filter(|said| name.line() != Some(*said)) {
                    let request =
                        Fill { from: said, to: line, ..Fill::demo("req") }.whole(&rpc.input()).encode_to_vec();
                    let answer = call(way(&stage, line, &caller), &rpc.path, request).await;
                    let about = format!("{name} as {said} to {} at {line}", rpc.path);
                    let refused = answer.expect_err(&about);
                    assert_eq!(reason_of(&refused), Some(Reason::RoleNotAllowed), "{about}: {refused:?}");
                    assert!(refused.message().contains(said.name()), "{about}: {}", refused.message());
                    tried += 1;
                }
            }
        }
        assert!(tried > 500, "only {tried} lies were tried");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_partner_speaks_for_no_bond_but_its_own() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Vendor).await;
        let bond = stage.people().bond(&ticket).await.unwrap();
        assert_eq!(bond.vendor, "cloudcore");
        let role = Role::Partner { vendor: "paysoft".into() };
        let other = Caller { subject: "paysoft".into(), organization: stage.plan.organization().clone(), role };
        for (line, rpc) in everywhere(&stage).await {
            if !rpc.path.contains("PartnerBridgeService") {
                continue;
            }
            for known in [bond.bond_id.clone(), format!("bnd_{}", "f".repeat(32))] {
                let request =
                    Fill { bond: known.clone(), ..Fill::demo("theirs-1") }.whole(&rpc.input()).encode_to_vec();
                let refused = call(way(&stage, line, &other), &rpc.path, request).await.unwrap_err();
                assert_eq!(reason_of(&refused), Some(Reason::BondNotFound), "{}: {refused:?}", rpc.path);
                assert_eq!(
                    refused.message(),
                    format!("there is no bond {known} here"),
                    "a bond of others looks like none"
                );
            }
        }
        assert_eq!(stage.people().bond(&ticket).await.unwrap(), bond);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_with_an_old_epoch_is_declined_and_changes_nothing() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Technical).await;
        stage.settle().await;
        for line in [Line::ServiceDesk, Line::Technical] {
            let before = stage.people().ticket(line, &ticket).await.unwrap();
            // Line 2 has it at epoch 2; what was sent earlier comes late.
            let from = Line::Expert;
            let fill = Fill { ticket: ticket.clone(), from, to: line, epoch: 2, ..Fill::demo("req") };
            let path = "/estafeta.handover.v1.RelayService/Return";
            let input = everywhere(&stage).await.into_iter().find(|(_, rpc)| rpc.path == path).unwrap().1.input();
            let sent = call(way(&stage, line, &service(&stage, from)), path, fill.whole(&input).encode_to_vec()).await;
            if line == Line::Technical {
                // Under this very id line 2 has accepted the ticket, with another content.
                assert_eq!(reason_of(&sent.unwrap_err()), Some(Reason::RequestIdReused));
            } else {
                let answer = hand::ReturnResponse::decode(sent.unwrap().as_slice()).unwrap().answer.unwrap();
                let Some(hand::answer::Outcome::Declined(declined)) = answer.outcome else { panic!("{answer:?}") };
                assert_eq!((declined.cause(), declined.present_epoch), (Cause::StaleEpoch, 2));
            }
            assert_eq!(stage.people().ticket(line, &ticket).await.unwrap(), before);
        }
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_line_that_is_away_is_waited_for_and_nothing_is_lost() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Роутер не выходит в сеть").await;
        stage.suite.kill(Line::Technical);
        let outcome = people.to_technical(&ticket, evidence::technical()).await.unwrap();
        assert_eq!((outcome.standing(), outcome.to()), (Standing::Pending, wire::Line::Technical));
        assert_eq!(people.journey(&ticket).await.unwrap().missing, [wire::Line::Technical as i32]);
        let refused = people.ticket(Line::Technical, &ticket).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::PeerUnavailable));
        assert!(
            refused.message().contains("technical") && refused.message().contains("try again"),
            "{}",
            refused.message()
        );
        assert!(rpc::retry_after_of(&refused).is_some());
        stage.holds().await;

        stage.suite.restart(Line::Technical).await.unwrap();
        stage.after(jiff::SignedDuration::from_hours(1)).await;
        let held = people.ticket(Line::Technical, &ticket).await.unwrap();
        assert_eq!((held.custody(), held.epoch), (wire::Custody::Held, 2));
        stage.holds().await;
    })
    .await;
}
