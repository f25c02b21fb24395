//! Queues: who gets a ticket, who may take it, what each sees.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::AssignRequest;
use proto::handover::custodian_service_client::CustodianServiceClient;
use proto::queue::change_many_request::{Action, ClaimEach, CloseEach, HoldEach, PrioritizeEach, ResumeEach, TagEach};
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::staff_service_client::StaffServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{
    ChangeManyRequest, ClaimRequest, Filter, ListPeopleRequest, ListQueueRequest, LookAtRequest, ReassignRequest,
    ReleaseRequest, SetPresenceRequest, TakeOverRequest,
};
use rpc::{Caller, Channel, Role};
use tests::{Stage, on_each_database};
use ticket::Line;
use tonic::Status;

/// `subject` of the demonstration organization.
fn caller(stage: &Stage, subject: &str, role: Role) -> Caller {
    Caller { subject: subject.to_owned(), organization: stage.plan.organization().clone(), role }
}

fn at(stage: &Stage, line: Line, subject: &str) -> Channel {
    stage.people().channel(line, &caller(stage, subject, Role::Agent { line }))
}

async fn assignee(stage: &Stage, line: Line, ticket: &str) -> String {
    let ticket = stage.people().ticket(line, ticket).await.expect("the ticket is there");
    ticket.assignment.unwrap_or_default().assignee
}

async fn presence(stage: &Stage, line: Line, person: &str, away: bool) {
    let request_id = stage.people().request_id();
    let request = SetPresenceRequest { request_id, away, ..SetPresenceRequest::default() };
    StaffServiceClient::new(at(stage, line, person)).set_presence(request).await.expect("one may go away");
}

fn reason(status: &Status) -> Option<Reason> {
    rpc::reason_of(status)
}

/// What a refusal says beside its reason.
fn said(status: &Status, key: &str) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

#[tokio::test]
async fn tickets_go_round_those_who_work_and_wait_when_nobody_does() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut got = Vec::new();
        for _ in 0..3 {
            let ticket = people.register("Нет интернета").await;
            got.push(assignee(&stage, Line::ServiceDesk, &ticket).await);
        }
        got.sort();
        assert_eq!(got, ["a.petrova", "i.smirnov", "o.kuznetsova"], "in turn, each of the group once");

        for person in ["a.petrova", "i.smirnov", "o.kuznetsova"] {
            presence(&stage, Line::ServiceDesk, person, true).await;
        }
        let waiting = people.register("Снова нет интернета").await;
        assert_eq!(assignee(&stage, Line::ServiceDesk, &waiting).await, "", "nobody is there");
        presence(&stage, Line::ServiceDesk, "i.smirnov", false).await;
        stage.settle().await;
        assert_eq!(assignee(&stage, Line::ServiceDesk, &waiting).await, "i.smirnov", "whoever comes back gets it");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn the_most_skilled_gets_a_ticket_while_there_is_room() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Technical).await;
        let first = assignee(&stage, Line::Technical, &ticket).await;
        assert!(["d.volkov", "m.sokolov"].contains(&first.as_str()), "{first}");
        presence(&stage, Line::Technical, &first, true).await;
        let next = stage.people().ticket_at(Line::Technical).await;
        let second = assignee(&stage, Line::Technical, &next).await;
        assert!(!second.is_empty() && second != first, "{second} should have it while {first} is away");
    })
    .await;
}

#[tokio::test]
async fn the_tickets_of_an_absent_person_go_back_after_the_limit_of_working_time() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Technical).await;
        let first = assignee(&stage, Line::Technical, &ticket).await;
        presence(&stage, Line::Technical, &first, true).await;
        stage.after(SignedDuration::from_mins(59)).await;
        assert_eq!(assignee(&stage, Line::Technical, &ticket).await, first, "an hour is allowed");
        stage.after(SignedDuration::from_mins(2)).await;
        let second = assignee(&stage, Line::Technical, &ticket).await;
        assert!(!second.is_empty() && second != first, "`{second}` should be somebody who is there");
        let journey = stage.people().journey(&ticket).await.unwrap();
        let told = |what: &str| journey.events.iter().any(|event| event.summary.contains(what));
        assert!(told(&format!("back to the queue from {first} (away for too long)")), "the timeline says why");
        assert!(told(&format!("given to {second} by the strategy")), "and who got it by which rule");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_the_plans_supervisor_does_not_keep_an_absent_persons_other_tickets() {
    on_each_database(async |stage| {
        let people = stage.people();
        // More than one transaction changes; the newest are looked at first, and the one that is to go is the oldest.
        let mut oldest = None;
        for _ in 0..51 {
            let ticket = people.ticket_at(Line::Technical).await;
            let request = AssignRequest {
                request_id: people.request_id(),
                ticket_id: ticket.clone(),
                zone: String::new(),
                assignee: "d.volkov".into(),
                expected_version: 0,
            };
            CustodianServiceClient::new(people.at(Line::Technical)).assign(request).await.unwrap();
            if oldest.is_none() {
                stage.after(SignedDuration::from_secs(1)).await;
            }
            oldest.get_or_insert(ticket);
        }
        let oldest = oldest.expect("there are some");
        let forced = match stage.databases.are_sqlite() {
            true => "json_set(document, '$.assignment.forced', json('true'))",
            false => "jsonb_set(document::jsonb, '{assignment,forced}', 'true')::text",
        };
        let sql = format!("UPDATE ticket SET document = {forced} WHERE id <> '{oldest}'");
        stage.databases.tamper(Line::Technical, &sql).await;
        presence(&stage, Line::Technical, "d.volkov", true).await;
        stage.after(SignedDuration::from_mins(61)).await;
        assert_ne!(assignee(&stage, Line::Technical, &oldest).await, "d.volkov");
    })
    .await;
}

#[tokio::test]
async fn whoever_leaves_the_plan_loses_their_tickets_to_the_queue() {
    on_each_database(async |stage| {
        let ticket = stage.people().ticket_at(Line::Technical).await;
        let request = AssignRequest {
            request_id: stage.people().request_id(),
            ticket_id: ticket.clone(),
            zone: String::new(),
            assignee: "nobody.any.more".into(),
            expected_version: 0,
        };
        let assigned = CustodianServiceClient::new(stage.people().at(Line::Technical)).assign(request).await;
        assert_eq!(reason(&assigned.unwrap_err()), Some(Reason::PersonUnknown));
        stage.leave_to_nobody_known(Line::Technical).await;
        let desk = stage.suite.desk(Line::Technical).expect("line 2 is at work");
        assert_eq!(queues::plan_came(&desk, stage.plan.organization()).await.unwrap(), 1);
        stage.settle().await;
        let now = assignee(&stage, Line::Technical, &ticket).await;
        assert!(["d.volkov", "m.sokolov"].contains(&now.as_str()), "`{now}` should be of the group");
        let journey = stage.people().journey(&ticket).await.unwrap();
        assert!(journey.events.iter().any(|event| event.summary.contains("no access any more")));
        assert_eq!(queues::plan_came(&desk, stage.plan.organization()).await.unwrap(), 0, "all is well now");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_is_claimed_by_one_released_reassigned_and_taken_over_by_a_supervisor() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let first = assignee(&stage, Line::Technical, &ticket).await;
        let other = if first == "d.volkov" { "m.sokolov" } else { "d.volkov" };
        let claim = |version| ClaimRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            expected_version: version,
        };
        let queue = |who: &str| QueueServiceClient::new(at(&stage, Line::Technical, who));
        let refused = queue(other).claim(claim(0)).await.unwrap_err();
        assert_eq!((reason(&refused), said(&refused, "assignee")), (Some(Reason::AssignedToAnother), first.clone()));

        // Both are away for the strategies, so that the ticket stays in the queue when it is released.
        presence(&stage, Line::Technical, "d.volkov", true).await;
        presence(&stage, Line::Technical, "m.sokolov", true).await;
        let release =
            ReleaseRequest { request_id: people.request_id(), ticket_id: ticket.clone(), ..Default::default() };
        let released = queue(&first).release(release).await.unwrap().into_inner().ticket.unwrap();
        assert_eq!(released.assignment.unwrap().assignee, "");
        let refused = queue("p.lebedev").claim(claim(0)).await.unwrap_err();
        assert_eq!(reason(&refused), Some(Reason::NotYourQueue));
        let claimed = queue(other).claim(claim(released.version)).await.unwrap().into_inner().ticket.unwrap();
        assert_eq!(claimed.assignment.unwrap().assignee, other);

        let reassign = |assignee: &str, insist| ReassignRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            assignee: assignee.to_owned(),
            why: "его участок".into(),
            insist,
            ..ReassignRequest::default()
        };
        let refused = queue(other).reassign(reassign("somebody", false)).await.unwrap_err();
        assert_eq!(reason(&refused), Some(Reason::PersonUnknown));
        let refused = queue(other).reassign(reassign(&first, true)).await.unwrap_err();
        assert_eq!((reason(&refused), said(&refused, "why")), (Some(Reason::PersonNotFree), "away".into()));

        let supervisor = people.supervisor();
        let boss = || QueueServiceClient::new(people.channel(Line::Technical, &supervisor));
        boss().reassign(reassign(&first, true)).await.unwrap();
        let take = TakeOverRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            why: "клиент звонил директору".into(),
            ..TakeOverRequest::default()
        };
        let refused = queue(other).take_over(take.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), Some(Reason::RoleNotAllowed));
        let taken = boss().take_over(take).await.unwrap().into_inner().ticket.unwrap();
        assert_eq!(taken.assignment.unwrap().assignee, supervisor.subject);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_over_something_unseen_is_refused_and_says_what_changed() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let seen = people.ticket(Line::ServiceDesk, &ticket).await.unwrap().version;
        people.write(&ticket, "Проверяем линию", "").await.unwrap();
        let write = |version| proto::line1::WriteToClientRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            text: "Скоро починим".into(),
            clarification_id: String::new(),
            expected_version: version,
        };
        let desk = || {
            use proto::line1::service_desk_service_client::ServiceDeskServiceClient as Desk;
            Desk::new(people.at(Line::ServiceDesk))
        };
        let refused = desk().write_to_client(write(seen)).await.unwrap_err();
        assert_eq!(reason(&refused), Some(Reason::ChangedMeanwhile));
        let changes: serde_json::Value = serde_json::from_str(&said(&refused, "changes")).unwrap();
        assert_eq!(changes[0]["what"], "wrote-to-client", "{changes}");
        assert_eq!(changes.as_array().map(Vec::len), Some(1), "only what came after: {changes}");
        let present: u64 = said(&refused, "present").parse().unwrap();
        let again = write(present);
        desk().write_to_client(again.clone()).await.unwrap();
        // A repeat is no other change: it gets the first answer although the version has grown by it.
        desk().write_to_client(again).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn those_who_look_at_a_ticket_know_of_each_other_for_a_minute() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.register("Нет интернета").await;
        let look = async |who: &str, editing, stop| {
            let request_id = stage.people().request_id();
            let request = LookAtRequest { request_id, ticket_id: ticket.clone(), editing, stop };
            let answer = StaffServiceClient::new(at(&stage, Line::ServiceDesk, who)).look_at(request).await;
            answer.unwrap().into_inner().others.into_iter().map(|one| (one.person, one.editing)).collect::<Vec<_>>()
        };
        assert_eq!(look("a.petrova", true, false).await, []);
        assert_eq!(look("i.smirnov", false, false).await, [("a.petrova".to_owned(), true)]);
        look("a.petrova", false, true).await;
        assert_eq!(look("o.kuznetsova", false, false).await, [("i.smirnov".to_owned(), false)]);
        stage.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(look("a.petrova", false, false).await, [], "nobody said again that they look");
    })
    .await;
}

#[tokio::test]
async fn many_tickets_are_changed_at_once_each_with_its_result() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut ticket_ids = Vec::new();
        for _ in 0..3 {
            ticket_ids.push(people.register("Нет интернета").await);
        }
        let unknown = ticket_ids[0].replace(&ticket_ids[0][4..12], "00000000");
        ticket_ids.push(unknown);
        let boss = people.channel(Line::ServiceDesk, &people.supervisor());
        let many = |action| ChangeManyRequest {
            request_id: people.request_id(),
            ticket_ids: ticket_ids.clone(),
            action: Some(action),
        };
        let impact = proto::ticket::Impact::High as i32;
        let urgency = proto::ticket::Urgency::High as i32;
        let request = many(Action::Prioritize(PrioritizeEach { impact, urgency }));
        let results = QueueServiceClient::new(boss).change_many(request).await.unwrap().into_inner().results;
        let reasons: Vec<&str> = results.iter().map(|result| result.reason.as_str()).collect();
        assert_eq!(reasons, ["", "", "", "TICKET_NOT_FOUND"]);
        let first = people.ticket(Line::ServiceDesk, &ticket_ids[0]).await.unwrap();
        assert_eq!(first.facts.unwrap().priority(), proto::ticket::Priority::Critical);
        assert_eq!(first.version, results[0].version);

        let holder = assignee(&stage, Line::ServiceDesk, &ticket_ids[0]).await;
        let claim = many(Action::Claim(ClaimEach {}));
        let mut queue = QueueServiceClient::new(at(&stage, Line::ServiceDesk, &holder));
        let results = queue.change_many(claim).await.unwrap().into_inner().results;
        let reasons: Vec<&str> = results.iter().map(|result| result.reason.as_str()).collect();
        assert_eq!(reasons, ["", "ASSIGNED_TO_ANOTHER", "ASSIGNED_TO_ANOTHER", "TICKET_NOT_FOUND"]);
    })
    .await;
}

#[tokio::test]
async fn many_are_held_resumed_tagged_and_closed_at_once() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut ticket_ids = vec![people.register("Нет интернета").await, people.register("Нет телефонии").await];
        people.resolve(Line::ServiceDesk, &ticket_ids[1]).await.unwrap();
        ticket_ids.push(people.ticket_at(Line::Technical).await);
        let change = async |line: Line, action: Action| -> Vec<String> {
            let (request_id, ticket_ids) = (people.request_id(), ticket_ids.clone());
            let request = ChangeManyRequest { request_id, ticket_ids, action: Some(action) };
            let mut queue = QueueServiceClient::new(people.channel(line, &people.supervisor()));
            let results = queue.change_many(request).await.expect("each has its result").into_inner().results;
            results.into_iter().map(|result| result.reason).collect()
        };
        let hold = |reason: &str| Action::Hold(HoldEach { reason: reason.into(), ..HoldEach::default() });
        assert_eq!(change(Line::ServiceDesk, hold("nonsense")).await[0], "HOLD_REASON_UNKNOWN");
        let at_desk = change(Line::ServiceDesk, hold("vendor")).await;
        assert_eq!(at_desk, ["", "WRONG_STATE", "NOT_CUSTODIAN"], "one is resolved, one has left");
        assert_eq!(
            change(Line::ServiceDesk, Action::Resume(ResumeEach {})).await,
            ["", "WRONG_STATE", "NOT_CUSTODIAN"]
        );
        let tag = |add: &[&str], remove: &[&str]| {
            let own = |tags: &[&str]| tags.iter().map(ToString::to_string).collect();
            Action::Tag(TagEach { add: own(add), remove: own(remove) })
        };
        assert_eq!(change(Line::ServiceDesk, tag(&["Авария", "vip"], &[])).await, ["", "", ""]);
        assert_eq!(change(Line::ServiceDesk, tag(&[], &["vip"])).await, ["", "", ""]);
        let found = async |tag: &str| {
            let filter = Filter { tags: vec![tag.into()], ..Filter::default() };
            let request = ListQueueRequest { filter: Some(filter), ..ListQueueRequest::default() };
            let boss = people.channel(Line::ServiceDesk, &people.supervisor());
            ViewServiceClient::new(boss).list_queue(request).await.expect("a good filter").into_inner().entries.len()
        };
        assert_eq!((found("авария").await, found("vip").await), (2, 0), "the third is not in this queue");
        let closed = change(Line::ServiceDesk, Action::Close(CloseEach {})).await;
        assert_eq!(closed, ["WRONG_STATE", "", "NOT_CUSTODIAN"], "only what is resolved is closed");
        let said = people.case(&ticket_ids[1]).await.unwrap().conversation;
        assert!(said.iter().any(|message| message.text.contains("закрыта")), "the client is told: {said:?}");
        assert_eq!(change(Line::Technical, tag(&["авария"], &[])).await[2], "WRONG_STATE", "line 2 keeps no tags");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_sees_who_works_with_how_much() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let who = assignee(&stage, Line::Technical, &ticket).await;
        let mut staff = StaffServiceClient::new(people.channel(Line::Technical, &people.supervisor()));
        let request = ListPeopleRequest { group: "network-engineers".into(), ..ListPeopleRequest::default() };
        let listed = staff.list_people(request).await.unwrap().into_inner().people;
        let loads: Vec<_> = listed.iter().map(|one| (one.id.as_str(), one.load, one.load_max, one.works_now)).collect();
        let load = |id: &str| u32::from(id == who);
        assert_eq!(loads, [("d.volkov", load("d.volkov"), 15, true), ("m.sokolov", load("m.sokolov"), 15, true)]);
    })
    .await;
}
