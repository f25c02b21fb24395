//! What people are told by their line: of clients who are not content, of hard talks, of visits, questions and help that
//! went wrong; and queues by why supervisors were called in.

use handover::wire::instant;
use jiff::{SignedDuration, Timestamp};
use proto::errors::Reason;
use proto::handover::NoticeDigest;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::line1::casework_service_client::CaseworkServiceClient;
use proto::line1::client_visit_service_client::ClientVisitServiceClient;
use proto::line1::{AnswerVisitRequest, HandToSeniorRequest};
use proto::line2 as wire;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line2::visit_service_client::VisitServiceClient;
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::staff_service_client::StaffServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{CallSupervisorRequest, Escalation, Filter, ListQueueRequest, SetPresenceRequest};
use rpc::{Caller, Role};
use tests::people::CLIENT;
use tests::{Stage, on_each_database};
use ticket::Line;

fn agent(stage: &Stage, line: Line, subject: &str) -> Caller {
    let organization = stage.plan.organization().clone();
    Caller { subject: subject.to_owned(), organization, role: Role::Agent { line } }
}

/// What `caller` was told about `topic`, in Russian.
async fn told(stage: &Stage, line: Line, caller: &Caller, topic: &str) -> Vec<String> {
    // What waits in a window for the next digest goes out.
    stage.after(SignedDuration::from_mins(30)).await;
    let mut notices = NoticeServiceClient::new(stage.people().channel(line, caller));
    let request = proto::handover::ListNoticesRequest::default();
    let digests = notices.list_notices(request).await.expect("notices can be listed").into_inner().digests;
    let lines = digests.into_iter().flat_map(|NoticeDigest { lines, .. }| lines);
    lines.filter(|line| line.topic == topic && !line.en.is_empty()).map(|line| line.ru).collect()
}

async fn who_has(stage: &Stage, line: Line, ticket: &str) -> Caller {
    let assignment = stage.people().ticket(line, ticket).await.expect("it is there").assignment;
    agent(stage, line, &assignment.unwrap_or_default().assignee)
}

/// The tickets of line 1 that a supervisor finds so.
async fn found(stage: &Stage, line: Line, filter: Filter) -> Vec<String> {
    let boss = stage.people().channel(line, &stage.people().supervisor());
    let request = ListQueueRequest { filter: Some(filter), ..ListQueueRequest::default() };
    let page = ViewServiceClient::new(boss).list_queue(request).await.expect("a good filter").into_inner();
    let id = |entry: proto::queue::list_queue_response::Entry| entry.ticket?.facts.map(|facts| facts.ticket_id);
    page.entries.into_iter().filter_map(id).collect()
}

#[tokio::test]
async fn supervisors_hear_of_a_client_who_is_not_content() {
    on_each_database(async |stage| {
        let (people, boss) = (stage.people(), stage.people().supervisor());
        for answer in ["4", "2"] {
            let ticket = people.register("Нет интернета").await;
            people.resolve(Line::ServiceDesk, &ticket).await.unwrap();
            people.confirm(&ticket).await.unwrap();
            people.reply(&ticket, answer).await.unwrap();
        }
        let told = told(&stage, Line::ServiceDesk, &boss, "low-rating").await;
        assert!(told.len() == 1 && told[0].contains("на 2 из 5"), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_senior_is_told_of_a_hard_talk_and_gets_none_while_away() {
    on_each_database(async |stage| {
        let people = stage.people();
        let senior = agent(&stage, Line::ServiceDesk, "o.kuznetsova");
        let presence = async |away| {
            let request = SetPresenceRequest { request_id: people.request_id(), away, ..SetPresenceRequest::default() };
            let mut staff = StaffServiceClient::new(people.channel(Line::ServiceDesk, &senior));
            staff.set_presence(request).await.expect("one may go away");
        };
        presence(true).await;
        let ticket = people.register("Угрожают, помогите").await;
        let hand = |named: &str| HandToSeniorRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            reason: "угрозы".into(),
            senior: named.into(),
            expected_version: 0,
        };
        let mut desk = CaseworkServiceClient::new(people.at(Line::ServiceDesk));
        for named in ["", "o.kuznetsova"] {
            let refused = desk.hand_to_senior(hand(named)).await.unwrap_err();
            assert_eq!(rpc::reason_of(&refused), Some(Reason::PersonNotFree), "{refused:?}");
        }
        presence(false).await;
        desk.hand_to_senior(hand("")).await.expect("she is back");
        let told = told(&stage, Line::ServiceDesk, &senior, "handed-to-senior").await;
        assert!(told.len() == 1 && told[0].contains("угрозы"), "{told:?}");

        presence(true).await;
        let other = people.register("Снова угрожают").await;
        let mut boss = CaseworkServiceClient::new(people.channel(Line::ServiceDesk, &people.supervisor()));
        let insists = HandToSeniorRequest { ticket_id: other.clone(), ..hand("o.kuznetsova") };
        boss.hand_to_senior(insists).await.expect("a supervisor may name one who is away");
        assert_eq!(who_has(&stage, Line::ServiceDesk, &other).await.subject, "o.kuznetsova");
    })
    .await;
}

#[tokio::test]
async fn a_declined_window_and_a_late_visit_are_told_to_those_concerned() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let at = |text: &str| text.parse::<Timestamp>().expect("the instant is well formed");
        let booking = wire::Booking {
            engineer: "d.volkov".into(),
            begins: Some(instant(at("2026-09-15T10:00:00+03:00"))),
            ends: Some(instant(at("2026-09-15T12:00:00+03:00"))),
            ..wire::Booking::default()
        };
        let request = wire::PlanVisitRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            booking: Some(booking),
            why_on_site: "порт не отвечает".into(),
            purpose: "заменить роутер".into(),
            place: "addr:4711".into(),
            ..wire::PlanVisitRequest::default()
        };
        let mut visits = VisitServiceClient::new(people.at(Line::Technical));
        let visit = visits.plan_visit(request).await.unwrap().into_inner().visit.unwrap().visit_id;
        stage.settle().await;
        let answer = AnswerVisitRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            visit_id: visit,
            agreed: false,
            comment: "меня не будет".into(),
        };
        let client = people.channel(Line::ServiceDesk, &people.client(CLIENT));
        ClientVisitServiceClient::new(client).answer_visit(answer).await.unwrap();
        stage.settle().await;
        let holder = who_has(&stage, Line::Technical, &ticket).await;
        let declined = told(&stage, Line::Technical, &holder, "visit-declined").await;
        assert!(declined.len() == 1 && declined[0].contains("15.09.2026 10:00. меня не будет"), "{declined:?}");

        stage.after(SignedDuration::from_hours(24)).await;
        let engineer = agent(&stage, Line::Technical, "d.volkov");
        let holder = who_has(&stage, Line::Technical, &ticket).await;
        for who in [engineer, holder] {
            let late = told(&stage, Line::Technical, &who, "visit-late").await;
            assert!(late.len() == 1 && late[0].contains("d.volkov"), "{}: {late:?}", who.subject);
        }
    })
    .await;
}

#[tokio::test]
async fn a_question_nobody_answered_and_help_sent_back_are_told() {
    on_each_database(async |stage| {
        let (people, boss) = (stage.people(), stage.people().supervisor());
        let ticket = people.ticket_at(Line::Technical).await;
        people.ask_client(Line::Technical, &ticket, "Горит ли лампа WAN?").await.unwrap();
        stage.after(SignedDuration::from_hours(48)).await;
        let holder = who_has(&stage, Line::Technical, &ticket).await;
        let expired = told(&stage, Line::Technical, &holder, "question-expired").await;
        assert_eq!(expired.len(), 1, "{expired:?}");

        let asked_for = "скорость по кабелю";
        let verdict = wire::review_help_request::Verdict::SendBack(wire::SendBack {
            reason: proto::handover::ReturnReason::EvidenceInsufficient as i32,
            asked_for: asked_for.into(),
        });
        let request = wire::ReviewHelpRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            verdict: Some(verdict),
            expected_version: 0,
        };
        TechnicalServiceClient::new(people.at(Line::Technical)).review_help(request).await.unwrap();
        stage.settle().await;
        let sent_back = told(&stage, Line::Technical, &boss, "help-sent-back").await;
        assert!(sent_back.len() == 1 && sent_back[0].contains(asked_for), "{sent_back:?}");
        let holder = who_has(&stage, Line::ServiceDesk, &ticket).await;
        let came_back = told(&stage, Line::ServiceDesk, &holder, "came-back").await;
        assert!(came_back.len() == 1 && came_back[0].contains(asked_for), "{came_back:?}");
    })
    .await;
}

#[tokio::test]
async fn tickets_to_which_supervisors_were_called_in_are_found_by_why() {
    on_each_database(async |stage| {
        let (people, boss) = (stage.people(), stage.people().supervisor());
        let (by_hand, late) = (people.register("Нет интернета").await, people.register("Нет телефонии").await);
        let quiet = people.register("Как сменить тариф?").await;
        for answered in [&by_hand, &quiet] {
            people.write(answered, "Работаем", "").await.unwrap();
        }
        let of = |escalations: &[Escalation]| Filter {
            escalations: escalations.iter().map(|one| *one as i32).collect(),
            ..Filter::default()
        };
        let mut queue = QueueServiceClient::new(people.at(Line::ServiceDesk));
        let call = CallSupervisorRequest {
            request_id: people.request_id(),
            ticket_id: by_hand.clone(),
            why: "просит директора".into(),
            expected_version: 0,
        };
        queue.call_supervisor(call).await.unwrap();
        assert_eq!(found(&stage, Line::ServiceDesk, of(&[Escalation::ByHand])).await, std::slice::from_ref(&by_hand));
        let supervised = Filter { supervised_by: boss.subject.clone(), ..Filter::default() };
        assert_eq!(found(&stage, Line::ServiceDesk, supervised).await, std::slice::from_ref(&by_hand));
        assert_eq!(found(&stage, Line::ServiceDesk, of(&[Escalation::ByBreach])).await, [""; 0]);
        let called = told(&stage, Line::ServiceDesk, &boss, "supervisor-called").await;
        assert!(called.len() == 1 && called[0].contains("просит директора"), "{called:?}");

        stage.after(SignedDuration::from_mins(90)).await;
        assert_eq!(found(&stage, Line::ServiceDesk, of(&[Escalation::ByBreach])).await, std::slice::from_ref(&late));
        let both = of(&[Escalation::ByHand, Escalation::ByBreach]);
        let mut all = [late.clone(), by_hand.clone()];
        all.sort();
        let mut found_so = found(&stage, Line::ServiceDesk, both).await;
        found_so.sort();
        assert_eq!(found_so, all);
        // What was promised and not kept is overdue, and the soonest due; an answer in time is not.
        let overdue = Filter { overdue: true, ..Filter::default() };
        assert_eq!(found(&stage, Line::ServiceDesk, overdue).await, [late]);
    })
    .await;
}
