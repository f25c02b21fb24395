//! Clocks ring: people are warned and called in, tickets wait for reasons of the plan, and nobody is flooded.

use jiff::{SignedDuration, Timestamp};
use proto::handover::clock_service_client::ClockServiceClient;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::handover::{HoldRequest, ListNoticesRequest, MarkNoticesReadRequest, NoticeDigest, ResumeRequest};
use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::ticket::{AgreementKind, Clock, ClockState, ExplainDeadlineRequest, Measure, State};
use rpc::Caller;
use tests::{Stage, evidence, on_each_database};
use ticket::{Clock as _, Line};
use tonic::Status;

async fn notices(stage: &Stage, line: Line, caller: &Caller) -> Vec<NoticeDigest> {
    let mut notices = NoticeServiceClient::new(stage.people().channel(line, caller));
    let request = ListNoticesRequest { page_size: 0, page_token: String::new() };
    notices.list_notices(request).await.expect("notices can be listed").into_inner().digests
}

/// How many notices of `topic` there are in all digests.
fn count(digests: &[NoticeDigest], topic: &str) -> u32 {
    digests.iter().flat_map(|digest| &digest.counts).filter(|count| count.topic == topic).map(|count| count.count).sum()
}

async fn hold(
    stage: &Stage,
    line: Line,
    ticket: &str,
    reason: &str,
    until: Option<Timestamp>,
) -> Result<proto::ticket::Ticket, Status> {
    let people = stage.people();
    let request = HoldRequest {
        request_id: people.request_id(),
        ticket_id: ticket.into(),
        reason: reason.into(),
        until: until.map(|at| prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }),
        note: "ждём поставку".into(),
        expected_version: 0,
    };
    let held = ClockServiceClient::new(people.at(line)).hold(request).await?;
    Ok(held.into_inner().ticket.expect("a ticket"))
}

async fn resume(stage: &Stage, line: Line, ticket: &str) -> Result<proto::ticket::Ticket, Status> {
    let people = stage.people();
    let request = ResumeRequest { request_id: people.request_id(), ticket_id: ticket.into(), expected_version: 0 };
    let resumed = ClockServiceClient::new(people.at(line)).resume(request).await?;
    Ok(resumed.into_inner().ticket.expect("a ticket"))
}

async fn clock(stage: &Stage, line: Line, ticket: &str, kind: AgreementKind, measure: Measure) -> Clock {
    let mut tickets = TicketServiceClient::new(stage.people().at(line));
    let request = ExplainDeadlineRequest { ticket_id: ticket.to_owned() };
    let clocks = tickets.explain_deadline(request).await.expect("the ticket is there").into_inner().clocks;
    let found = clocks.into_iter().find(|clock| (clock.kind(), clock.measure()) == (kind, measure));
    found.expect("such a clock")
}

async fn events(stage: &Stage, ticket: &str, what: &str) -> Vec<serde_json::Value> {
    let journey = stage.people().journey(ticket).await.expect("the ticket is there");
    let of = journey.events.into_iter().filter(|event| event.what == what);
    of.map(|event| serde_json::from_str(&event.detail_json).expect("an event is JSON")).collect()
}

/// The demonstration's plan with a reason that stops the lines' clocks, and one that stops the clients' too.
fn plan_with_reasons() -> String {
    format!(
        "{}\n[[hold_reasons]]\nid = \"parts\"\nname = {{ ru = \"ждём запчасти\", en = \"waiting for parts\" }}\n\
         stops_clock_of = [\"ola\"]\n\n[[hold_reasons]]\nid = \"agreed-date\"\n\
         name = {{ ru = \"ждём согласованной даты\", en = \"waiting for the date agreed\" }}\nstops_clock_of = [\"sla\", \"ola\"]\n",
        plan::DEMO
    )
}

async fn on_each_with_reasons(test: impl AsyncFn(Stage)) {
    for databases in tests::Databases::all() {
        test(Stage::with(databases, &plan_with_reasons(), |config| config).await).await;
    }
}

#[tokio::test]
async fn people_are_warned_before_a_deadline_and_supervisors_called_in_after_it_once() {
    on_each_database(async |stage| {
        let people = stage.people();
        let (agent, supervisor) = (people.agent(Line::ServiceDesk), people.supervisor());
        let ticket = people.register("Нет интернета").await;
        stage.settle().await;
        assert_eq!(notices(&stage, Line::ServiceDesk, &agent).await, [], "nothing has passed yet");

        // The client is promised a first answer within an hour; nobody writes.
        for _ in 0..60 {
            stage.after(SignedDuration::from_mins(2)).await;
        }
        let told = events(&stage, &ticket, "clock").await;
        let of =
            |is: &str| told.iter().filter(|event| event["is"] == is && event["clock"]["measure"] == "response").count();
        assert!(of("warned") >= 2, "{told:?}");
        assert_eq!((of("breached"), of("escalated")), (1, 1), "once: {told:?}");

        let seen = notices(&stage, Line::ServiceDesk, &agent).await;
        assert_eq!(count(&seen, "clock-breached"), 1, "{seen:?}");
        assert!(count(&seen, "clock-warned") >= 2);
        let line = &seen.last().expect("a digest").lines[0];
        assert!(line.ru.contains("прошло") && line.en.contains("has passed"), "{line:?}");
        assert_eq!(line.ticket_id, ticket);
        let above = notices(&stage, Line::ServiceDesk, &supervisor).await;
        assert_eq!(
            (count(&above, "clock-breached"), count(&above, "clock-warned")),
            (1, 0),
            "supervisors hear of breaches"
        );
        assert!(above.iter().all(|digest| digest.recipient == "supervisors"));

        let mut inbox = NoticeServiceClient::new(people.channel(Line::ServiceDesk, &agent));
        let request = MarkNoticesReadRequest { request_id: people.request_id(), up_to: seen[0].sent_at };
        inbox.mark_notices_read(request).await.expect("they can be marked");
        assert!(notices(&stage, Line::ServiceDesk, &agent).await.iter().all(|digest| digest.read));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_mass_of_breaches_becomes_a_handful_of_digests() {
    on_each_database(async |stage| {
        let people = stage.people();
        let supervisor = people.supervisor();
        for number in 0..30 {
            people.register(&format!("Нет интернета, подъезд {number}")).await;
        }
        for _ in 0..8 {
            stage.after(SignedDuration::from_mins(10)).await;
        }
        let digests = notices(&stage, Line::ServiceDesk, &supervisor).await;
        // The one that is open at the end goes out with its window.
        stage.after(SignedDuration::from_mins(20)).await;
        let after = notices(&stage, Line::ServiceDesk, &supervisor).await;
        assert_eq!(count(&after, "clock-breached"), 30, "each ticket is counted");
        assert!(digests.len() <= after.len() && after.len() <= 3, "{} digests", after.len());
        let mut inbox = NoticeServiceClient::new(people.channel(Line::ServiceDesk, &supervisor));
        let (mut turned, mut token) = (Vec::new(), String::new());
        for _ in 0..after.len() {
            let request = ListNoticesRequest { page_size: 1, page_token: token };
            let page = inbox.list_notices(request).await.unwrap().into_inner();
            turned.extend(page.digests);
            token = page.next_page_token;
        }
        assert_eq!((turned.as_slice(), token.as_str()), (after.as_slice(), ""), "page by page they are the same");
        assert!(after.iter().all(|digest| digest.lines.len() <= 20), "a digest spells out no more than the plan says");
        assert!(
            after
                .windows(2)
                .all(|pair| pair[0].sent_at.as_ref().unwrap().seconds >= pair[1].sent_at.as_ref().unwrap().seconds)
        );
    })
    .await;
}

#[tokio::test]
async fn a_ticket_waits_for_a_reason_of_the_plan_and_goes_on_by_itself() {
    on_each_with_reasons(async |stage| {
        let people = stage.people();
        let ticket = people.register("Сломался роутер").await;
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        stage.settle().await;
        let refused = hold(&stage, Line::Technical, &ticket, "sunshine", None).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(proto::errors::Reason::HoldReasonUnknown));

        let until = stage.clock.now() + SignedDuration::from_hours(30);
        let held = hold(&stage, Line::Technical, &ticket, "parts", Some(until)).await.unwrap();
        assert_eq!(held.state(), State::OnHold);
        stage.settle().await;
        // Parts stop the line's clock and not the client's, though line 1 knows of the wait.
        let ola = clock(&stage, Line::Technical, &ticket, AgreementKind::Ola, Measure::Resolution).await;
        assert_eq!(ola.state(), ClockState::Held);
        let sla = clock(&stage, Line::ServiceDesk, &ticket, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!(sla.state(), ClockState::Running);
        let why = sla.intervals.iter().filter_map(|interval| interval.because.clone()).map(|because| because.ru);
        assert!(
            why.clone().any(|why| why == "На удержании (ждём запчасти), но срок идёт."),
            "{:?}",
            why.collect::<Vec<_>>()
        );

        stage.after(SignedDuration::from_hours(31)).await;
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), State::Open, "it ended by itself");
        let ola = clock(&stage, Line::Technical, &ticket, AgreementKind::Ola, Measure::Resolution).await;
        assert_eq!(ola.state(), ClockState::Running);
        assert!(ola.elapsed_seconds < 2 * 3600, "the hold did not count: {}", ola.elapsed_seconds);
        let refused = resume(&stage, Line::Technical, &ticket).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(proto::errors::Reason::WrongState), "it waits no longer");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_question_to_the_client_takes_the_place_of_a_hold_and_the_clock_goes_on_with_the_answer() {
    on_each_with_reasons(async |stage| {
        let people = stage.people();
        let ticket = people.register("Сломался роутер").await;
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        hold(&stage, Line::Technical, &ticket, "parts", None).await.unwrap();
        let question = people.ask_client(Line::Technical, &ticket, "Какая модель?").await.unwrap();
        stage.settle().await;
        people.write(&ticket, "Какая модель?", &question).await.unwrap();
        people.reply(&ticket, "CC-2000").await.unwrap();
        stage.settle().await;
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), State::Open);
        let ola = clock(&stage, Line::Technical, &ticket, AgreementKind::Ola, Measure::Resolution).await;
        assert_eq!(ola.state(), ClockState::Running, "the hold is over with the answer");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_breached_while_a_hold_stops_the_clients_clock_and_the_deadline_moves_by_it() {
    on_each_with_reasons(async |stage| {
        let people = stage.people();
        let ticket = people.register("Переезд офиса").await;
        people.write(&ticket, "Согласуем дату", "").await.unwrap();
        let due = |clock: &Clock| clock.due_at.as_ref().map(|at| at.seconds);
        let before = clock(&stage, Line::ServiceDesk, &ticket, AgreementKind::Sla, Measure::Resolution).await;
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        hold(&stage, Line::Technical, &ticket, "agreed-date", None).await.unwrap();
        stage.settle().await;
        stage.after(SignedDuration::from_hours(24 * 30)).await;
        let held = clock(&stage, Line::ServiceDesk, &ticket, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!((held.state(), due(&held)), (ClockState::Held, None), "a month passed, and nothing is due");
        assert!(events(&stage, &ticket, "clock").await.iter().all(|event| event["clock"]["measure"] == "response"));

        resume(&stage, Line::Technical, &ticket).await.unwrap();
        stage.settle().await;
        let after = clock(&stage, Line::ServiceDesk, &ticket, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!(after.state(), ClockState::Running);
        let moved = due(&after).unwrap() - due(&before).unwrap();
        assert_eq!(moved, 24 * 30 * 3600, "around the clock a month of hold moves the deadline by a month");
    })
    .await;
}

#[tokio::test]
async fn a_line_that_was_down_tells_what_was_missed_once_and_only_the_latest_warning() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        people.write(&ticket, "Смотрим", "").await.unwrap();
        stage.settle().await;
        stage.suite.kill(Line::ServiceDesk);
        // The client's 72 hours and the line's 8: 90 % of the former, all of the latter have passed meanwhile.
        stage.clock.advance(SignedDuration::from_hours(66));
        stage.suite.restart(Line::ServiceDesk).await.expect("the line starts again");
        stage.settle().await;
        stage.settle().await;
        let told = events(&stage, &ticket, "clock").await;
        let of = |is: &str, party: &str| {
            told.iter().filter(|event| event["is"] == is && event["clock"]["party"] == party).count()
        };
        assert_eq!((of("breached", "service-desk"), of("warned", "service-desk")), (1, 0), "{told:?}");
        assert_eq!((of("warned", "client"), of("breached", "client")), (1, 0), "{told:?}");
    })
    .await;
}

/// How often each of the clocks of `party` came to this: for the response, and for the resolution.
fn came_to(told: &[serde_json::Value], party: &str, is: &str) -> (usize, usize) {
    let of = |measure: &str| {
        let same = |event: &&serde_json::Value| {
            event["is"] == is && event["clock"]["party"] == party && event["clock"]["measure"] == measure
        };
        told.iter().filter(same).count()
    };
    (of("response"), of("resolution"))
}

#[tokio::test]
async fn line_3_is_warned_and_its_broken_promises_come_to_supervisors() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Expert).await;
        for _ in 0..3 * 21 {
            stage.after(SignedDuration::from_hours(8)).await;
        }
        let told = events(&stage, &ticket, "clock").await;
        let (response, resolution) = came_to(&told, "expert", "warned");
        assert!(response >= 1 && resolution >= 2, "{told:?}");
        assert_eq!(came_to(&told, "expert", "breached"), (1, 1), "once each: {told:?}");
        assert_eq!(came_to(&told, "expert", "escalated"), (1, 1));
        let supervisors = notices(&stage, Line::Expert, &stage.people().supervisor()).await;
        assert_eq!(count(&supervisors, "clock-breached"), 2, "{supervisors:?}");
        let experts = notices(&stage, Line::Expert, &stage.people().agent(Line::Expert)).await;
        assert!(count(&experts, "clock-warned") >= 3 && count(&experts, "clock-breached") == 2, "{experts:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_vendor_that_breaks_its_contract_is_warned_of_at_the_bridge_and_comes_to_supervisors() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Vendor).await;
        for _ in 0..3 * 14 {
            stage.after(SignedDuration::from_hours(8)).await;
        }
        let told = events(&stage, &ticket, "clock").await;
        let (response, resolution) = came_to(&told, "vendor:cloudcore", "warned");
        assert!(response + resolution >= 2, "{told:?}");
        let (_, resolution) = came_to(&told, "vendor:cloudcore", "breached");
        assert_eq!(resolution, 1, "once: {told:?}");
        let supervisors = notices(&stage, Line::Vendor, &stage.people().supervisor()).await;
        let lines: Vec<_> = supervisors.iter().flat_map(|digest| &digest.lines).collect();
        assert!(lines.iter().any(|line| line.topic == "clock-breached" && line.en.contains("CloudCore")), "{lines:?}");
        stage.holds().await;
    })
    .await;
}
