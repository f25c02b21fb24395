//! Field visits: planned, agreed to through line 1, driven to, finished; never two at once for one engineer.

use handover::wire::instant;
use jiff::{SignedDuration, Timestamp};
use proto::errors::Reason;
use proto::handover::VisitState;
use proto::line1::client_visit_service_client::ClientVisitServiceClient;
use proto::line1::{AnswerVisitRequest, ClientVisit, ListVisitsRequest};
use proto::line2 as wire;
use proto::line2::visit_service_client::VisitServiceClient;
use proto::ticket as tickets;
use rpc::Channel;
use tests::people::CLIENT;
use tests::{Databases, Stage, evidence, on_each_database};
use ticket::Line;
use tonic::Status;

const ENGINEER: &str = "d.volkov";

fn visits(stage: &Stage) -> VisitServiceClient<Channel> {
    VisitServiceClient::new(stage.people().at(Line::Technical))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("the instant is well formed")
}

/// Tuesday 2026-09-15, from ten to twelve in Moscow unless said otherwise, half an hour away.
fn booking(begins: &str, ends: &str) -> wire::Booking {
    wire::Booking {
        engineer: ENGINEER.into(),
        begins: Some(instant(at(&format!("2026-09-15T{begins}:00+03:00")))),
        ends: Some(instant(at(&format!("2026-09-15T{ends}:00+03:00")))),
        travel_there_minutes: 30,
        travel_back_minutes: 30,
        skills: vec!["оптика".into()],
        outside_hours: false,
    }
}

fn request(stage: &Stage, ticket: &str, booking: wire::Booking) -> wire::PlanVisitRequest {
    wire::PlanVisitRequest {
        request_id: stage.people().request_id(),
        ticket_id: ticket.into(),
        booking: Some(booking),
        why_on_site: "порт не отвечает удалённо".into(),
        purpose: "заменить роутер".into(),
        place: "addr:4711".into(),
        address: String::new(),
        expected_version: 0,
    }
}

async fn plan(stage: &Stage, ticket: &str, booking: wire::Booking) -> Result<wire::Visit, Status> {
    let planned = visits(stage).plan_visit(request(stage, ticket, booking)).await?.into_inner();
    Ok(planned.visit.expect("a visit is planned"))
}

async fn get(stage: &Stage, visit: &str) -> wire::Visit {
    let request = wire::GetVisitRequest { visit_id: visit.into() };
    visits(stage).get_visit(request).await.expect("it is there").into_inner().visit.expect("it is there")
}

async fn at_line_1(stage: &Stage, ticket: &str) -> Vec<ClientVisit> {
    let people = stage.people();
    let client = people.channel(Line::ServiceDesk, &people.client(CLIENT));
    let request = ListVisitsRequest { ticket_id: ticket.into(), ..ListVisitsRequest::default() };
    ClientVisitServiceClient::new(client).list_visits(request).await.expect("their own").into_inner().visits
}

async fn answer(stage: &Stage, ticket: &str, visit: &str, agreed: bool, comment: &str) -> Result<ClientVisit, Status> {
    let people = stage.people();
    let client = people.channel(Line::ServiceDesk, &people.client(CLIENT));
    let request = AnswerVisitRequest {
        request_id: people.request_id(),
        ticket_id: ticket.into(),
        visit_id: visit.into(),
        agreed,
        comment: comment.into(),
    };
    let answered = ClientVisitServiceClient::new(client).answer_visit(request).await?.into_inner();
    stage.settle().await;
    Ok(answered.visit.expect("it was answered"))
}

async fn begin(stage: &Stage, visit: &str) -> Result<wire::Visit, Status> {
    let request = wire::BeginVisitRequest {
        request_id: stage.people().request_id(),
        visit_id: visit.into(),
        expected_version: 0,
    };
    Ok(visits(stage).begin_visit(request).await?.into_inner().visit.expect("it began"))
}

async fn finish(stage: &Stage, visit: &str, done: bool) -> Result<wire::Visit, Status> {
    let request_id = stage.people().request_id();
    let outcome = "роутер заменён, связь есть".into();
    let request = wire::FinishVisitRequest { request_id, visit_id: visit.into(), done, outcome, expected_version: 0 };
    Ok(visits(stage).finish_visit(request).await?.into_inner().visit.expect("it ended"))
}

async fn shift(stage: &Stage, visit: &str, booking: wire::Booking) -> Result<wire::Visit, Status> {
    let request_id = stage.people().request_id();
    let request =
        wire::MoveVisitRequest { request_id, visit_id: visit.into(), booking: Some(booking), expected_version: 0 };
    Ok(visits(stage).move_visit(request).await?.into_inner().visit.expect("it was moved"))
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> Option<Reason> {
    rpc::reason_of(&answer.expect_err("it should be refused"))
}

/// What the client was told last.
async fn told(stage: &Stage, ticket: &str) -> String {
    let case = stage.people().case(ticket).await.expect("their own");
    case.conversation.last().expect("something was said").text.clone()
}

#[tokio::test]
async fn a_visit_is_planned_agreed_to_driven_to_and_its_outcome_is_evidence_for_line_3() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let request = request(&stage, &ticket, booking("10:00", "12:00"));
        let first = visits(&stage).plan_visit(request.clone()).await.unwrap().into_inner();
        let again = visits(&stage).plan_visit(request).await.unwrap().into_inner();
        assert_eq!(first, again, "a repeat plans nothing more");
        let visit = first.visit.unwrap().visit_id;
        stage.settle().await;
        assert!(told(&stage, &ticket).await.contains("15.09.2026, 10:00–12:00"), "{}", told(&stage, &ticket).await);
        assert_eq!(reason(begin(&stage, &visit).await), Some(Reason::VisitWrongState), "the client has not agreed");

        let declined = answer(&stage, &ticket, &visit, false, "лучше после обеда").await.unwrap();
        assert!(declined.answered && !declined.agreed);
        let there = get(&stage, &visit).await;
        assert_eq!((there.state(), there.answer.unwrap().comment.as_str()), (VisitState::Planned, "лучше после обеда"));
        let moved = shift(&stage, &visit, booking("15:00", "17:00")).await.unwrap();
        assert_eq!((moved.sequence, moved.answer), (1, None));
        stage.settle().await;
        assert!(told(&stage, &ticket).await.contains("15:00–17:00"));
        assert!(!at_line_1(&stage, &ticket).await[0].answered, "a new window, a new answer");

        answer(&stage, &ticket, &visit, true, "").await.unwrap();
        assert_eq!(get(&stage, &visit).await.state(), VisitState::Confirmed);
        assert!(told(&stage, &ticket).await.contains("подтверждён"));
        begin(&stage, &visit).await.unwrap();
        let kept = people.to_expert(&ticket, evidence::expert()).await;
        assert_eq!(reason(kept), Some(Reason::VisitWrongState), "the ticket stays while the engineer is there");
        let done = finish(&stage, &visit, false).await.unwrap();
        assert_eq!((done.state(), done.outcome.as_str()), (VisitState::Failed, "роутер заменён, связь есть"));
        stage.settle().await;
        assert_eq!(reason(answer(&stage, &ticket, &visit, true, "").await), Some(Reason::VisitWrongState));

        let given = proto::line3::Evidence { sessions: vec![], ..evidence::expert() };
        people.to_expert(&ticket, given).await.unwrap();
        let journey = people.journey(&ticket).await.unwrap();
        let stay = journey.stays.iter().find(|stay| stay.line() == tickets::Line::Expert).unwrap();
        let evidence: serde_json::Value = serde_json::from_str(&stay.evidence_json).unwrap();
        let session = &evidence["evidence"]["sessions"][0];
        assert_eq!((&session["on_site"], &session["by"]), (&true.into(), &ENGINEER.into()), "{evidence}");
        for line in [tickets::Line::Technical, tickets::Line::ServiceDesk] {
            let here = journey.events.iter().filter(|event| event.what == "visit" && event.line() == line);
            assert!(here.count() >= 6, "each step stands on the timeline of {line:?}");
        }
        let knows = format!("{:?}", at_line_1(&stage, &ticket).await);
        for internal in [ENGINEER, "addr:4711", "роутер заменён, связь есть", "порт не отвечает"]
        {
            assert!(!knows.contains(internal), "the client is told `{internal}`: {knows}");
        }
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_engineer_is_never_at_two_places_the_way_included() {
    on_each_database(async |stage| {
        let people = stage.people();
        let (one, other) = (people.ticket_at(Line::Technical).await, people.ticket_at(Line::Technical).await);
        let first = plan(&stage, &one, booking("10:00", "11:00")).await.unwrap();
        let refused = plan(&stage, &other, booking("11:30", "12:30")).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::VisitClash), "{}", refused.message());
        assert!(refused.message().contains(&first.visit_id) && refused.message().contains("06:30"), "{refused:?}");
        let second = plan(&stage, &other, booking("12:00", "13:00")).await.expect("back at 11:30, off again then");
        assert_eq!(reason(shift(&stage, &second.visit_id, booking("11:59", "13:00")).await), Some(Reason::VisitClash));
        shift(&stage, &second.visit_id, booking("12:10", "13:00")).await.expect("a visit does not clash with itself");
        let colleague = wire::Booking { engineer: "m.sokolov".into(), ..booking("10:00", "11:00") };
        plan(&stage, &other, colleague).await.expect("somebody else is free");

        let cancel = wire::CancelVisitRequest {
            request_id: people.request_id(),
            visit_id: first.visit_id.clone(),
            why: "Заработало само.".into(),
            expected_version: 0,
        };
        visits(&stage).cancel_visit(cancel).await.unwrap();
        plan(&stage, &other, booking("10:00", "11:00")).await.expect("what was called off takes no time");
        stage.settle().await;
        assert!(told(&stage, &one).await.contains("отменён. Заработало само."));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn of_bookings_at_the_same_moment_one_wins() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut tickets = Vec::new();
        for _ in 0..6 {
            tickets.push(people.ticket_at(Line::Technical).await);
        }
        let booked = tickets.iter().map(|ticket| plan(&stage, ticket, booking("10:00", "12:00")));
        let booked = futures::future::join_all(booked).await;
        let won = booked.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(won, 1, "{booked:?}");
        for refused in booked.into_iter().filter_map(Result::err) {
            assert_eq!(rpc::reason_of(&refused), Some(Reason::VisitClash), "{}", refused.message());
        }
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_is_sent_at_night_without_a_word_or_without_knowing_how() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        // The shift on duty works from eight to ten in the evening on a Tuesday.
        let early = plan(&stage, &ticket, booking("08:15", "09:00")).await.unwrap_err();
        assert_eq!(rpc::reason_of(&early), Some(Reason::OutsideHours), "on the way at a quarter to eight");
        assert_eq!(reason(plan(&stage, &ticket, booking("20:00", "22:00")).await), Some(Reason::OutsideHours));
        let said = wire::Booking { outside_hours: true, ..booking("20:00", "22:00") };
        plan(&stage, &ticket, said).await.expect("it was said");

        let unable = wire::Booking { skills: vec!["сварка".into()], ..booking("10:00", "11:00") };
        let stranger = wire::Booking { engineer: "n.kto".into(), ..booking("10:00", "11:00") };
        let backwards = booking("11:00", "10:00");
        let past =
            wire::Booking { begins: Some(instant(at("2026-09-13T10:00:00+03:00"))), ..booking("10:00", "11:00") };
        for (wrong, fault) in
            [(unable, "сварка"), (stranger, "n.kto"), (backwards, "before it begins"), (past, "booking")]
        {
            let refused = plan(&stage, &ticket, wrong).await.unwrap_err();
            assert_eq!(rpc::reason_of(&refused), Some(Reason::FieldInvalid));
            assert!(refused.message().contains(fault), "{}", refused.message());
        }
        for (place, address) in [("ул. Ленина, 5", ""), ("addr:1", "ул. Ленина, 5")] {
            let request = wire::PlanVisitRequest {
                place: place.into(),
                address: address.into(),
                ..request(&stage, &ticket, booking("10:00", "11:00"))
            };
            let refused = visits(&stage).plan_visit(request).await.unwrap_err();
            assert_eq!(rpc::reason_of(&refused), Some(Reason::FieldInvalid), "line 2 keeps no address by this plan");
        }
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_address_is_kept_only_where_the_plan_lets_line_2_keep_it() {
    for databases in Databases::all() {
        let plan = plan::DEMO.replace("keeps_address = false", "keeps_address = true");
        let stage = Stage::with(databases, &plan, |config| config).await;
        let ticket = stage.people().ticket_at(Line::Technical).await;
        let request = wire::PlanVisitRequest {
            address: "ул. Ленина, 5".into(),
            ..request(&stage, &ticket, booking("10:00", "11:00"))
        };
        let planned = visits(&stage).plan_visit(request).await.unwrap().into_inner().visit.unwrap();
        assert_eq!(planned.address, "ул. Ленина, 5");
    }
}

#[tokio::test]
async fn a_visit_that_does_not_begin_or_end_in_time_is_noticed_once() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let visit = plan(&stage, &ticket, booking("10:00", "12:00")).await.unwrap().visit_id;
        stage.settle().await;
        answer(&stage, &ticket, &visit, true, "").await.unwrap();
        let late = async || {
            let journey = people.journey(&ticket).await.unwrap();
            journey.events.iter().filter(|event| event.summary.contains("a visit is late")).count()
        };
        // From Monday noon to a quarter past ten on Tuesday, less a minute.
        stage.after(SignedDuration::from_mins(22 * 60 + 14)).await;
        assert_eq!(late().await, 0);
        stage.after(SignedDuration::from_mins(1)).await;
        assert_eq!(late().await, 1);
        begin(&stage, &visit).await.expect("late is not too late");
        stage.after(SignedDuration::from_hours(2)).await;
        assert_eq!(late().await, 2, "nor has it ended");
        finish(&stage, &visit, true).await.unwrap();
        stage.after(SignedDuration::from_hours(24)).await;
        assert_eq!(late().await, 2);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_leaves_line_2_takes_its_visits_off() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let visit = plan(&stage, &ticket, booking("10:00", "12:00")).await.unwrap().visit_id;
        stage.settle().await;
        people.to_expert(&ticket, evidence::expert()).await.unwrap();
        stage.settle().await;
        assert_eq!(get(&stage, &visit).await.state(), VisitState::Cancelled);
        let case = people.case(&ticket).await.unwrap();
        assert!(case.conversation.iter().any(|message| message.text.contains("отменён")), "{case:?}");
        let kept = shift(&stage, &visit, booking("15:00", "16:00")).await;
        assert_eq!(reason(kept), Some(Reason::NotCustodian), "another line has the ticket");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_engineers_days_are_listed_and_put_into_a_calendar() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let mut planned = Vec::new();
        for (begins, ends) in [("15:00", "16:00"), ("10:00", "11:00"), ("12:00", "13:00")] {
            planned.push(plan(&stage, &ticket, booking(begins, ends)).await.unwrap().visit_id);
        }
        let list = |size, token: String| wire::ListEngineerVisitsRequest {
            engineer: ENGINEER.into(),
            first_day: "2026-09-15".into(),
            days: 1,
            page_size: size,
            page_token: token,
        };
        let first = visits(&stage).list_engineer_visits(list(2, String::new())).await.unwrap().into_inner();
        let rest = visits(&stage).list_engineer_visits(list(2, first.next_page_token)).await.unwrap().into_inner();
        let found: Vec<_> = first.visits.iter().chain(&rest.visits).map(|visit| visit.visit_id.clone()).collect();
        assert_eq!(found, [&planned[1], &planned[2], &planned[0]].map(String::clone), "in the order of time");
        let of_ticket = wire::ListTicketVisitsRequest { ticket_id: ticket.clone(), ..Default::default() };
        let of_ticket = visits(&stage).list_ticket_visits(of_ticket).await.unwrap().into_inner().visits;
        assert_eq!(of_ticket.len(), 3);

        let asked =
            wire::GetEngineerCalendarRequest { engineer: ENGINEER.into(), first_day: "2026-09-15".into(), days: 1 };
        let calendar = visits(&stage).get_engineer_calendar(asked).await.unwrap().into_inner();
        assert_eq!(calendar.media_type, "text/calendar; charset=utf-8; method=PUBLISH");
        assert_eq!(calendar.ics.matches("BEGIN:VEVENT\r\n").count(), 3);
        shift(&stage, &planned[0], booking("17:00", "18:00")).await.unwrap();
        let asked = wire::GetVisitCalendarRequest { visit_id: planned[0].clone() };
        let calendar = visits(&stage).get_visit_calendar(asked).await.unwrap().into_inner();
        for part in
            ["METHOD:REQUEST", "SEQUENCE:1", "DTSTART:20260915T140000Z", "DTEND:20260915T150000Z", "STATUS:TENTATIVE"]
        {
            assert!(calendar.ics.contains(&format!("{part}\r\n")), "{part}: {}", calendar.ics);
        }
        let asked = wire::ListEngineerVisitsRequest { first_day: "2026-09-16".into(), ..list(50, String::new()) };
        let wednesday = visits(&stage).list_engineer_visits(asked).await.unwrap().into_inner();
        assert_eq!(wednesday.visits, [], "nothing is planned for that day");
    })
    .await;
}

#[tokio::test]
async fn line_1_hears_of_a_visit_that_was_planned_while_it_was_down() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Technical).await;
        stage.settle().await;
        stage.suite.kill(Line::ServiceDesk);
        let visit =
            plan(&stage, &ticket, booking("10:00", "12:00")).await.expect("line 2 needs nobody for it").visit_id;
        stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
        stage.after(SignedDuration::from_mins(1)).await;
        let known = at_line_1(&stage, &ticket).await;
        assert_eq!(known.len(), 1, "once, however often it was sent");
        assert_eq!(known[0].news.as_ref().unwrap().visit_id, visit);
        stage.suite.kill(Line::Technical);
        let said = stage.people();
        let client = said.channel(Line::ServiceDesk, &said.client(CLIENT));
        let request = AnswerVisitRequest {
            request_id: said.request_id(),
            ticket_id: ticket.clone(),
            visit_id: visit.clone(),
            agreed: true,
            comment: String::new(),
        };
        ClientVisitServiceClient::new(client).answer_visit(request).await.expect("the client need not wait");
        stage.suite.restart(Line::Technical).await.expect("line 2 comes back");
        stage.after(SignedDuration::from_mins(1)).await;
        assert_eq!(get(&stage, &visit).await.state(), VisitState::Confirmed);
        stage.holds().await;
    })
    .await;
}
