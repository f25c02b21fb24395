//! Why a ticket is due when it is.

use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::ticket::{AgreementKind, Clock, ClockState, ExplainDeadlineRequest, Measure};
use tests::{Stage, evidence, on_each_database};
use ticket::Line;

use jiff::{SignedDuration, Timestamp};

async fn clocks(stage: &Stage, line: Line, ticket: &str) -> Vec<Clock> {
    let mut tickets = TicketServiceClient::new(stage.people().at(line));
    let request = ExplainDeadlineRequest { ticket_id: ticket.to_owned() };
    tickets.explain_deadline(request).await.expect("the ticket is there").into_inner().clocks
}

fn of(clocks: &[Clock], kind: AgreementKind, measure: Measure) -> &Clock {
    let clock = clocks.iter().find(|clock| (clock.kind(), clock.measure()) == (kind, measure));
    clock.unwrap_or_else(|| panic!("no {kind:?} for {measure:?}"))
}

fn due(clock: &Clock) -> Option<String> {
    let due = clock.due_at.as_ref()?;
    Some(Timestamp::new(due.seconds, due.nanos).expect("an instant").to_string())
}

#[tokio::test]
async fn the_clients_clock_stands_while_the_client_is_asked_and_says_why() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let begun = clocks(&stage, Line::ServiceDesk, &ticket).await;
        let response = of(&begun, AgreementKind::Sla, Measure::Response);
        assert_eq!(response.state(), ClockState::Running);
        assert_eq!((response.agreement.as_str(), response.within_seconds), ("clients", 3600));
        let resolution = of(&begun, AgreementKind::Sla, Measure::Resolution);
        let before = due(resolution).expect("it runs");
        let counted: i64 = resolution
            .intervals
            .iter()
            .filter(|interval| interval.counts)
            .map(|interval| interval.to.as_ref().unwrap().seconds - interval.from.as_ref().unwrap().seconds)
            .sum();
        assert_eq!(counted, resolution.within_seconds, "the intervals that count make up the promise");

        people.write(&ticket, "Смотрим", "").await.unwrap();
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        let question = people.ask_client(Line::Technical, &ticket, "Какой индикатор горит?").await.unwrap();
        stage.settle().await;
        people.write(&ticket, "Какой индикатор горит?", &question).await.unwrap();
        stage.after(SignedDuration::from_hours(3)).await;

        let asked = clocks(&stage, Line::ServiceDesk, &ticket).await;
        assert_eq!(of(&asked, AgreementKind::Sla, Measure::Response).state(), ClockState::Met);
        let held = of(&asked, AgreementKind::Sla, Measure::Resolution);
        assert_eq!((held.state(), due(held)), (ClockState::Held, None), "nothing is due while the client is asked");
        let why = held.intervals.last().unwrap().because.clone().unwrap();
        assert_eq!(why.ru, "На удержании (ждём ответа клиента): срок стоит.");
        assert_eq!(why.en, "On hold (waiting for the client): the clock stands.");
        let there = clocks(&stage, Line::Technical, &ticket).await;
        assert_eq!(of(&there, AgreementKind::Ola, Measure::Resolution).state(), ClockState::Held);
        assert!(there.iter().all(|clock| clock.kind() == AgreementKind::Ola), "line 2 promises the client nothing");

        people.reply(&ticket, "Красный").await.unwrap();
        stage.settle().await;
        let goes_on = clocks(&stage, Line::ServiceDesk, &ticket).await;
        let resolution = of(&goes_on, AgreementKind::Sla, Measure::Resolution);
        assert_eq!(resolution.state(), ClockState::Running);
        assert!(due(resolution).expect("it runs again") > before, "the hours of waiting are not counted");
    })
    .await;
}

#[tokio::test]
async fn a_vendor_has_a_clock_of_its_own() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Vendor).await;
        stage.settle().await;
        let clocks = clocks(&stage, Line::Vendor, &ticket).await;
        let contract = of(&clocks, AgreementKind::UnderpinningContract, Measure::Resolution);
        assert_eq!((contract.vendor.as_str(), contract.agreement.as_str()), ("cloudcore", "cloudcore-support"));
    })
    .await;
}
