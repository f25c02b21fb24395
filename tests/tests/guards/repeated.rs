//! Sent maybe twice, done once: every RPC that changes something knows its repeats.

use std::collections::BTreeSet;

use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use proto::errors::Reason;
use rpc::{Caller, Role, reason_of};
use tests::articles;
use tests::files::Files;
use tests::people::id_of;
use tests::{Stage, on_each_database};
use tests::{force_majeure, learning, major, problems, runbooks, trends};
use ticket::{Clock, Line};
use tonic::{Code, Status};

use crate::callers::{allowed, everybody, speaks_for, way};
use crate::fill::Fill;
use crate::raw::call;
use crate::rpcs::{Rpc, everywhere};

/// By one of these a receiver knows a repeat.
const KNOWN_BY: [&str; 4] = ["request_id", "baton", "envelope", "letter"];

/// What is refused when the same message id or request id comes with another content.
const REUSED: Option<Reason> = Some(Reason::RequestIdReused);

const READY: &str = "the way there is open";

/// A ticket, bond or message in the state in which `rpc` of `line` can be done, and everything else that it asks for.
async fn ready(stage: &Stage, line: Line, rpc: &Rpc, caller: &Caller, number: usize) -> Fill {
    let people = stage.people();
    let mut fill = Fill { from: speaks_for(caller), to: line, ..Fill::demo(&format!("req-{number}")) };
    fill.message = format!("msg_{number:032x}");
    match rpc.method.name() {
        // Nobody has the ticket before.
        _ if rpc.takes("baton") => fill.ticket = format!("tkt_{number:032x}"),
        "FollowUp" | "RateAnswer" => {
            let answer = people.ask("забыл пароль от личного кабинета").await.expect(READY);
            fill.ticket = id_of(answer.ticket.as_ref());
        }
        // Line 1 returns only what came from line 0.
        "Return" if line == Line::ServiceDesk => {
            let answer = people.ask("Над домом пролетел вертолёт").await.expect(READY);
            fill.ticket = id_of(answer.ticket.as_ref());
        }
        "Link" | "Unlink" | "Merge" => {
            fill.ticket = people.ticket_at(line).await;
            fill.other = people.ticket_at(line).await;
        }
        "Confirm" | "Reopen" | "Rate" => {
            fill.ticket = people.ticket_at(Line::ServiceDesk).await;
            people.resolve(Line::ServiceDesk, &fill.ticket).await.expect(READY);
        }
        "MoveVisit" | "CancelVisit" | "BeginVisit" | "FinishVisit" | "AnswerVisit" => {
            // Each in a time of its own, so that none clashes, and before the holidays.
            let (day, hour) = (number % 103, number / 103 % 2);
            fill.begins += i64::try_from(day * 86_400 + hour * 7_200).expect("a test has few calls");
            fill.ticket = people.ticket_at(Line::Technical).await;
            fill.visit = people.visit(&fill.ticket, fill.begins).await;
            stage.settle().await;
            if matches!(rpc.method.name(), "BeginVisit" | "FinishVisit") {
                people.agree_to_visit(&fill.ticket, &fill.visit).await;
                stage.settle().await;
            }
            if rpc.method.name() == "FinishVisit" {
                people.begin_visit(&fill.visit).await;
            }
            // Moved, it begins an hour later.
            fill.begins += 3_600;
        }
        "PlanVisit" => {
            fill.ticket = people.ticket_at(Line::Technical).await;
            fill.begins += 12_600;
        }
        "EndSession" => {
            fill.ticket = people.ticket_at(Line::Technical).await;
            people.begin_session(&fill.ticket).await;
        }
        "AnswerClarification" => {
            fill.ticket = people.ticket_at(line.max(Line::ServiceDesk)).await;
            fill.clarification =
                people.ask_client(line.max(Line::ServiceDesk), &fill.ticket, "Как давно?").await.expect(READY);
        }
        "ReplayDeadLetter" => {
            people.ticket_at(line).await;
            let desk = stage.suite.desk(line).expect("every line is up");
            let now = stage.clock.now();
            let claimed = desk.store().claim(now, now, 10).await.expect(READY);
            let id = claimed.first().expect("the partner is to be told").message.id;
            desk.store().dead(id, "refused").await.expect(READY);
            fill.message = id.to_string();
        }
        "Reassign" | "Release" | "AddFinding" | "Leave" => {
            fill.ticket = people.ticket_at(line).await;
            in_hand(stage, line, caller, &fill.ticket, rpc.method.name()).await;
        }
        "Resume" => {
            fill.ticket = people.ticket_at(line).await;
            let (request_id, ticket_id) = (people.request_id(), fill.ticket.clone());
            let hold =
                proto::handover::HoldRequest { request_id, ticket_id, reason: "vendor".into(), ..Default::default() };
            let mut clocks = proto::handover::clock_service_client::ClockServiceClient::new(way(stage, line, caller));
            clocks.hold(hold).await.expect(READY);
        }
        "PutAttachmentPart" | "FinishAttachment" | "ShareAttachment" => {
            fill.ticket = people.ticket_at(line).await;
            let mut files = Files::new(way(stage, line, caller), &fill.ticket);
            fill.attachment = files.begin("log.txt", b"a").await.expect(READY).attachment_id;
            if rpc.method.name() != "PutAttachmentPart" {
                files.put(&fill.attachment, 0, b"a").await.expect(READY);
            }
            if rpc.method.name() == "ShareAttachment" {
                files.finish(&fill.attachment).await.expect(READY);
            }
        }
        "LinkTickets" | "UnlinkTicket" | "FindCause" | "PublishWorkaround" | "CancelProblem" | "PlanProblem"
        | "MoveStep" | "ReopenProblem" => {
            fill.ticket = people.ticket_at(line).await;
            fill.problem = problems::open(stage, &[]).await;
            if matches!(rpc.method.name(), "PlanProblem" | "MoveStep" | "ReopenProblem") {
                problems::find_cause(stage, &fill.problem).await;
            }
            if matches!(rpc.method.name(), "MoveStep" | "ReopenProblem") {
                problems::plan(stage, &fill.problem).await;
            }
            if rpc.method.name() == "ReopenProblem" {
                problems::finish(stage, &fill.problem).await;
            }
        }
        "ApproveArticle" | "PublishArticle" | "RetireArticle" => {
            fill.article = format!("article-{number}");
            let draft = articles::article(&fill.article, "Черновик", "Его ещё никто не видел.");
            articles::write(stage, &people.agent(Line::ServiceDesk), draft).await.expect(READY);
            if rpc.method.name() == "PublishArticle" {
                articles::approve(stage, &people.supervisor(), &fill.article).await.expect(READY);
            }
        }
        "AttachTickets" | "DetachTicket" | "WriteToChildren" | "RaiseMajorIncident" | "ResolveMajorIncident" => {
            fill.ticket = people.ticket_at(line).await;
            fill.incident = major::declare(stage, "", &[]).await.incident_id;
        }
        method @ ("AcceptCandidate" | "RejectCandidate") => {
            // Little else is asked now.
            stage.after(jiff::SignedDuration::from_hours(7)).await;
            let alike = if method == "AcceptCandidate" {
                "Не проходит оплата картой"
            } else {
                "Пропал звук у приставки"
            };
            fill.incident = major::candidate(stage, alike).await;
        }
        "ActivateModel" | "ShadowModel" | "RestModel" => fill.model = learning::some_model(stage).await,
        "DeclareForceMajeure" | "ProlongForceMajeure" | "EndForceMajeure" => {
            // Each in a time of its own, long after everything else here.
            let (day, hour) = (number % 250 + 20, number / 250);
            fill.begins += i64::try_from(day * 86_400 + hour * 7_200).expect("a test has few calls");
            if rpc.method.name() != "DeclareForceMajeure" {
                let begins = (fill.begins - stage.clock.now().as_second()) / 60;
                fill.majeure = force_majeure::declare(stage, (begins, begins + 10)).await;
            }
        }
        "ReviseRunbook" | "SubmitRunbook" | "PublishRunbook" | "RetireRunbook" | "ReviewRunbook" => {
            fill.runbook = runbooks::write(stage, "Роутер не выходит в сеть").await;
            if rpc.method.name() == "PublishRunbook" {
                let test = runbooks::submit(stage, &fill.runbook, &fill.tester).await;
                runbooks::pass(stage, Line::ServiceDesk, &fill.tester, &test).await;
            }
        }
        "RecordRunbookTest" | "TellOutcome" => {
            let tester = if rpc.takes("letter") { people.agent(fill.from).subject } else { caller.subject.clone() };
            fill.runbook = runbooks::write(stage, "Роутер не выходит в сеть").await;
            if fill.from <= Line::Technical && fill.from >= Line::ServiceDesk {
                fill.test = runbooks::submit(stage, &fill.runbook, &tester).await;
                stage.settle().await;
            }
        }
        "AcknowledgeAlert" => fill.alert = trends::alert(stage, line, &format!("перемена {number}")).await,
        "DeleteView" => {
            let view = proto::queue::PutViewRequest {
                request_id: people.request_id(),
                name: "Мои".into(),
                ..proto::queue::PutViewRequest::default()
            };
            let mut views = proto::queue::view_service_client::ViewServiceClient::new(way(stage, line, caller));
            fill.view = views.put_view(view).await.expect(READY).into_inner().view.expect(READY).id;
        }
        _ => fill.ticket = people.ticket_at(fill.from.max(line).max(Line::ServiceDesk)).await,
    }
    if rpc.path.contains("PartnerBridge") {
        fill.bond = people.bond(&fill.ticket).await.expect(READY).bond_id;
    }
    if rpc.takes("request_id") {
        fill.clarification = String::new(); // no question is put or answered
    }
    fill
}

/// The ticket is the caller's, who takes part in it, and so does a supervisor.
async fn in_hand(stage: &Stage, line: Line, caller: &Caller, ticket: &str, method: &str) {
    let people = stage.people();
    let (request_id, ticket_id) = (people.request_id(), ticket.to_owned());
    if method == "AddFinding" {
        let join = proto::queue::JoinRequest { request_id, ticket_id, expected_version: 0 };
        let mut swarm = proto::queue::swarm_service_client::SwarmServiceClient::new(way(stage, line, caller));
        swarm.join(join).await.map(|_| ()).unwrap_or_default();
    } else if method == "Leave" {
        let (why, person) = (String::new(), "s.orlova".to_owned());
        let invite = proto::queue::InviteRequest { request_id, ticket_id, person, line: 0, why, expected_version: 0 };
        let mut swarm = proto::queue::swarm_service_client::SwarmServiceClient::new(people.at(line));
        swarm.invite(invite).await.expect(READY);
    } else {
        let (zone, assignee) = (String::new(), caller.subject.clone());
        let assign = proto::handover::AssignRequest { request_id, ticket_id, zone, assignee, expected_version: 0 };
        let mut custodian = proto::handover::custodian_service_client::CustodianServiceClient::new(people.at(line));
        custodian.assign(assign).await.expect(READY);
    }
}

/// The same message with another content: another word in its first text, or, where it has none, another ticket.
fn another(message: &DynamicMessage) -> DynamicMessage {
    let mut other = message.clone();
    assert!(
        reword(&mut other) || retarget(&mut other) || recount(&mut other),
        "{message} has nothing that could be otherwise"
    );
    other
}

fn reword(message: &mut DynamicMessage) -> bool {
    // Texts of its own first, so that no id inside of what it carries is hit.
    let fields: Vec<_> = message.descriptor().fields().collect();
    for field in &fields {
        // To look at what is not chosen would choose it.
        if field.containing_oneof().is_some() && !message.has_field(field) {
            continue;
        }
        let is_name = field.name().ends_with("_id") || matches!(field.name(), "organization" | "vendor");
        if let (false, Value::String(text)) = (is_name, message.get_field_mut(field)) {
            text.push_str(" и ещё");
            return true;
        }
    }
    let inner = |value: &mut Value| match value {
        Value::Message(inner) => reword(inner),
        Value::List(list) => list.first_mut().and_then(Value::as_message_mut).is_some_and(reword),
        _ => false,
    };
    fields.iter().any(|field| message.has_field(field) && inner(message.get_field_mut(field)))
}

/// Another number, where that is all there is.
fn recount(message: &mut DynamicMessage) -> bool {
    let counts = message.has_field_by_name("envelope") && message.descriptor().get_field_by_name("reminders").is_some();
    if counts {
        message.set_field_by_name("reminders", Value::U32(7));
    }
    // Another instant, where that is all there is.
    let instant = message.has_field_by_name("up_to");
    if instant && let Some(Value::Message(up_to)) = message.get_field_by_name_mut("up_to") {
        up_to.set_field_by_name("seconds", Value::I64(1_784_000_007));
    }
    let tickets = message.descriptor().name() == "TrainRequest";
    if tickets {
        message.set_field_by_name("tickets", Value::U32(7));
    }
    counts || instant || tickets
}

fn retarget(message: &mut DynamicMessage) -> bool {
    if message.has_field_by_name("ticket_ids") {
        let other = Value::String(format!("tkt_{}", "f".repeat(32)));
        message.set_field_by_name("ticket_ids", Value::List(vec![other]));
        return true;
    }
    let field = [
        "ticket_id",
        "message_id",
        "visit_id",
        "view_id",
        "article_id",
        "incident_id",
        "runbook_id",
        "model_id",
        "force_majeure_id",
    ]
    .into_iter()
    .find(|name| message.has_field_by_name(name));
    field.is_some_and(|name| {
        let prefix = match name {
            "ticket_id" => "tkt",
            "visit_id" => "vis",
            "view_id" => "view",
            "article_id" => "article",
            "incident_id" => "mjr",
            "runbook_id" => "rbk",
            "model_id" => "mdl",
            "force_majeure_id" => "fmj",
            _ => "msg",
        };
        message.set_field_by_name(name, Value::String(format!("{prefix}_{}", "f".repeat(32))));
        true
    })
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_another_content_is_refused() {
    on_each_database(async |stage| {
        let article = proto::line0::Article {
            article_id: "reset-password".into(),
            title: "Как сбросить пароль от личного кабинета".into(),
            body: "Нажмите «Забыли пароль?»".into(),
            questions: vec!["забыл пароль от личного кабинета".into()],
            language: 1,
            ..proto::line0::Article::default()
        };
        stage.people().know(vec![article]).await.unwrap();
        let everybody = everybody(&stage.plan);
        let (mut changing, mut repeated, mut number) = (BTreeSet::new(), BTreeSet::new(), 0);
        let mut undone: Vec<(String, Status)> = Vec::new();
        for (line, rpc) in everywhere(&stage).await {
            if !KNOWN_BY.iter().any(|field| rpc.takes(field)) {
                continue;
            }
            changing.insert(rpc.path.clone());
            // Between lines it depends on who speaks whether something is done; else anybody will do.
            let is_between = rpc.takes("baton")
                || ["RelayService", "ArrangementService", "ExpertiseService", "BulletinService"]
                    .iter()
                    .any(|service| rpc.path.contains(service));
            let callers = allowed(&everybody, &rpc.path, line);
            let callers = callers
                .into_iter()
                .filter(|caller| !is_between || matches!(caller.role.line(), Some(from) if from != line));
            for caller in callers.take(if is_between { 9 } else { 1 }) {
                number += 1;
                let fill = ready(&stage, line, &rpc, caller, number).await;
                let request = fill.whole(&rpc.input());
                let about = format!("{} by {} at {line}", rpc.path, caller.role);
                let send =
                    |request: &DynamicMessage| call(way(&stage, line, caller), &rpc.path, request.encode_to_vec());
                let first = match send(&request).await {
                    Ok(first) => first,
                    Err(refused) => {
                        undone.push((about, refused));
                        continue;
                    }
                };
                assert_eq!(send(&request).await.expect(&about), first, "{about}: a repeat gets another answer");
                let refused = send(&another(&request)).await.expect_err(&about);
                let told = (reason_of(&refused), refused.code());
                assert_eq!(told, (REUSED, Code::AlreadyExists), "{about}: {refused:?}");
                assert!(refused.message().contains("draw a new one"), "{}", refused.message());
                assert_eq!(send(&request).await.expect(&about), first, "{about}: the conflict has changed something");
                repeated.insert(rpc.path.clone());
                if let Role::Service { .. } = caller.role {
                    break;
                }
            }
        }
        let never: Vec<_> = changing.difference(&repeated).collect();
        assert!(never.is_empty(), "these were never done: {never:#?}\n{undone:#?}");
    })
    .await;
}
