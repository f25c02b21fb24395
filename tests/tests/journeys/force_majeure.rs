//! Force majeure: one switch with an end. While it holds answers say so, tickets are more urgent, targets are others.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::ListNoticesRequest;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::line0::Article;
use proto::line1 as wire;
use proto::line1::ForceMajeureState as At;
use proto::line1::force_majeure_service_client::ForceMajeureServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{ListQueueRequest, Sort};
use proto::ticket::decision_service_client::DecisionServiceClient;
use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::ticket::{
    AgreementKind, Clock, ClockState, DecisionKind, ExplainDeadlineRequest, Facts, Impact, ListDecisionsRequest,
    Measure, Mood, Priority, RaiseCause, Ticket, Urgency,
};
use rpc::reason_of;
use tests::force_majeure::{BACKBONE, at, declaration, declare, end, prolong, state};
use tests::people::id_of;
use tests::{Databases, Stage, evidence, on_each_database};
use ticket::Line;

/// What clients are told by the plan of the demonstration.
const RU: &str = "Из-за обрыва магистрали часть услуг недоступна.";
const EN: &str = "The backbone is cut, and some services are down.";

async fn facts(stage: &Stage, line: Line, ticket: &str) -> Facts {
    stage.people().ticket(line, ticket).await.expect("the ticket is there").facts.expect("it has facts")
}

async fn clock(stage: &Stage, line: Line, ticket: &str, kind: AgreementKind, measure: Measure) -> Clock {
    let mut tickets = TicketServiceClient::new(stage.people().at(line));
    let request = ExplainDeadlineRequest { ticket_id: ticket.to_owned() };
    let clocks = tickets.explain_deadline(request).await.expect("the ticket is there").into_inner().clocks;
    let found = clocks.into_iter().find(|clock| (clock.kind(), clock.measure()) == (kind, measure));
    found.expect("such a clock")
}

/// What line 1 wrote last to the client of a ticket.
async fn last_word(stage: &Stage, ticket: &str) -> String {
    let case = stage.people().case(ticket).await.expect("agents see cases");
    let last = case.conversation.into_iter().rfind(|said| !said.from_client);
    last.expect("the client was told something").text
}

/// What line 0 answers.
async fn answered(stage: &Stage, text: &str) -> String {
    stage.people().ask(text).await.expect("line 0 answers").reply.expect("a reply").text
}

async fn know(stage: &Stage) {
    let article = Article {
        article_id: "reset".into(),
        title: "Как сбросить пароль от личного кабинета".into(),
        body: "Нажмите «Забыли пароль?».".into(),
        language: proto::ticket::Language::Russian as i32,
        ..Article::default()
    };
    stage.people().know(vec![article]).await.expect("articles are taken");
}

fn mins(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

#[tokio::test]
async fn declared_for_later_it_is_said_with_every_answer_until_it_ends_by_itself() {
    on_each_database(async |stage| {
        know(&stage).await;
        let id = declare(&stage, (60, 300)).await;
        stage.settle().await;
        assert_eq!(state(&stage, &id).await, At::Planned);
        let question = "Как сбросить пароль от личного кабинета?";
        assert!(!answered(&stage, question).await.contains(RU), "it has not begun");

        stage.after(mins(60)).await;
        assert_eq!(state(&stage, &id).await, At::Holds);
        for (text, words) in [
            (question, RU),
            ("Здравствуйте", RU),
            ("Hello", EN),
            ("оператора", RU),
            ("human please", EN),
            ("Расскажите про архивные договоры лизинга", RU),
        ] {
            let told = answered(&stage, text).await;
            assert_eq!(told.matches(words).count(), 1, "{text}: {told}");
        }
        let people = stage.people();
        let asked = people.ask("Здравствуйте, позовите оператора").await.unwrap();
        stage.settle().await;
        let ticket = id_of(asked.ticket.as_ref());
        let told = last_word(&stage, &ticket).await;
        assert!(told.contains(RU) && told.contains("EST-"), "what line 1 writes when it takes it: {told}");

        let ticket = people.register("Нет интернета").await;
        assert_eq!(last_word(&stage, &ticket).await.matches(RU).count(), 1);
        people.to_technical(&ticket, evidence::technical()).await.unwrap();
        stage.settle().await;
        people.resolve(Line::Technical, &ticket).await.unwrap();
        stage.settle().await;
        assert!(last_word(&stage, &ticket).await.starts_with(RU), "what solved it is told with it");
        let english = wire::RegisterRequest {
            language: proto::ticket::Language::English as i32,
            ..people.registration("No internet at home")
        };
        let registered = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(english).await;
        let english = id_of(registered.unwrap().into_inner().ticket.as_ref());
        assert!(last_word(&stage, &english).await.starts_with(EN));
        people.write(&english, "A person writes.", "").await.unwrap();
        assert_eq!(last_word(&stage, &english).await, "A person writes.", "people choose their own words");

        stage.after(mins(240)).await;
        assert_eq!(state(&stage, &id).await, At::Over);
        assert!(!answered(&stage, question).await.contains(RU));
        let ticket = people.register("Нет интернета").await;
        assert!(!last_word(&stage, &ticket).await.contains(RU));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn tickets_on_any_line_rise_and_get_other_targets_until_it_ends() {
    on_each_database(async |stage| {
        let people = stage.people();
        let here = people.register("Нет интернета").await;
        let there = people.register("Нет интернета в офисе").await;
        people.to_technical(&there, evidence::technical()).await.unwrap();
        let payment =
            wire::RegisterRequest { category: "payment".into(), ..people.registration("Списали дважды") };
        let payment = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(payment).await.unwrap();
        let payment = id_of(payment.into_inner().ticket.as_ref());
        stage.settle().await;
        let calm = clock(&stage, Line::ServiceDesk, &payment, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!((calm.within_seconds, calm.instead_within_seconds), (4320 * 60, 0));
        let before = facts(&stage, Line::Technical, &there).await.priority;

        let id = declare(&stage, (0, 600)).await;
        stage.settle().await;
        let during = people.register("Нет интернета, и у соседей").await;
        stage.settle().await;
        for (line, ticket) in [(Line::ServiceDesk, &here), (Line::ServiceDesk, &during), (Line::Technical, &there)] {
            let facts = facts(&stage, line, ticket).await;
            let raise = facts.raises.iter().find(|raise| raise.cause() == RaiseCause::ForceMajeure);
            let raise = raise.unwrap_or_else(|| panic!("{ticket} rises: {facts:?}"));
            assert_eq!((raise.id.as_str(), raise.steps >= 1), (BACKBONE, true));
            assert!(raise.ru.contains("Обрыв магистрали (plan-") && raise.en.contains("Backbone cut (plan-"));
        }
        assert_eq!(facts(&stage, Line::ServiceDesk, &here).await.priority(), Priority::High);
        assert!(facts(&stage, Line::Technical, &there).await.priority > before);
        assert!(facts(&stage, Line::ServiceDesk, &payment).await.raises.is_empty(), "payments are not meant");

        // What is promised for the new priority, twice as long.
        let resolution = clock(&stage, Line::ServiceDesk, &during, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!(resolution.agreement, "clients-high");
        assert_eq!((resolution.within_seconds, resolution.instead_within_seconds), (1440 * 60, 2880 * 60));
        let because = resolution.instead_because.clone().expect("it says why");
        assert_eq!(because.ru, "Форс-мажор «Обрыв магистрали»: вместо 1440 мин даётся 2880 мин.");
        assert_eq!(because.en, "Force majeure “Backbone cut”: 2880 min are given instead of 1440 min.");
        // Ten hours of it count as five, and the rest as it is.
        let first = &resolution.intervals[0];
        assert_eq!((first.counts, first.counted_seconds), (true, 300 * 60));
        assert!(first.because.as_ref().unwrap().ru.ends_with(&because.ru));
        let due = resolution.due_at.expect("it runs").seconds;
        assert_eq!(due - first.from.unwrap().seconds, (600 + 1440 - 300) * 60);
        let ours = clock(&stage, Line::Technical, &there, AgreementKind::Ola, Measure::Resolution).await;
        assert_eq!(ours.instead_within_seconds, 0, "nothing was said of what lines promise each other");
        let paid = clock(&stage, Line::ServiceDesk, &payment, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!(paid.instead_within_seconds, 2 * 4320 * 60);

        let summaries = async |ticket: &str| {
            let journey = people.journey(ticket).await.unwrap();
            journey.events.into_iter().map(|event| event.summary).collect::<Vec<_>>()
        };
        let said = summaries(&payment).await;
        let told = said.iter().filter(|summary| summary.contains("force majeure backbone-cut of plan-"));
        assert_eq!(told.count(), 1, "once, and with the plan: {said:?}");

        // Half of what is given has not passed by then, and nobody was warned of it.
        stage.after(mins(600)).await;
        for (line, ticket) in [(Line::ServiceDesk, &here), (Line::ServiceDesk, &during), (Line::Technical, &there)] {
            assert!(facts(&stage, line, ticket).await.raises.is_empty(), "{ticket} falls");
        }
        assert_eq!(facts(&stage, Line::Technical, &there).await.priority, before);
        let resolution = clock(&stage, Line::ServiceDesk, &during, AgreementKind::Sla, Measure::Resolution).await;
        assert_eq!((resolution.agreement.as_str(), resolution.instead_within_seconds), ("clients", 0));
        assert_eq!((resolution.state(), resolution.elapsed_seconds), (ClockState::Running, 300 * 60));
        let said = summaries(&payment).await;
        assert!(said.iter().any(|summary| summary.contains("counts for it no more")), "{said:?}");
        assert_eq!(state(&stage, &id).await, At::Over);
        stage.holds().await;
    })
    .await;
}

/// Whether force majeure raises a ticket, as an answer has it.
fn is_raised(ticket: Option<&Ticket>) -> bool {
    let facts = ticket.and_then(|ticket| ticket.facts.as_ref()).expect("the answer has the ticket");
    facts.raises.iter().any(|raise| raise.cause() == RaiseCause::ForceMajeure)
}

#[tokio::test]
async fn what_comes_meanwhile_is_more_urgent_from_the_first_answer_on() {
    let rule = "[[rules]]\nid = \"office\"\nname = { ru = \"офис\", en = \"an office\" }\nwords = [\"офисный канал\"]\n\
        set = { product = \"Интернет для офиса\" }\n\n[sorting]\n";
    let plan = plan::DEMO.replacen("[sorting]\n", rule, 1);
    for databases in Databases::all() {
        let stage = Stage::with(databases, &plan, |config| config).await;
        let people = stage.people();
        let mut desk = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk));
        let payment =
            wire::RegisterRequest { category: "payment".into(), ..people.registration("Списали дважды") };
        let payment = desk.register(payment.clone()).await.unwrap().into_inner().ticket;
        stage.settle().await;
        let id = declare(&stage, (0, 60)).await;

        // Nothing rings from here on.
        let answer = desk.register(people.registration("Нет интернета")).await.unwrap().into_inner().ticket;
        let facts = answer.as_ref().and_then(|ticket| ticket.facts.clone()).expect("it is registered");
        assert!(is_raised(answer.as_ref()) && facts.priority() == Priority::High, "{facts:?}");
        assert!(!is_raised(payment.as_ref()));
        let by_priority = ListQueueRequest { sort: Sort::Priority.into(), ..ListQueueRequest::default() };
        let queue = ViewServiceClient::new(people.at(Line::ServiceDesk)).list_queue(by_priority).await;
        let queue = queue.expect("agents see their queue").into_inner().entries;
        let order: Vec<String> = queue.iter().map(|entry| id_of(entry.ticket.as_ref())).collect();
        assert_eq!(
            order,
            [&answer, &payment].map(|ticket| id_of(ticket.as_ref())),
            "it comes before what came earlier"
        );

        // Line 0 hands over, and a rule says which product it is about.
        let asked = people.ask("офисный канал не работает, позовите оператора").await.expect("line 0 answers");
        let ticket = people.ticket(Line::ServiceDesk, &id_of(asked.ticket.as_ref())).await.expect("line 1 has it");
        assert!(is_raised(Some(&ticket)), "{ticket:?}");

        // Another category, another priority.
        let triage = wire::TriageRequest {
            request_id: people.request_id(),
            ticket_id: id_of(payment.as_ref()),
            category: "slow-internet".into(),
            impact: Impact::Medium.into(),
            urgency: Urgency::Medium.into(),
            mood: Mood::Neutral.into(),
            ..wire::TriageRequest::default()
        };
        assert!(is_raised(desk.triage(triage.clone()).await.unwrap().into_inner().ticket.as_ref()));
        let back = wire::TriageRequest { request_id: people.request_id(), category: "payment".into(), ..triage };
        assert!(!is_raised(desk.triage(back).await.unwrap().into_inner().ticket.as_ref()));

        end(&stage, &id).await.expect("it is over sooner");
        stage.settle().await;
        let request = ListDecisionsRequest {
            ticket_id: id_of(answer.as_ref()),
            kind: DecisionKind::Priority.into(),
            ..ListDecisionsRequest::default()
        };
        let mut decisions = DecisionServiceClient::new(people.at(Line::ServiceDesk));
        let decisions = decisions.list_decisions(request).await.expect("agents see them").into_inner().decisions;
        let told: Vec<(&str, &str)> = decisions.iter().map(|one| (one.value.as_str(), one.plan.as_str())).collect();
        let version = stage.plan.version().to_string();
        assert_eq!(told, [("medium", version.as_str()), ("high", version.as_str())], "the latest first");
        stage.holds().await;
    }
}

#[tokio::test]
async fn it_is_prolonged_and_ended_early_and_what_cannot_be_is_refused() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let id = declare(&stage, (0, 60)).await;
        stage.settle().await;
        let refused = async |request| at(&stage).declare_force_majeure(request).await.unwrap_err();
        let overlapping = refused(declaration(&stage, "short-staffed", (30, 90))).await;
        assert_eq!(reason_of(&overlapping), Some(Reason::ForceMajeureOverlaps));
        assert!(overlapping.message().contains(&id), "{}", overlapping.message());
        for (profile, span) in
            [("flood", (100, 200)), (BACKBONE, (-5, 60)), (BACKBONE, (100, 100 + 72 * 60 + 1)), (BACKBONE, (100, 100))]
        {
            let refusal = refused(declaration(&stage, profile, span)).await;
            assert_eq!(reason_of(&refusal), Some(Reason::FieldInvalid), "{profile} {span:?}: {refusal:?}");
        }
        let one_language =
            wire::DeclareForceMajeureRequest { ru: "Беда".into(), ..declaration(&stage, BACKBONE, (100, 200)) };
        assert_eq!(reason_of(&refused(one_language).await), Some(Reason::FieldInvalid));
        let mut agent = ForceMajeureServiceClient::new(people.at(Line::ServiceDesk));
        let not_theirs = agent.declare_force_majeure(declaration(&stage, BACKBONE, (100, 200))).await.unwrap_err();
        assert_eq!(reason_of(&not_theirs), Some(Reason::RoleNotAllowed));
        assert_eq!(reason_of(&prolong(&stage, &id, 30).await.unwrap_err()), Some(Reason::FieldInvalid), "shorter");
        assert_eq!(reason_of(&prolong(&stage, &id, 73 * 60).await.unwrap_err()), Some(Reason::FieldInvalid));

        prolong(&stage, &id, 120).await.expect("it takes longer");
        stage.after(mins(90)).await;
        assert_eq!(state(&stage, &id).await, At::Holds);
        assert_eq!(facts(&stage, Line::ServiceDesk, &ticket).await.raises.len(), 1);
        let ended = end(&stage, &id).await.expect("it is over sooner");
        let history: Vec<&str> = ended.history.iter().map(|step| step.what.as_str()).collect();
        assert_eq!((ended.state(), history), (At::Over, vec!["declared", "prolonged", "ended"]));
        assert!(ended.history.iter().all(|step| step.by == people.supervisor().subject));
        stage.settle().await;
        assert!(facts(&stage, Line::ServiceDesk, &ticket).await.raises.is_empty());
        assert!(!answered(&stage, "Здравствуйте").await.contains(RU));
        assert_eq!(reason_of(&end(&stage, &id).await.unwrap_err()), Some(Reason::ForceMajeureOver));
        assert_eq!(reason_of(&prolong(&stage, &id, 600).await.unwrap_err()), Some(Reason::ForceMajeureOver));

        // One with words of its own, called off before it begins.
        let own = wire::DeclareForceMajeureRequest {
            ru: "Ураган.".into(),
            en: "A hurricane.".into(),
            ..declaration(&stage, BACKBONE, (10, 20))
        };
        let own = at(&stage).declare_force_majeure(own).await.unwrap().into_inner().force_majeure.unwrap();
        let own = own.terms.unwrap();
        assert_eq!(own.text.unwrap().ru, "Ураган.");
        end(&stage, &own.force_majeure_id).await.expect("it is called off");
        stage.settle().await;
        stage.after(mins(15)).await;
        assert!(!answered(&stage, "Здравствуйте").await.contains("Ураган"));
        let all = at(&stage).list_force_majeures(wire::ListForceMajeuresRequest::default()).await.unwrap().into_inner();
        assert_eq!(all.force_majeures.len(), 2);

        // The groups of lines with people were told of the first one, when it began and when it was over.
        for line in [Line::ServiceDesk, Line::Technical] {
            let mut inbox = NoticeServiceClient::new(people.at(line));
            let request = ListNoticesRequest { page_size: 200, page_token: String::new() };
            let digests = inbox.list_notices(request).await.unwrap().into_inner().digests;
            let lines = digests.into_iter().flat_map(|digest| digest.lines);
            let told: Vec<String> = lines.filter(|line| line.topic == "force-majeure").map(|line| line.ru).collect();
            assert_eq!(told.len(), 2, "{line}: {told:?}");
        }
        stage.holds().await;
    })
    .await;
}
