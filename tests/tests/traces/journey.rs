//! One trace follows a ticket.

use std::collections::BTreeSet;
use std::time::Duration;

use estafeta::Config;
use expect_test::expect;
use jiff::SignedDuration;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use proto::handover::outcome::Standing;
use proto::ticket::{Custody, State};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tests::people::CLIENT;
use tests::{Databases, Stage, evidence};
use ticket::Line;

use crate::collector::observed;
use crate::tree::{Tree, hex, label, text};

/// Where the client's own software stands when it asks, on one database and on the other.
const ASKING: [(&str, &str); 2] = [
    ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"),
    ("4bf92f3577b34da6a3ce929d0e0e4737", "00f067aa0ba902b7"),
];

/// Where it stands when it confirms.
const CONFIRMING: (&str, &str) = ("c0ffee3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b8");

/// Longer than the suite takes to stop; it only ends a test that would hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// The work of the vendor's own system, simulated.
const VENDORS_OWN: &str = "partner (cloudcore)";

/// The client calls the gateway by REST, from a place in a trace of the client's own.
async fn post(stage: &Stage, path: &str, (trace, span): (&str, &str), body: Value) -> Value {
    let client = stage.people().client(CLIENT);
    let token = stage.suite.token(&client, SignedDuration::from_hours(24));
    let http = tests::http();
    let url = stage.suite.gateway_url().expect("the gateway listens");
    let request = http
        .post(format!("{url}{path}"))
        .bearer_auth(token.expose_secret())
        .header("traceparent", format!("00-{trace}-{span}-01"))
        .json(&body);
    let response = request.send().await.expect("an answer");
    let (status, body) = (response.status(), response.json().await.expect("JSON"));
    assert!(status.is_success(), "{status}: {body}");
    body
}

/// A ticket that goes from the web to the vendor and back, with line 3 down for a while. Returns its id.
async fn travelled(stage: Stage, asking: (&str, &str)) -> String {
    let people = stage.people();
    let question = json!({
        "requestId": people.request_id(),
        "text": "Роутер после обновления не получает адрес",
        "channel": "CHANNEL_CHAT",
    });
    let asked = post(&stage, "/v1/questions", asking, question).await;
    let ticket = asked["ticket"]["facts"]["ticketId"].as_str().expect("a ticket").to_owned();
    let outcome = people.to_technical(&ticket, evidence::technical()).await.expect("it is not refused");
    assert_eq!(outcome.standing(), Standing::Accepted);
    stage.settle().await;

    stage.suite.kill(Line::Expert);
    let outcome = people.to_expert(&ticket, evidence::expert()).await.expect("it is not refused");
    assert_eq!(outcome.standing(), Standing::Pending);
    stage.suite.restart(Line::Expert).await.expect("the line starts again");
    stage.after(SignedDuration::from_mins(1)).await;
    assert_eq!(people.ticket(Line::Expert, &ticket).await.expect("it is not refused").custody(), Custody::Held);

    let outcome = people.to_vendor(&ticket, evidence::vendor("исправьте прошивку")).await.expect("it is not refused");
    assert_eq!(outcome.standing(), Standing::Accepted);
    let bond = people.bond(&ticket).await.expect("it is not refused");
    stage.settle().await;
    stage.suite.simulator("cloudcore").expect("the plan has this vendor").settled(&bond.bond_id).await;
    stage.settle().await;
    assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.expect("it is not refused").state(), State::Resolved);

    let confirmation = json!({"requestId": people.request_id()});
    let closed = post(&stage, &format!("/v1/tickets/{ticket}:confirm"), CONFIRMING, confirmation).await;
    assert_eq!(closed["ticket"]["state"], "STATE_CLOSED");
    // Everything has ended then, and is with the collector.
    stage.suite.stop(PATIENCE).await;
    ticket
}

#[tokio::test]
async fn one_trace_follows_a_ticket_from_the_web_over_all_lines_to_the_vendor_and_back() {
    for (databases, asking) in Databases::all().into_iter().zip(ASKING) {
        is_followed(databases, asking).await;
    }
}

async fn is_followed(databases: Databases, asking: (&str, &str)) {
    let (telemetry, collector) = observed();
    let listening = |config: Config| Config { telemetry: Some(telemetry.clone()), ..config.listening() };
    let ticket = travelled(Stage::with(databases, plan::DEMO, listening).await, asking).await;

    let spans = collector.spans();
    let (trace, caller) = asking;
    let tree = Tree::of(&spans, trace);
    let roots = tree.roots();
    let [root] = roots[..] else {
        panic!("no span is an orphan: {:?}", roots.into_iter().map(label).collect::<Vec<_>>())
    };
    assert_eq!(hex(&root.parent_span_id), caller, "the gateway goes on with its caller's trace");
    expect![[r#"
        <- POST /v1/questions
          <- line0.v1.SelfServiceService/Ask (self-service)
            ticket ask (self-service)
              deliver offer (self-service), attempt 1
                -> line1.v1.IntakeService/Offer (service-desk)
                  <- line1.v1.IntakeService/Offer (service-desk)
                    ticket take over (service-desk)
              ticket confirm (service-desk) *
              ticket escalate (expert) *
                deliver offer (expert), attempt 1
                  -> vendor.v1.IntakeService/Offer (vendor)
                    <- vendor.v1.IntakeService/Offer (vendor)
                      ticket take over (vendor)
                        deliver partner-open (vendor), attempt 1
                          -> partner.v1.PartnerDeskService/OpenCase (cloudcore)
                            partner (cloudcore)
                              -> partner.v1.PartnerBridgeService/AcceptCase (the service)
                                <- partner.v1.PartnerBridgeService/AcceptCase (vendor)
                                  ticket hear the partner (vendor)
                              -> partner.v1.PartnerBridgeService/CloseCase (the service)
                                <- partner.v1.PartnerBridgeService/CloseCase (vendor)
                                  ticket hear the partner (vendor)
                              -> partner.v1.PartnerBridgeService/ProposeFix (the service)
                                <- partner.v1.PartnerBridgeService/ProposeFix (vendor)
                                  ticket hear the partner (vendor)
                                    deliver resolve (vendor), attempt 1
                                      -> handover.v1.RelayService/Resolve (service-desk)
                                        <- handover.v1.RelayService/Resolve (service-desk)
                                          ticket take over (service-desk)
                                            deliver resolution-notice (service-desk), attempt 1
                                              -> handover.v1.RelayService/NotifyResolution (expert)
                                                <- handover.v1.RelayService/NotifyResolution (expert)
                                                  ticket hear (expert)
                                            deliver resolution-notice (service-desk), attempt 1
                                              -> handover.v1.RelayService/NotifyResolution (self-service)
                                                <- handover.v1.RelayService/NotifyResolution (self-service)
                                                  ticket hear (self-service)
                                            deliver resolution-notice (service-desk), attempt 1
                                              -> handover.v1.RelayService/NotifyResolution (technical)
                                                <- handover.v1.RelayService/NotifyResolution (technical)
                                                  ticket hear (technical)
                                            deliver resolution-notice (service-desk), attempt 1
                                              -> handover.v1.RelayService/NotifyResolution (vendor)
                                                <- handover.v1.RelayService/NotifyResolution (vendor)
                                                  ticket hear (vendor)
                        deliver progress (vendor), attempt 1
                          -> handover.v1.RelayService/ReportProgress (service-desk)
                            <- handover.v1.RelayService/ReportProgress (service-desk)
                              ticket hear (service-desk)
              ticket escalate (service-desk) *
                deliver offer (service-desk), attempt 1
                  -> line2.v1.IntakeService/Offer (technical)
                    <- line2.v1.IntakeService/Offer (technical)
                      ticket take over (technical)
                        deliver progress (technical), attempt 1
                          -> handover.v1.RelayService/ReportProgress (service-desk)
                            <- handover.v1.RelayService/ReportProgress (service-desk)
                              ticket hear (service-desk)
              ticket escalate (technical) *
                deliver offer (technical), attempt 1
                  -> line3.v1.IntakeService/Offer (expert) FAILED
                deliver offer (technical), attempt 2
                  -> line3.v1.IntakeService/Offer (expert)
                    <- line3.v1.IntakeService/Offer (expert)
                      ticket take over (expert)
                        deliver progress (expert), attempt 1
                          -> handover.v1.RelayService/ReportProgress (service-desk)
                            <- handover.v1.RelayService/ReportProgress (service-desk)
                              ticket hear (service-desk)
    "#]]
    .assert_eq(&tree.drawn(root));

    for span in tree.spans() {
        let way = tree.way_to(span);
        match way.iter().rposition(|label| label == VENDORS_OWN) {
            // A vendor knows the bond and nothing of ours.
            Some(place) if place + 2 >= way.len() => {
                assert!(text(tree.up(span, way.len() - 1 - place), "bond").is_some())
            }
            Some(_) | None => assert_eq!(text(span, "ticket").as_deref(), Some(&*ticket), "{way:?}"),
        }
    }

    // People work in traces of their own: each of their calls names the ticket, and the ticket's trace links to it.
    let calls =
        spans.iter().filter(|span| hex(&span.trace_id) != trace && text(span, "ticket").as_ref() == Some(&ticket));
    let place = |span: &Span| (span.trace_id.clone(), span.span_id.clone());
    let linked: BTreeSet<_> =
        tree.spans().flat_map(|span| &span.links).map(|link| (link.trace_id.clone(), link.span_id.clone())).collect();
    let mut told: Vec<_> = calls
        .map(|span| {
            assert_eq!(span.kind(), SpanKind::Server, "what is done to a ticket is in its own trace: {}", label(span));
            let link = if linked.contains(&place(span)) { "leads to" } else { "answers by" };
            format!("{link} {}\n", label(span))
        })
        .collect();
    told.sort();
    expect![[r#"
        answers by <- POST /v1/tickets/{ticket_id}:confirm
        answers by <- ticket.v1.TicketService/GetTicket (expert)
        answers by <- ticket.v1.TicketService/GetTicket (service-desk)
        answers by <- vendor.v1.VendorBridgeService/GetBond (vendor)
        leads to <- line1.v1.ServiceDeskService/Confirm (service-desk)
        leads to <- line1.v1.ServiceDeskService/Escalate (service-desk)
        leads to <- line2.v1.TechnicalService/Escalate (technical)
        leads to <- line3.v1.ExpertService/Escalate (expert)
    "#]]
    .assert_eq(&told.concat());
    assert_eq!(linked.len(), told.iter().filter(|line| line.starts_with("leads to")).count(), "no link leads nowhere");
}
