//! A change over something unseen is refused, whoever edits what at lines 1, 2 and 4.

use proto::errors::Reason;
use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::{AddNoteRequest, LinkKind, LinkRequest, UnlinkRequest};
use proto::line2 as wire;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line2::visit_service_client::VisitServiceClient;
use proto::line3::Finding;
use proto::vendor::RespondRequest;
use proto::vendor::vendor_bridge_service_client::VendorBridgeServiceClient;
use tests::{Stage, on_each_database};
use ticket::Line;
use tonic::{Response, Status};

fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) {
    let refused = answer.expect_err("it changed since it was seen");
    assert_eq!(rpc::reason_of(&refused), Some(Reason::ChangedMeanwhile), "{refused:?}");
}

async fn version(stage: &Stage, line: Line, ticket: &str) -> u64 {
    stage.people().ticket(line, ticket).await.expect("it is there").version
}

#[tokio::test]
async fn what_line_2_writes_is_seen_before_it_is_written_over() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let mut technical = TechnicalServiceClient::new(people.at(Line::Technical));
        let seen = version(&stage, Line::Technical, &ticket).await;
        let finding = || Some(Finding { tried: "кабель".into(), result: "цел".into(), ruled_out: true });
        let diagnose = |expected_version| wire::DiagnoseRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            finding: finding(),
            expected_version,
        };
        let written = technical.diagnose(diagnose(seen)).await.unwrap().into_inner().ticket.unwrap();
        assert!(written.version > seen, "a finding raises the version");
        refused(technical.diagnose(diagnose(seen)).await);
        let accept = wire::review_help_request::Verdict::Accept(wire::AcceptHelp::default());
        let review = |expected_version| wire::ReviewHelpRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            verdict: Some(accept.clone()),
            expected_version,
        };
        refused(technical.review_help(review(seen)).await);
        let judged = technical.review_help(review(written.version)).await.unwrap().into_inner().ticket.unwrap();
        let begin = |expected_version| wire::BeginSessionRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            consent: Some(wire::Consent { way: wire::ConsentWay::Spoken as i32, note: "по телефону".into() }),
            tool: "RuDesktop".into(),
            expected_version,
        };
        refused(technical.begin_session(begin(written.version)).await);
        let begun = technical.begin_session(begin(judged.version)).await.unwrap().into_inner().ticket.unwrap();
        assert!(begun.version > judged.version);
        let end = wire::EndSessionRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            number: 1,
            did: "перезапуск".into(),
            outcome: wire::SessionOutcome::Solved as i32,
            result: "есть связь".into(),
            expected_version: judged.version,
        };
        refused(technical.end_session(end).await);
        let plan = wire::PlanVisitRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            booking: Some(wire::Booking {
                engineer: "d.volkov".into(),
                begins: Some(prost_types::Timestamp { seconds: 1_789_473_600, nanos: 0 }),
                ends: Some(prost_types::Timestamp { seconds: 1_789_477_200, nanos: 0 }),
                ..wire::Booking::default()
            }),
            why_on_site: "порт".into(),
            purpose: "роутер".into(),
            place: "addr:1".into(),
            expected_version: judged.version,
            ..wire::PlanVisitRequest::default()
        };
        let mut visits = VisitServiceClient::new(people.at(Line::Technical));
        refused(visits.plan_visit(plan.clone()).await);
        let plan = wire::PlanVisitRequest { expected_version: begun.version, request_id: people.request_id(), ..plan };
        let planned = visits.plan_visit(plan).await.unwrap().into_inner();
        let cancel = |expected_version| wire::CancelVisitRequest {
            request_id: people.request_id(),
            visit_id: planned.visit.clone().unwrap().visit_id,
            why: "не нужен".into(),
            expected_version,
        };
        refused(visits.cancel_visit(cancel(begun.version)).await);
        visits.cancel_visit(cancel(planned.ticket.unwrap().version)).await.expect("nothing came between");
    })
    .await;
}

#[tokio::test]
async fn notes_links_and_words_to_a_vendor_are_not_written_over_something_unseen() {
    on_each_database(async |stage| {
        let people = stage.people();
        let (one, other) = (people.register("Нет интернета").await, people.register("Нет телефонии").await);
        let seen = version(&stage, Line::ServiceDesk, &one).await;
        people.write(&one, "Проверяем", "").await.unwrap();
        let mut records = RecordServiceClient::new(people.at(Line::ServiceDesk));
        let note = AddNoteRequest {
            request_id: people.request_id(),
            ticket_id: one.clone(),
            text: "звонил".into(),
            expected_version: seen,
        };
        refused(records.add_note(note).await);
        let link = LinkRequest {
            request_id: people.request_id(),
            ticket_id: one.clone(),
            other_ticket_id: other.clone(),
            kind: LinkKind::Related as i32,
            expected_version: seen,
        };
        refused(records.link(link).await);
        let unlink = UnlinkRequest {
            request_id: people.request_id(),
            ticket_id: one,
            other_ticket_id: other,
            expected_version: seen,
        };
        refused(records.unlink(unlink).await);

        let ticket = people.ticket_at(Line::Vendor).await;
        let present = version(&stage, Line::Vendor, &ticket).await;
        let respond = RespondRequest {
            request_id: people.request_id(),
            ticket_id: ticket,
            text: "журнал".into(),
            expected_version: present + 1,
        };
        refused(VendorBridgeServiceClient::new(people.at(Line::Vendor)).respond(respond).await);
    })
    .await;
}
