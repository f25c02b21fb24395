//! What goes between a client and a ticket that moves meanwhile. Each of these was found by random histories.

use jiff::SignedDuration;
use proto::handover::ReturnReason;
use proto::handover::outcome::Standing;
use proto::ticket as wire;
use tests::{Databases, Stage, evidence};
use ticket::{Clock, Line};

use crate::command::Drafts;

/// Fails when a line has something left to send, or gave something up.
pub(crate) async fn nothing_waits(stage: &Stage) {
    let later = stage.clock.now().saturating_add(SignedDuration::from_hours(1)).expect("time goes on");
    for line in Line::ALL {
        let desk = stage.suite.desk(line).expect("it is up");
        let left = desk.store().claim(later, later, 32).await.expect("the outbox can be read");
        let left: Vec<_> = left.iter().map(|one| (&one.message.kind, &one.message.to, one.attempts)).collect();
        assert!(left.is_empty(), "{line} cannot get rid of {left:?}");
        let dead = desk.store().dead_letters(stage.plan.organization(), None, 100).await;
        let dead = dead.expect("the outbox can be read");
        let dead: Vec<_> = dead.iter().map(|one| (&one.message.kind, &one.message.to, &one.error)).collect();
        assert!(dead.is_empty(), "{line} gave up {dead:?}");
    }
}

#[tokio::test]
async fn line_1_asks_the_client_itself_and_goes_on_after_the_answer() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let question = people.ask_client(Line::ServiceDesk, &ticket, "Горит ли WAN?").await.unwrap();
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), wire::State::OnHold);
        people.write(&ticket, "Подскажите, горит ли WAN?", &question).await.unwrap();
        people.reply(&ticket, "Не горит").await.unwrap();
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), wire::State::Open);
        Drafts::new(&stage).progress(Line::ServiceDesk, &ticket, "Проверяем узел").send(&stage).await.unwrap();
        nothing_waits(&stage).await;
        stage.holds().await;
    }
}

#[tokio::test]
async fn a_message_that_meets_its_ticket_at_home_holds_up_no_handover() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        people.reply(&ticket, "Теперь мигает красным").await.unwrap();
        people.hand_back(Line::Technical, &ticket, ReturnReason::EvidenceInsufficient).await.unwrap();
        let outcome = people.to_technical(&ticket, evidence::technical()).await.unwrap();
        assert_eq!(outcome.standing(), Standing::Accepted);
        stage.settle().await;
        nothing_waits(&stage).await;
        stage.holds().await;
    }
}

#[tokio::test]
async fn a_message_behind_a_declined_offer_is_no_dead_letter() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        stage.suite.kill(Line::Technical);
        let poor = proto::line2::Evidence { checklist: vec![], ..evidence::technical() };
        people.to_technical(&ticket, poor).await.unwrap();
        people.reply(&ticket, "Теперь мигает красным").await.unwrap();
        stage.suite.restart(Line::Technical).await.unwrap();
        stage.after(SignedDuration::from_mins(1)).await;
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().custody(), wire::Custody::Held);
        nothing_waits(&stage).await;
        stage.holds().await;
    }
}

#[tokio::test]
async fn a_question_that_is_overtaken_by_its_ticket_is_no_dead_letter() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        stage.suite.kill(Line::ServiceDesk);
        people.ask_client(Line::Technical, &ticket, "Горит ли WAN?").await.unwrap();
        people.to_expert(&ticket, evidence::expert()).await.unwrap();
        stage.suite.restart(Line::ServiceDesk).await.unwrap();
        let expert = stage.suite.desk(Line::Expert).unwrap();
        expert.deliver_due().await;
        stage.after(SignedDuration::from_mins(1)).await;
        nothing_waits(&stage).await;
        stage.holds().await;
    }
}

#[tokio::test]
async fn an_answer_to_an_old_question_opens_a_solved_ticket_again() {
    for databases in Databases::all() {
        let stage = Stage::over(databases).await;
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let question = people.ask_client(Line::Technical, &ticket, "Горит ли WAN?").await.unwrap();
        stage.settle().await;
        people.write(&ticket, "Подскажите, горит ли WAN?", &question).await.unwrap();
        people.resolve(Line::Technical, &ticket).await.unwrap();
        let again = people.reply(&ticket, "Всё равно не работает").await.unwrap();
        assert_eq!((again.state(), again.reopened), (wire::State::Open, 1));
        stage.settle().await;
        nothing_waits(&stage).await;
        stage.holds().await;
    }
}
