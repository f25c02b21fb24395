//! What the service desk does with whole tickets, with words and with clients in distress.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::line1::casework_service_client::CaseworkServiceClient;
use proto::line1::conversation_service_client::ConversationServiceClient;
use proto::line1::record_service_client::RecordServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line1::{
    AddNoteRequest, AddressKind, Distress, FieldValue, GetAdviceRequest, GetChecklistRequest, GetChecklistResponse,
    GetRecordRequest, GetRegistrationHintsRequest, GetRenderingRequest, HandToSeniorRequest, LinkKind,
    ListTemplatesRequest, MergeRequest, Record, RecordStepRequest, ReopenRequest, SplitRequest, WriteByTemplateRequest,
};
use proto::line2::{StepOutcome, StepResult};
use proto::ticket::{Language, State};
use rpc::{Channel, reason_of};
use tests::people::{CLIENT, id_of};
use tests::{Stage, evidence, on_each_database};
use ticket::Line;

fn casework(stage: &Stage) -> CaseworkServiceClient<Channel> {
    CaseworkServiceClient::new(stage.people().at(Line::ServiceDesk))
}

fn words(stage: &Stage) -> ConversationServiceClient<Channel> {
    ConversationServiceClient::new(stage.people().at(Line::ServiceDesk))
}

async fn record(stage: &Stage, ticket: &str) -> Record {
    let request = GetRecordRequest { ticket_id: ticket.to_owned() };
    let records = RecordServiceClient::new(stage.people().at(Line::ServiceDesk)).get_record(request).await;
    records.expect("the ticket is there").into_inner().record.expect("a record")
}

async fn texts(stage: &Stage, ticket: &str) -> Vec<String> {
    let case = stage.people().case(ticket).await.expect("the client sees it");
    case.conversation.into_iter().map(|message| message.text).collect()
}

#[tokio::test]
async fn a_duplicate_is_named_before_it_is_registered() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut request = people.registration("Internet is gone in the whole flat");
        let contact = request.contact.as_mut().expect("a contact");
        contact.addresses = vec![proto::line1::Address {
            kind: AddressKind::Messenger as i32,
            value: "@ivan".into(),
            network: "telegram".into(),
            is_preferred: true,
        }];
        let desk = || ServiceDeskServiceClient::new(people.at(Line::ServiceDesk));
        let made = desk().register(request.clone()).await.unwrap().into_inner().ticket.unwrap();
        assert_eq!(made.facts.as_ref().unwrap().language(), Language::English, "it is heard from the text");
        let known = record(&stage, &id_of(Some(&made))).await.contact.unwrap();
        assert_eq!(known.addresses, request.contact.clone().unwrap().addresses);

        let twice = &mut request.contact.as_mut().unwrap().addresses;
        twice.push(twice[0].clone());
        request.request_id = people.request_id();
        let refused = desk().register(request).await.unwrap_err();
        assert!(refused.message().contains("more than one that is preferred"), "{}", refused.message());

        let ask = |text: &str| GetRegistrationHintsRequest { client: CLIENT.into(), text: text.into() };
        let asked = ask("The internet is gone again in the whole flat, this is terrible!");
        let hints = casework(&stage).get_registration_hints(asked).await.unwrap().into_inner();
        assert!(hints.is_likely_duplicate && hints.open_tickets[0].is_likely_duplicate, "{hints:?}");
        assert_eq!(hints.language(), Language::English);
        assert!(hints.advice.iter().any(|advice| advice.heard() == Distress::Anger), "{:?}", hints.advice);
        let hints = casework(&stage).get_registration_hints(ask("Как сменить тариф?")).await.unwrap().into_inner();
        assert!(!hints.is_likely_duplicate && hints.language() == Language::Russian);
    })
    .await;
}

#[tokio::test]
async fn two_tickets_become_one_and_the_client_hears_it_once() {
    on_each_database(async |stage| {
        let people = stage.people();
        let (stays, double) =
            (people.register("Пропал интернет").await, people.register("Нет связи, Wi-Fi мёртв").await);
        let note = AddNoteRequest {
            request_id: people.request_id(),
            ticket_id: double.clone(),
            text: "живёт в 5 кв.".into(),
            expected_version: 0,
        };
        RecordServiceClient::new(people.at(Line::ServiceDesk)).add_note(note).await.unwrap();
        let technical = people.to_technical(&stays, evidence::technical()).await.unwrap();
        assert_eq!(technical.standing(), proto::handover::outcome::Standing::Accepted);
        let merge = MergeRequest {
            request_id: people.request_id(),
            ticket_id: double.clone(),
            other_ticket_id: stays.clone(),
            expected_version: 0,
        };
        let merged = casework(&stage).merge(merge.clone()).await.unwrap().into_inner();
        assert_eq!(casework(&stage).merge(merge).await.unwrap().into_inner(), merged, "a repeat");
        assert_eq!(merged.duplicate.unwrap().state(), State::Closed);
        stage.settle().await;

        let said = texts(&stage, &stays).await;
        assert!(said.iter().any(|text| text.contains("Wi-Fi") || text.contains("объединили")), "{said:?}");
        assert_eq!(said.iter().filter(|text| text.contains("объединили")).count(), 1, "{said:?}");
        assert!(texts(&stage, &double).await.iter().all(|text| !text.contains("объединили")), "it is heard once");
        assert_eq!(people.case(&double).await.unwrap().merged_into, stays);
        let (kept, gone) = (record(&stage, &stays).await, record(&stage, &double).await);
        assert_eq!(kept.notes[0].text, "живёт в 5 кв.");
        assert_eq!(kept.links[0].kind(), LinkKind::DuplicatedBy);
        assert_eq!(gone.links[0].kind(), LinkKind::DuplicateOf);

        let reopen =
            ReopenRequest { request_id: people.request_id(), ticket_id: double.clone(), text: "снова".into() };
        let client = people.channel(Line::ServiceDesk, &people.client(CLIENT));
        let refused = ServiceDeskServiceClient::new(client).reopen(reopen).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::WrongState));
        assert!(refused.message().contains("merged into another one"), "{}", refused.message());
        people.reply(&double, "Всё ещё не работает").await.unwrap();
        assert!(
            texts(&stage, &stays).await.contains(&"Всё ещё не работает".to_owned()),
            "it is heard where it goes on"
        );
        assert_eq!(people.ticket(Line::ServiceDesk, &double).await.unwrap().state(), State::Closed);

        let foreign =
            proto::line1::RegisterRequest { client: "client-18".into(), ..people.registration("Нет связи") };
        let desk = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(foreign).await;
        let foreign = id_of(desk.unwrap().into_inner().ticket.as_ref());
        let wrong = MergeRequest {
            request_id: people.request_id(),
            ticket_id: foreign,
            other_ticket_id: stays,
            expected_version: 0,
        };
        let refused = casework(&stage).merge(wrong).await.unwrap_err();
        assert!(refused.message().contains("another client"), "{}", refused.message());
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn one_ticket_about_two_things_becomes_two_and_both_keep_what_was_said() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Пропал интернет").await;
        people.reply(&ticket, "И ещё в счёте две абонентские платы").await.unwrap();
        let before = texts(&stage, &ticket).await;
        let place = before.iter().position(|text| text.contains("две абонентские")).unwrap() + 1;
        let split = |messages: Vec<u32>| SplitRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            messages,
            subject: String::new(),
            category: "payment".into(),
            expected_version: 0,
        };
        let made = casework(&stage).split(split(vec![u32::try_from(place).unwrap()])).await.unwrap().into_inner();
        let facts = made.ticket.unwrap().facts.unwrap();
        assert_eq!(
            (facts.subject.as_str(), facts.category.as_str()),
            ("И ещё в счёте две абонентские платы", "payment")
        );
        assert_eq!(facts.client, CLIENT);
        assert_eq!(texts(&stage, &ticket).await, before, "the original keeps what was said");
        let said = texts(&stage, &facts.ticket_id).await;
        assert!(said[0].contains("две абонентские") && said[1].contains(&facts.number), "{said:?}");
        assert_eq!(record(&stage, &ticket).await.links[0].other_ticket_id, facts.ticket_id);
        assert_eq!(record(&stage, &facts.ticket_id).await.links[0].kind(), LinkKind::Related);
        for (messages, fault) in
            [(vec![99], "the conversation has the messages 1 to"), (vec![], "no message of the client")]
        {
            let refused = casework(&stage).split(split(messages)).await.unwrap_err();
            assert!(refused.message().contains(fault), "{}", refused.message());
        }
        stage.holds().await;
    })
    .await;
}

async fn checklist(stage: &Stage, ticket: &str) -> GetChecklistResponse {
    let request = GetChecklistRequest { ticket_id: ticket.to_owned() };
    casework(stage).get_checklist(request).await.expect("there is a checklist").into_inner()
}

async fn step(stage: &Stage, ticket: &str, step: &str, result: StepResult, note: &str) -> Result<(), tonic::Status> {
    let request = RecordStepRequest {
        request_id: stage.people().request_id(),
        ticket_id: ticket.to_owned(),
        outcome: Some(StepOutcome { step: step.into(), result: result as i32, note: note.into() }),
        ..RecordStepRequest::default()
    };
    let desk = ServiceDeskServiceClient::new(stage.people().at(Line::ServiceDesk)).record_step(request).await;
    desk.map(|_| ())
}

#[tokio::test]
async fn a_checklist_branches_and_goes_on_where_it_stood() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        assert_eq!(checklist(&stage, &ticket).await.next_step, "outage");
        let early = step(&stage, &ticket, "cable", StepResult::Passed, "").await.unwrap_err();
        assert!(early.message().contains("next comes `outage`"), "{}", early.message());
        for name in ["outage", "balance"] {
            step(&stage, &ticket, name, StepResult::Passed, "так и есть").await.unwrap();
        }
        step(&stage, &ticket, "lights", StepResult::Failed, "WAN не горит").await.unwrap();
        let standing = checklist(&stage, &ticket).await;
        assert_eq!((standing.next_step.as_str(), standing.is_complete), ("cable", false), "the restart is passed by");
        let silent = step(&stage, &ticket, "cable", StepResult::Skipped, "").await.unwrap_err();
        assert_eq!(reason_of(&silent), Some(Reason::ChecklistStepRefused));
        step(&stage, &ticket, "cable", StepResult::Skipped, "нет компьютера").await.unwrap();
        let standing = checklist(&stage, &ticket).await;
        assert!(standing.is_complete && standing.next_step.is_empty());
        assert_eq!(standing.way, ["outage", "balance", "lights", "cable"]);

        // The run is evidence, without the agent writing it again.
        let given = proto::line2::Evidence { checklist: Vec::new(), ..evidence::technical() };
        let outcome = people.to_technical(&ticket, given).await.unwrap();
        assert_eq!(outcome.standing(), proto::handover::outcome::Standing::Accepted, "{outcome:?}");
        let journey = people.journey(&ticket).await.unwrap();
        assert!(format!("{journey:?}").contains("WAN не горит"));
    })
    .await;
}

#[tokio::test]
async fn an_outcome_that_ends_a_checklist_leaves_nothing_to_do() {
    on_each_database(async |stage| {
        let ticket = stage.people().register("Нет интернета").await;
        step(&stage, &ticket, "outage", StepResult::Failed, "авария на узле").await.unwrap();
        assert!(checklist(&stage, &ticket).await.is_complete);
        step(&stage, &ticket, "outage", StepResult::Passed, "узел подняли").await.unwrap();
        assert_eq!(checklist(&stage, &ticket).await.next_step, "balance", "another outcome opens the way again");
    })
    .await;
}

#[tokio::test]
async fn a_template_says_what_is_missing_and_is_sent_only_when_it_is_whole() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let listed =
            words(&stage).list_templates(ListTemplatesRequest { page_size: 1, page_token: String::new() }).await;
        let listed = listed.unwrap().into_inner();
        assert_eq!(
            (listed.templates[0].template_id.as_str(), listed.next_page_token.as_str()),
            ("callback", "callback")
        );
        let field = |id: &str, value: &str| FieldValue { field_id: id.into(), value: value.into() };
        let render = GetRenderingRequest {
            ticket_id: ticket.clone(),
            template_id: "delay".into(),
            fields: vec![field("day", "завтра"), field("time", "18:00")],
        };
        let shown = words(&stage).get_rendering(render).await.unwrap().into_inner();
        assert_eq!(shown.missing, ["why"]);
        assert!(shown.wrong[0].contains("give a day such as 2026-09-14"), "{:?}", shown.wrong);
        assert!(shown.text.contains("{why}") && shown.text.contains("EST-000001"), "{}", shown.text);
        let write = |fields| WriteByTemplateRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            template_id: "delay".into(),
            fields,
            expected_version: 0,
        };
        let refused = words(&stage).write_by_template(write(vec![field("day", "2026-09-15")])).await.unwrap_err();
        assert!(refused.message().contains("lacks `why`"), "{}", refused.message());
        let whole = vec![field("why", "везут деталь {name}"), field("day", "2026-09-15"), field("time", "18:00")];
        let sent = words(&stage).write_by_template(write(whole)).await.unwrap().into_inner().text;
        let wanted = "по заявке EST-000001 нужно ещё время: везут деталь {name}. Вернёмся к вам 2026-09-15 до 18:00.";
        assert!(sent.ends_with(wanted), "{sent}");
        assert_eq!(texts(&stage, &ticket).await.last(), Some(&sent));
    })
    .await;
}

#[tokio::test]
async fn a_client_hears_how_it_goes_but_not_without_end_nor_while_we_wait_for_the_client() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        stage.settle().await;
        let told = async |what: &str| texts(&stage, &ticket).await.iter().filter(|text| text.contains(what)).count();
        assert_eq!(told("теперь ведут: технические специалисты").await, 1, "the move is told once");
        let day = SignedDuration::from_hours(25);
        for _ in 0..6 {
            stage.after(day).await;
        }
        assert_eq!(told("всё ещё в работе").await, 3, "after as many as the plan allows a person has to write");
        people.write(&ticket, "Мастер нашёл причину", "").await.unwrap();
        stage.after(day).await;
        assert_eq!(told("всё ещё в работе").await, 4, "a person's word begins anew");

        let question = people.ask_client(Line::Technical, &ticket, "Горит ли лампа?").await.unwrap();
        stage.settle().await;
        people.write(&ticket, "Горит ли лампа?", &question).await.unwrap();
        stage.after(SignedDuration::from_hours(5)).await;
        let before = told("всё ещё в работе").await;
        people.resolve(Line::Technical, &ticket).await.unwrap();
        stage.settle().await;
        stage.after(day).await;
        assert_eq!(told("всё ещё в работе").await, before, "never after the end");
    })
    .await;
}

#[tokio::test]
async fn a_client_is_asked_for_a_rating_once_and_a_figure_is_the_answer() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        people.resolve(Line::ServiceDesk, &ticket).await.unwrap();
        people.confirm(&ticket).await.unwrap();
        let asked =
            async || texts(&stage, &ticket).await.iter().filter(|text| text.contains("от 1 (совсем нет)")).count();
        assert_eq!(asked().await, 1);
        people.reply(&ticket, "4").await.unwrap();
        assert_eq!(record(&stage, &ticket).await.rating.unwrap().score, 4);
        assert_eq!(
            people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(),
            State::Closed,
            "nothing is reopened"
        );
        people.reply(&ticket, "Опять пропал").await.unwrap();
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), State::Open);
        people.resolve(Line::ServiceDesk, &ticket).await.unwrap();
        stage.after(SignedDuration::from_hours(24 * 30)).await;
        assert_eq!(people.ticket(Line::ServiceDesk, &ticket).await.unwrap().state(), State::Closed);
        assert_eq!(asked().await, 1, "it is asked once");
    })
    .await;
}

#[tokio::test]
async fn a_client_in_distress_is_heard_and_a_senior_takes_over() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Уже звонила! Пахнет газом из щитка, а интернета нет, это ужас").await;
        let advice =
            words(&stage).get_advice(GetAdviceRequest { ticket_id: ticket.clone() }).await.unwrap().into_inner();
        let heard: Vec<_> = advice.advice.iter().map(proto::line1::Advice::heard).collect();
        assert_eq!(heard[0], Distress::Safety, "{heard:?}");
        assert!(heard.contains(&Distress::RepeatedContact) && heard.contains(&Distress::Anger), "{heard:?}");
        assert_eq!(advice.advice[0].words, ["пахнет газом"]);
        assert!(advice.advice[0].text.contains("112"));
        let hand = |senior: &str| HandToSeniorRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            reason: "угроза жизни".into(),
            senior: senior.into(),
            expected_version: 0,
        };
        let refused = casework(&stage).hand_to_senior(hand("i.smirnov")).await.unwrap_err();
        assert!(refused.message().contains("is no senior of desk; those are: o.kuznetsova"), "{}", refused.message());
        let handed = casework(&stage).hand_to_senior(hand("")).await.unwrap().into_inner().ticket.unwrap();
        let assignment = handed.assignment.unwrap();
        assert_eq!((assignment.assignee.as_str(), assignment.group.as_str()), ("o.kuznetsova", "desk"));
        let refused = casework(&stage).hand_to_senior(hand("")).await.unwrap_err();
        assert!(refused.message().contains("works on it already"), "{}", refused.message());
        stage.holds().await;
    })
    .await;
}
