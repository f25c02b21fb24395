//! Mass incidents: many have the same, line 1 notices, and what is done once is done for all of them.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::ListNoticesRequest;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::line1 as wire;
use proto::line1::MajorIncidentStage as At;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::{Facts, Priority, RaiseCause, State};
use rpc::{Caller, reason_of};
use tests::{Databases, Stage, evidence, major, on_each_database};
use ticket::Line;

const OUTAGE: &str = "Не проходит оплата картой на терминале";

/// More than are written in one transaction, twice over.
const MANY: usize = 45;

async fn facts(stage: &Stage, line: Line, ticket: &str) -> Facts {
    stage.people().ticket(line, ticket).await.expect("the ticket is there").facts.expect("it has facts")
}

/// The notices about major incidents that were spelt out to somebody.
async fn notices(stage: &Stage, line: Line, caller: &Caller) -> Vec<String> {
    let mut inbox = NoticeServiceClient::new(stage.people().channel(line, caller));
    let request = ListNoticesRequest { page_size: 200, page_token: String::new() };
    let digests = inbox.list_notices(request).await.expect("notices can be listed").into_inner().digests;
    let lines = digests.into_iter().flat_map(|digest| digest.lines);
    lines.filter(|line| line.topic == "major-incident").map(|line| line.ru).collect()
}

async fn told_raise(stage: &Stage, line: Line, ticket: &str) -> Option<String> {
    let raises = facts(stage, line, ticket).await.raises;
    raises.into_iter().find(|raise| raise.cause() == RaiseCause::Mass).map(|raise| raise.ru)
}

#[tokio::test]
async fn a_candidate_is_told_within_a_minute_with_nobody_asking_for_it() {
    let stage = Stage::with(Databases::sqlite(), plan::DEMO, |mut config| {
        config.background = true;
        config
    });
    let stage = stage.await;
    major::say(&stage, 0..major::LEAST, OUTAGE).await;
    let told = async {
        while major::list(&stage, At::Candidate).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), told).await.expect("it is told in time");
}

#[tokio::test]
async fn more_alike_than_usual_are_a_candidate_that_says_why_and_one_client_is_none() {
    on_each_database(async |stage| {
        let id = major::candidate(&stage, OUTAGE).await;
        for _ in 0..2 * major::LEAST {
            major::says(&stage, "client-angry", "Пропал звук у приставки телевидения").await;
        }
        stage.settle().await;
        let candidates = major::list(&stage, At::Candidate).await;
        assert_eq!(candidates.len(), 1, "{candidates:?}");
        let candidate = major::get(&stage, &id).await;
        let surprise = candidate.surprise.clone().expect("the watch told it");
        assert_eq!(surprise.count as usize, major::LEAST);
        assert!(candidate.waiting as usize >= major::LEAST);
        assert!(surprise.expected < 2.0 && surprise.chance < 1e-6 && !surprise.plan.is_empty(), "{surprise:?}");
        assert_eq!((candidate.stage(), candidate.children, candidate.title.as_str()), (At::Candidate, 0, OUTAGE));
        let supervisor = stage.people().supervisor();
        let told = notices(&stage, Line::ServiceDesk, &supervisor).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(OUTAGE) && told[0].contains("клиентов: 5"), "{told:?}");
        assert_eq!(told_raise(&stage, Line::ServiceDesk, &candidate.waiting_ticket_ids[0]).await, None);
    })
    .await;
}

#[tokio::test]
async fn when_a_person_accepts_tickets_join_by_themselves_rise_and_say_why() {
    on_each_database(async |stage| {
        let id = major::candidate(&stage, OUTAGE).await;
        // While nobody has decided more come than stand in the incident itself.
        major::say(&stage, 100..120, OUTAGE).await;
        let waiting = async || major::get(&stage, &id).await.waiting == 25;
        major::until(&stage, "all wait", waiting).await;
        let before = major::get(&stage, &id).await.waiting_ticket_ids[0].clone();
        let calm = facts(&stage, Line::ServiceDesk, &before).await.priority();
        let accepted = major::accept(&stage, &id).await;
        assert_eq!(accepted.stage(), At::Open);
        let again = wire::AcceptCandidateRequest { request_id: stage.people().request_id(), incident_id: id.clone() };
        let refused = major::at(&stage).accept_candidate(again).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::MajorIncidentWrongState));

        // And so do those that come later.
        let later = major::says(&stage, "client-late", OUTAGE).await;
        major::joined(&stage, &id, 26).await;
        let children = major::children(&stage, &id).await;
        assert!(children.contains(&later) && children.len() == 26, "{children:?}");
        for ticket in &children {
            let why = told_raise(&stage, Line::ServiceDesk, ticket).await.expect("it rises");
            assert!(why.contains("массовый инцидент") && why.contains(OUTAGE), "{why}");
        }
        assert_eq!(
            (calm, facts(&stage, Line::ServiceDesk, &before).await.priority()),
            (Priority::Medium, Priority::High)
        );
        assert_eq!(
            major::read(&stage, &children, "Это не только у вас").await,
            vec![1; 26],
            "the plan's answer, once each"
        );
        let journey = stage.people().journey(&later).await.unwrap();
        assert!(journey.events.iter().any(|event| event.summary.contains("part of the major incident")));

        // Nobody gets a notice for each ticket.
        stage.after(SignedDuration::from_mins(30)).await;
        let told = notices(&stage, Line::ServiceDesk, &stage.people().agent(Line::ServiceDesk)).await;
        assert_eq!(told.len(), 2, "that there is a candidate, and that it is accepted: {told:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn one_answer_reaches_all_once_and_one_resolution_solves_all_until_a_client_says_no() {
    on_each_database(async |stage| {
        let id = major::candidate(&stage, OUTAGE).await;
        let mut tickets = major::say(&stage, 100..100 + MANY - major::LEAST, OUTAGE).await;
        // From thirty clients on the demonstration's plan accepts by itself.
        major::joined(&stage, &id, MANY).await;
        tickets = {
            tickets.clear();
            major::children(&stage, &id).await
        };
        assert!(major::get(&stage, &id).await.decided_by.starts_with("plan "));
        major::write(&stage, &id, "Кабель найден, чиним").await;
        stage.settle().await;
        assert_eq!(major::read(&stage, &tickets, "Кабель найден").await, vec![1; MANY]);

        major::resolve(&stage, &id).await;
        stage.settle().await;
        for ticket in &tickets {
            assert_eq!(major::state(&stage, ticket).await, State::Resolved);
        }
        assert_eq!(major::read(&stage, &tickets, "кабель сварен").await, vec![1; MANY], "each is asked to confirm");
        let says_no = wire::ReopenRequest {
            request_id: stage.people().request_id(),
            ticket_id: tickets[0].clone(),
            text: "У меня по-прежнему не работает".into(),
        };
        let mut desk = ServiceDeskServiceClient::new(stage.people().at(Line::ServiceDesk));
        desk.reopen(says_no).await.expect("within the window it opens again");
        stage.after(SignedDuration::from_mins(1)).await;
        assert_eq!(major::state(&stage, &tickets[0]).await, State::Open, "and is an ordinary ticket");
        let late = wire::WriteToChildrenRequest {
            request_id: stage.people().request_id(),
            incident_id: id,
            ru: "Ещё новость".into(),
            en: String::new(),
        };
        let refused = major::at(&stage).write_to_children(late).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::MajorIncidentWrongState));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn one_that_differs_leaves_and_is_not_solved_with_the_others() {
    on_each_database(async |stage| {
        let id = major::candidate(&stage, OUTAGE).await;
        major::accept(&stage, &id).await;
        major::joined(&stage, &id, major::LEAST).await;
        let children = major::children(&stage, &id).await;
        let differs = children[0].clone();
        let detach = wire::DetachTicketRequest {
            request_id: stage.people().request_id(),
            incident_id: id.clone(),
            ticket_id: differs.clone(),
        };
        major::at(&stage).detach_ticket(detach).await.expect("a child can leave");
        assert_eq!(told_raise(&stage, Line::ServiceDesk, &differs).await, None);
        assert_eq!(facts(&stage, Line::ServiceDesk, &differs).await.priority(), Priority::Medium);

        // It may be another's; a child of two it cannot be.
        let other = major::declare(&stage, "", &[&differs]).await.incident_id;
        major::joined(&stage, &other, 1).await;
        let attach = wire::AttachTicketsRequest {
            request_id: stage.people().request_id(),
            incident_id: id.clone(),
            ticket_ids: vec![differs.clone()],
        };
        let refused = major::at(&stage).attach_tickets(attach).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::ChildOfAnother));

        major::resolve(&stage, &id).await;
        stage.settle().await;
        assert_eq!(major::state(&stage, &differs).await, State::Open);
        assert_eq!(major::state(&stage, &children[1]).await, State::Resolved);
    })
    .await;
}

#[tokio::test]
async fn a_child_of_another_line_rises_there_and_is_told_and_not_solved() {
    on_each_database(async |stage| {
        let people = stage.people();
        let (there, too) = (people.ticket_at(Line::Technical).await, people.ticket_at(Line::Technical).await);
        let id = major::declare(&stage, "", &[&there, &too]).await.incident_id;
        major::joined(&stage, &id, 2).await;
        stage.settle().await;
        let engineer = Caller { subject: "d.volkov".into(), ..people.agent(Line::Technical) };
        let told = notices(&stage, Line::Technical, &engineer).await;
        assert_eq!(told.len(), 1, "their group hears of it once, whatever it has: {told:?}");
        let why = told_raise(&stage, Line::Technical, &there).await.expect("its custodian raises it");
        assert!(why.contains("Авария на магистрали"), "{why}");

        // Whoever has it next knows as well.
        people.to_expert(&there, evidence::expert()).await.unwrap();
        stage.settle().await;
        let raise =
            wire::RaiseMajorIncidentRequest { request_id: people.request_id(), incident_id: id.clone(), raise: 2 };
        major::at(&stage).raise_major_incident(raise).await.unwrap();
        stage.settle().await;
        assert_eq!(facts(&stage, Line::Expert, &there).await.priority(), Priority::Critical);

        major::resolve(&stage, &id).await;
        stage.settle().await;
        assert_eq!(people.ticket(Line::Expert, &there).await.unwrap().state(), State::Open, "its expert decides");
        let journey = people.journey(&there).await.unwrap();
        let at = |line: proto::ticket::Line| {
            let told = journey.events.iter().filter(move |event| event.line() == line);
            told.filter(|event| event.summary.contains("major incident is resolved")).count()
        };
        assert_eq!((at(proto::ticket::Line::Expert), at(proto::ticket::Line::ServiceDesk)), (1, 1));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_declared_by_hand_takes_in_what_is_about_it() {
    on_each_database(async |stage| {
        let about = "Нет интернета и телевидения в районе Северный";
        let id = major::declare(&stage, about, &[]).await.incident_id;
        let in_it = major::says(&stage, "client-1", "Северный: пропало телевидение и интернет").await;
        let other = major::says(&stage, "client-2", "Забыл пароль от личного кабинета, как восстановить").await;
        major::joined(&stage, &id, 1).await;
        assert_eq!(major::children(&stage, &id).await, [in_it]);
        assert_eq!(told_raise(&stage, Line::ServiceDesk, &other).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_was_rejected_stays_away_and_what_was_announced_is_no_candidate() {
    on_each_database(async |stage| {
        let id = major::candidate(&stage, OUTAGE).await;
        major::say(&stage, 100..117, OUTAGE).await;
        major::until(&stage, "all wait", async || major::get(&stage, &id).await.waiting == 22).await;
        let reject = wire::RejectCandidateRequest {
            request_id: stage.people().request_id(),
            incident_id: id.clone(),
            why: "проверка терминалов".into(),
        };
        major::at(&stage).reject_candidate(reject).await.expect("a candidate is rejected");
        major::until(&stage, "none waits", async || major::get(&stage, &id).await.waiting == 0).await;
        major::say(&stage, 200..205, OUTAGE).await;
        // What comes after it shows that these were read.
        major::candidate(&stage, "Пропал звук у приставки телевидения").await;
        let live = major::list(&stage, At::Unspecified).await;
        assert_eq!(live.len(), 1, "{live:?}");
        assert_eq!(major::get(&stage, &id).await.why, "проверка терминалов");

        let announced = "Хочу отказаться от нового тарифа, что для этого нужно?";
        stage.after(SignedDuration::from_hours(24 * 49 + 6)).await;
        major::say(&stage, 300..305, announced).await;
        let known = async || major::list(&stage, At::Rejected).await.iter().any(|it| it.title == announced);
        major::until(&stage, "the wave is known", known).await;
        // However large it becomes, it was announced.
        major::say(&stage, 305..325, announced).await;
        major::candidate(&stage, "Не печатает принтер в бухгалтерии").await;
        let rejected = major::list(&stage, At::Rejected).await;
        assert_eq!(rejected.iter().filter(|it| it.title == announced).count(), 1, "{rejected:?}");
    })
    .await;
}
