//! Every automatic decision is a record that can be read: by what it was made, how sure it was, and what became of it.

use jiff::SignedDuration;
use proto::ticket::decision_service_client::DecisionServiceClient;
use proto::ticket::{Decision, DecisionKind as Kind, DecisionOutcome as Outcome, ListDecisionsRequest};
use tests::learning::{self, NETWORK, PRINTING};
use tests::people::id_of;
use tests::{Stage, on_each_database};
use ticket::{Clock, Line};

async fn list(stage: &Stage, line: Line, request: ListDecisionsRequest) -> (Vec<Decision>, String) {
    let people = stage.people();
    let mut decisions = DecisionServiceClient::new(people.channel(line, &people.supervisor()));
    let page = decisions.list_decisions(request).await.expect("they can be listed").into_inner();
    (page.decisions, page.next_page_token)
}

async fn of(stage: &Stage, line: Line, ticket: &str, kind: Kind) -> Vec<Decision> {
    let request = ListDecisionsRequest { ticket_id: ticket.into(), kind: kind.into(), ..Default::default() };
    list(stage, line, request).await.0
}

#[tokio::test]
async fn rules_moods_profiles_and_raises_are_records_with_words_and_plan() {
    on_each_database(async |stage| {
        let text = "Это просто ужас! Безобразие, отвратительно! Из щитка искрит, стоит весь офис";
        let ticket = learning::comes(&stage, text).await;
        let version = stage.plan.version().to_string();
        let sorted = of(&stage, Line::ServiceDesk, &ticket, Kind::Sorting).await;
        let urgency = sorted.iter().find(|one| one.field == "urgency").expect("a rule set it");
        assert_eq!((urgency.value.as_str(), urgency.by.as_str(), urgency.outcome()), ("high", "safety", Outcome::Done));
        assert_eq!((urgency.words.as_slice(), &urgency.plan), (["искрит".to_owned()].as_slice(), &version));
        assert!(sorted.iter().any(|one| one.field == "tag" && one.value == "офис"), "{sorted:?}");
        let mood = of(&stage, Line::ServiceDesk, &ticket, Kind::Mood).await;
        assert!(mood.len() == 1 && mood[0].value == "negative" && mood[0].score() < -500, "{mood:?}");
        let profile = of(&stage, Line::ServiceDesk, &ticket, Kind::Profile).await;
        assert_eq!(profile.len(), 1);
        let raised = of(&stage, Line::ServiceDesk, &ticket, Kind::Priority).await;
        let by: Vec<&str> = raised.iter().map(|one| one.by.as_str()).collect();
        assert!(by.contains(&"rule safety") && by.contains(&"mood"), "{by:?}");

        stage.people().reply(&ticket, "Спасибо, вы молодцы, отлично!").await.unwrap();
        let mood = of(&stage, Line::ServiceDesk, &ticket, Kind::Mood).await;
        assert_eq!(mood.first().map(|one| one.value.as_str()), Some("positive"), "the latest first");
        assert_eq!(of(&stage, Line::ServiceDesk, &ticket, Kind::Profile).await.len(), 1, "greeted once");
    })
    .await;
}

#[tokio::test]
async fn what_a_model_set_or_would_have_is_a_record_with_its_score_and_threshold() {
    on_each_database(async |stage| {
        learning::resolved(&stage, NETWORK, 0..32).await;
        learning::resolved(&stage, PRINTING, 0..32).await;
        learning::train(&stage).await;
        let ticket = learning::comes(&stage, &learning::text(NETWORK, 1)).await;
        let sorted = of(&stage, Line::ServiceDesk, &ticket, Kind::Sorting).await;
        let category = sorted.iter().find(|one| one.field == "category").expect("a model set it");
        assert_eq!((category.value.as_str(), category.outcome()), (NETWORK, Outcome::Done));
        assert!(category.by.starts_with("mdl_category_") && category.score >= category.threshold, "{category:?}");
        assert!(category.threshold.is_some() && !category.words.is_empty() && !category.plan.is_empty());
    })
    .await;
}

#[tokio::test]
async fn line_0_says_what_it_answered_and_what_it_did_not_dare() {
    on_each_database(async |stage| {
        let mut people = Vec::new();
        for text in ["Над домом пролетел вертолёт", "забыл пароль от личного кабинета"]
        {
            people.push(id_of(stage.people().ask(text).await.unwrap().ticket.as_ref()));
        }
        let declined = of(&stage, Line::SelfService, &people[0], Kind::Answer).await;
        let declined = declined.first().expect("it is a record");
        assert!(declined.outcome() == Outcome::Declined && declined.score < declined.threshold, "{declined:?}");
        let (all, _) = list(&stage, Line::SelfService, ListDecisionsRequest::default()).await;
        assert!(all.iter().any(|one| one.ticket_id == people[1] && one.kind() == Kind::Answer), "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn decisions_are_listed_by_time_page_by_page() {
    on_each_database(async |stage| {
        let mut tickets = Vec::new();
        for _ in 0..5 {
            stage.clock.advance(SignedDuration::from_mins(1));
            tickets.push(learning::comes(&stage, "Стоит весь офис").await);
        }
        tickets.reverse();
        let now = stage.clock.now();
        let at = |minutes| {
            let at = now - SignedDuration::from_mins(minutes);
            Some(prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() })
        };
        let wanted = ListDecisionsRequest {
            kind: Kind::Sorting.into(),
            since: at(3),
            until: at(0),
            page_size: 2,
            ..Default::default()
        };
        let (first, next) = list(&stage, Line::ServiceDesk, wanted.clone()).await;
        let (second, _) = list(&stage, Line::ServiceDesk, ListDecisionsRequest { page_token: next, ..wanted }).await;
        let mut found: Vec<String> = first.into_iter().chain(second).map(|one| one.ticket_id).collect();
        found.dedup();
        assert_eq!(found, tickets[1..4]);
    })
    .await;
}
