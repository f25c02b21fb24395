//! Journeys of tickets, readable as sentences.

use expect_test::expect;
use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::ReturnReason;
use proto::handover::declined::Cause;
use proto::handover::outcome::Standing;
use proto::line0::reply::Outcome;
use proto::ticket as wire;
use tests::on_each_database;
use tests::people::{CLIENT, id_of};
use tests::{Databases, Stage, evidence};
use ticket::Line;

fn article() -> proto::line0::Article {
    proto::line0::Article {
        article_id: "reset-password".into(),
        title: "Как сбросить пароль от личного кабинета".into(),
        body: "Нажмите «Забыли пароль?» и следуйте письму.".into(),
        questions: vec!["забыл пароль от личного кабинета".into()],
        language: wire::Language::Russian as i32,
        ..proto::line0::Article::default()
    }
}

/// The stays of a journey: line, epoch and why, one a line.
fn stays(journey: &wire::GetJourneyResponse) -> String {
    let stay = |stay: &wire::Stay| format!("{} {} {}\n", stay.epoch, stay.line().as_str_name(), stay.why);
    journey.stays.iter().map(stay).collect()
}

#[tokio::test]
async fn a_known_question_is_answered_and_closed_at_line_0() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(vec![article()]).await.unwrap();
        let answer = people.ask("Я забыла пароль от личного кабинета, как сбросить?").await.unwrap();
        let reply = answer.reply.unwrap();
        assert_eq!(reply.outcome(), Outcome::Answered, "{reply:?}");
        assert!(reply.text.contains("Забыли пароль"), "{}", reply.text);
        let ticket = answer.ticket.unwrap();
        assert_eq!((ticket.state(), ticket.custodian()), (wire::State::Closed, wire::Line::SelfService));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_question_nobody_can_answer_goes_to_line_1_with_everything_asked() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(vec![article()]).await.unwrap();
        let answer = people.ask("Над домом пролетел вертолёт и пропал сигнал на антенне").await.unwrap();
        let reply = answer.reply.unwrap();
        assert_eq!(reply.outcome(), Outcome::HandedOver);
        assert_eq!(reply.handover.unwrap().standing(), Standing::Accepted);
        let ticket = id_of(answer.ticket.as_ref());
        let case = people.case(&ticket).await.unwrap();
        assert_eq!(case.number, "EST-000001");
        assert!(case.conversation.iter().any(|m| m.from_client && m.text.contains("вертолёт")));
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().custody(), wire::Custody::Held);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_person_is_called_after_an_answer_that_did_not_help() {
    on_each_database(async |stage| {
        let people = stage.people();
        people.know(vec![article()]).await.unwrap();
        let answer = people.ask("забыл пароль от личного кабинета").await.unwrap();
        let ticket = id_of(answer.ticket.as_ref());
        let answer = people.follow_up(&ticket, "Дайте оператора!").await.unwrap();
        assert_eq!(answer.reply.unwrap().outcome(), Outcome::HandedOver);
        let journey = people.journey(&ticket).await.unwrap();
        expect![[r#"
        1 LINE_SELF_SERVICE registered
        2 LINE_SERVICE_DESK evidence
    "#]]
        .assert_eq(&stays(&journey));
        assert!(journey.stays[1].evidence_json.contains("не помогло"), "{}", journey.stays[1].evidence_json);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_ticket_travels_to_the_vendor_and_back_and_everybody_learns_what_solved_it() {
    on_each_database(async |stage| {
        let people = stage.people();
        let answer = people.ask("Роутер после обновления не получает адрес").await.unwrap();
        let ticket = id_of(answer.ticket.as_ref());

        // Evidence is missing: declined with the list; the ticket is held by line 1 again.
        let poor = proto::line2::Evidence { checklist: vec![], zone_reason: String::new(), ..evidence::technical() };
        let outcome = people.to_technical(&ticket, poor).await.unwrap();
        assert_eq!(outcome.standing(), Standing::Declined);
        let declined = outcome.declined.unwrap();
        assert_eq!(declined.cause(), Cause::EvidenceMissing);
        assert_eq!(declined.missing, ["checklist", "zone_reason"]);
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().custody(), wire::Custody::Held);

        // Supplied: accepted. A wrong zone: returned. The right one: accepted again.
        let wrong = proto::line2::Evidence { zone: "billing".into(), ..evidence::technical() };
        assert_eq!(people.to_technical(&ticket, wrong).await.unwrap().standing(), Standing::Accepted);
        let returned = people.hand_back(Line::Technical, &ticket, ReturnReason::WrongZone).await.unwrap();
        assert_eq!(returned.standing(), Standing::Accepted);
        assert_eq!(people.to_technical(&ticket, evidence::technical()).await.unwrap().standing(), Standing::Accepted);

        // Line 2 asks the client through line 1.
        let question = people.ask_client(Line::Technical, &ticket, "Горит ли индикатор WAN?").await.unwrap();
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::OnHold);
        stage.settle().await;
        people.write(&ticket, "Подскажите, горит ли WAN?", &question).await.unwrap();
        people.reply(&ticket, "Нет, не горит").await.unwrap();
        stage.settle().await;
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().state(), wire::State::Open);

        assert_eq!(people.to_expert(&ticket, evidence::expert()).await.unwrap().standing(), Standing::Accepted);
        let outcome = people.to_vendor(&ticket, evidence::vendor("исправьте прошивку")).await.unwrap();
        assert_eq!(outcome.standing(), Standing::Accepted);
        let bond = people.bond(&ticket).await.unwrap();
        stage.settle().await;
        stage.suite.simulator("cloudcore").unwrap().settled(&bond.bond_id).await;
        stage.settle().await;

        let home = people.ticket(Line::ServiceDesk, &ticket).await.unwrap();
        assert_eq!((home.custody(), home.state()), (wire::Custody::Held, wire::State::Resolved));
        for line in [Line::SelfService, Line::Technical, Line::Expert, Line::Vendor] {
            let told = people.ticket(line, &ticket).await.unwrap().resolution;
            assert_eq!(told.map(|resolution| resolution.by()), Some(wire::Line::Vendor), "{line}");
        }
        let closed = people.confirm(&ticket).await.unwrap();
        assert_eq!(closed.state(), wire::State::Closed);
        let journey = people.journey(&ticket).await.unwrap();
        assert!(journey.missing.is_empty());
        expect![[r#"
            1 LINE_SELF_SERVICE registered
            2 LINE_SERVICE_DESK evidence
            4 LINE_TECHNICAL evidence
            5 LINE_SERVICE_DESK return: wrong-zone
            6 LINE_TECHNICAL evidence
            7 LINE_EXPERT evidence
            8 LINE_VENDOR evidence
            9 LINE_SERVICE_DESK resolution
        "#]]
        .assert_eq(&stays(&journey));
        let traces: std::collections::BTreeSet<_> =
            journey.events.iter().map(|event| event.trace_id.as_str()).collect();
        assert_eq!(traces.len(), 1, "one trace follows the ticket: {traces:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_escalation_to_a_line_that_is_down_is_pending_and_arrives_later() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        stage.suite.kill(Line::Technical);
        let outcome = people.to_technical(&ticket, evidence::technical()).await.unwrap();
        assert_eq!(outcome.standing(), Standing::Pending);
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().custody(), wire::Custody::HandingOver);
        let journey = people.journey(&ticket).await.unwrap();
        assert_eq!(journey.missing().collect::<Vec<_>>(), [wire::Line::Technical], "what could not be asked is said");
        stage.holds().await;
        stage.suite.restart(Line::Technical).await.unwrap();
        stage.after(SignedDuration::from_mins(1)).await;
        assert_eq!(people.ticket(Line::Technical, &ticket).await.unwrap().custody(), wire::Custody::Held);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_repeat_returns_the_first_answer_and_another_content_is_refused() {
    on_each_database(async |stage| {
        let people = stage.people();
        let request = people.registration("Нет интернета");
        let mut desk =
            proto::line1::service_desk_service_client::ServiceDeskServiceClient::new(people.at(Line::ServiceDesk));
        let first = desk.register(request.clone()).await.unwrap().into_inner();
        let again = desk.register(request.clone()).await.unwrap().into_inner();
        assert_eq!(first, again);
        let other = proto::line1::RegisterRequest { text: "Совсем другое".into(), ..request };
        let refused = desk.register(other).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::RequestIdReused));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn after_too_many_returns_a_supervisor_decides() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let budget = stage.plan.hop_budget().returns;
        for _ in 0..=budget {
            people.to_technical(&ticket, evidence::technical()).await.unwrap();
            people.hand_back(Line::Technical, &ticket, ReturnReason::EvidenceInsufficient).await.unwrap();
        }
        let held = people.ticket(Line::ServiceDesk, &ticket).await.unwrap();
        let assignment = held.assignment.unwrap();
        assert!(assignment.forced);
        assert_eq!(assignment.assignee, stage.plan.hop_budget().supervisor);
        let refused = people.to_technical(&ticket, evidence::technical()).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::HopBudgetSpent));

        let evidence = Some(proto::line1::escalate_request::Evidence::Technical(evidence::technical()));
        let request = proto::line1::EscalateRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            evidence,
            expected_version: 0,
        };
        let channel = people.channel(Line::ServiceDesk, &people.supervisor());
        let mut desk = proto::line1::service_desk_service_client::ServiceDeskServiceClient::new(channel);
        let outcome = desk.escalate(request).await.unwrap().into_inner().outcome.unwrap();
        assert_eq!(outcome.standing(), Standing::Accepted, "the supervisor may");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_client_writes_follows_the_ticket_to_its_custodian() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        // Line 1 does not yet know that line 3 has it when the client writes.
        people.to_expert(&ticket, evidence::expert()).await.unwrap();
        people.reply(&ticket, "Теперь мигает красным").await.unwrap();
        stage.settle().await;
        let journey = people.journey(&ticket).await.unwrap();
        let heard = journey.events.iter().filter(|event| event.what == "client-wrote").map(|event| event.line());
        assert_eq!(heard.collect::<Vec<_>>(), [wire::Line::ServiceDesk, wire::Line::Expert]);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_solved_ticket_closes_itself_after_silence_and_opens_again_when_the_client_writes() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        people.resolve(Line::ServiceDesk, &ticket).await.unwrap();
        let case = people.case(&ticket).await.unwrap();
        assert!(case.conversation.last().unwrap().text.contains("EST-000001"), "the client was told");
        stage.after(stage.plan.auto_close()).await;
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), wire::State::Closed);
        let ticket_again = people.reply(&ticket, "Опять не работает").await.unwrap();
        assert_eq!((ticket_again.state(), ticket_again.reopened), (wire::State::Open, 1));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn another_clients_ticket_does_not_exist_for_a_client() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let stranger = people.channel(Line::ServiceDesk, &people.client("client-18"));
        let request = proto::line1::GetCaseRequest { ticket_id: ticket.clone() };
        let mut desk = proto::line1::service_desk_service_client::ServiceDeskServiceClient::new(stranger);
        let refused = desk.get_case(request).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::TicketNotFound));
        assert_eq!(people.case(&ticket).await.unwrap().ticket_id, ticket, "{CLIENT} sees it");
    })
    .await;
}

#[tokio::test]
async fn a_company_without_lines_0_and_3_hands_from_2_to_the_vendor() {
    for databases in Databases::all() {
        let stage = Stage::with(databases, plan::SMALL, |config| config).await;
        let people = stage.people();
        let refused = people.ask("Как дела?").await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::NotInTopology));

        let category = stage.plan.categories().next().unwrap().id.clone();
        let zone = stage.plan.zones().next().unwrap().id.clone();
        let request =
            proto::line1::RegisterRequest { category: category.clone(), ..people.registration("Сломалось") };
        let mut desk =
            proto::line1::service_desk_service_client::ServiceDeskServiceClient::new(people.at(Line::ServiceDesk));
        let ticket = id_of(desk.register(request).await.unwrap().into_inner().ticket.as_ref());
        let evidence = proto::line2::Evidence { category, zone, ..evidence::technical() };
        assert_eq!(people.to_technical(&ticket, evidence).await.unwrap().standing(), Standing::Accepted);
        let refused = people.to_expert(&ticket, evidence::expert()).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::NotInTopology));

        let vendor = stage.plan.vendors().next().unwrap().id.clone();
        let evidence = proto::vendor::Evidence { vendor, ..evidence::vendor("почините. simulator:stalls") };
        let evidence = Some(proto::line2::escalate_request::Evidence::Vendor(evidence));
        let request = proto::line2::EscalateRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            evidence,
            expected_version: 0,
        };
        let mut technical =
            proto::line2::technical_service_client::TechnicalServiceClient::new(people.at(Line::Technical));
        let outcome = technical.escalate(request).await.unwrap().into_inner().outcome.unwrap();
        assert_eq!(outcome.standing(), Standing::Accepted);
        stage.holds().await;
    }
}
