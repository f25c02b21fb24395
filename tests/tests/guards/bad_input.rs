//! Bad requests: each gets a clear refusal that names what is wrong, and nothing is lost or made.

use prost::Message;
use prost_reflect::{DynamicMessage, Kind, Value};
use proto::errors::Reason;
use rpc::{Caller, reason_of, violations_of};
use tests::{Stage, on_each_database};
use ticket::Line;
use tonic::{Code, Status};

use crate::callers::{allowed, everybody, speaks_for, way};
use crate::fill::Fill;
use crate::raw::call;
use crate::rpcs::{Rpc, everywhere};

const NOT_TAKEN: &str = "a bad request is not taken";

/// Every RPC that `wanted` picks, at each line, with somebody who may call it and what fills it.
async fn tries(stage: &Stage, wanted: impl Fn(&Rpc) -> bool) -> Vec<(Line, Rpc, Caller, Fill)> {
    let (everybody, mut tries) = (everybody(&stage.plan), Vec::new());
    for (line, rpc) in everywhere(stage).await.into_iter().filter(|(_, rpc)| wanted(rpc)) {
        let somebody = allowed(&everybody, &rpc.path, line);
        // A line does not hand to itself.
        let caller = somebody.into_iter().find(|caller| caller.role.line() != Some(line) || !rpc.takes("baton"));
        let caller = caller.expect("every RPC lets somebody in").clone();
        let fill = Fill { from: speaks_for(&caller), to: line, ..Fill::demo(&format!("req-{line}")) };
        tries.push((line, rpc, caller, fill));
    }
    assert!(!tries.is_empty(), "no RPC is like that");
    tries
}

/// Fails unless `refused` is FIELD_INVALID and names `field` with a fault that holds `word`.
fn check_field(about: &str, refused: &Status, field: &str, word: &str) {
    assert_eq!(
        (reason_of(refused), refused.code()),
        (Some(Reason::FieldInvalid), Code::InvalidArgument),
        "{about}: {refused:?}"
    );
    let violations = violations_of(refused);
    let named = violations.iter().find(|violation| violation.field == field);
    let named = named.unwrap_or_else(|| panic!("{about}: `{field}` is not named but {violations:?}"));
    assert!(named.fault.contains(word), "{about}: {named}");
    assert!(refused.message().contains("field"), "{about}: {}", refused.message());
}

/// The message inside of `message` that a path such as `baton.facts` leads to.
fn inside<'m>(message: &'m mut DynamicMessage, path: &[&str]) -> &'m mut DynamicMessage {
    path.iter().fold(message, |message, name| {
        let value = message.get_field_by_name_mut(name).expect("the field is in the contracts");
        match value {
            Value::Message(inner) => inner,
            Value::List(list) => match list.first_mut() {
                Some(Value::Message(inner)) => inner,
                other => panic!("{name} holds {other:?}"),
            },
            other => panic!("{name} is {other:?}"),
        }
    })
}

async fn tickets_everywhere(stage: &Stage) -> usize {
    let mut found = 0;
    for line in Line::ALL {
        let desk = stage.suite.desk(line).expect("every line is up");
        found += desk.store().snapshot(line).await.expect("the database can be read").tickets.len();
    }
    found
}

#[tokio::test]
async fn a_wrong_field_is_named_with_what_is_wrong_about_it() {
    on_each_database(async |stage| {
        let long = |bytes: usize| Value::String("a".repeat(bytes));
        let text = |text: &str| Value::String(text.to_owned());
        let cases = [
            ("", "channel", Value::EnumNumber(99), "99 is not a value"),
            ("", "channel", Value::EnumNumber(0), "required"),
            ("", "impact", Value::EnumNumber(-1), "-1 is not a value"),
            ("", "language", Value::EnumNumber(i32::MAX), "is not a value"),
            ("", "text", text(""), "empty"),
            ("", "text", text(" \n\t"), "empty"),
            ("", "text", long(64 * 1024 + 1), "65537 bytes; at most 65536"),
            ("", "text", text("до\0после"), "NUL"),
            ("", "client", long(513), "513 bytes; at most 512"),
            ("", "subject", long(513), "513 bytes; at most 512"),
            ("", "request_id", text(""), "request id"),
            ("", "request_id", text("два слова"), "request id"),
            ("", "request_id", long(129), "request id"),
            ("contact", "email", text("a\0b"), "NUL"),
            ("contact", "name", long(513), "at most 512"),
        ];
        let register = tries(&stage, |rpc| rpc.path.ends_with("ServiceDeskService/Register")).await;
        // A client is who the token says, so an agent calls.
        let (line, rpc, _, fill) = &register[0];
        let agent = stage.people().agent(Line::ServiceDesk);
        for (within, field, value, word) in cases {
            let mut request = fill.whole(&rpc.input());
            let path: Vec<&str> = Some(within).filter(|name| !name.is_empty()).into_iter().collect();
            inside(&mut request, &path).set_field_by_name(field, value);
            let refused =
                call(way(&stage, *line, &agent), &rpc.path, request.encode_to_vec()).await.expect_err(NOT_TAKEN);
            let name = [&path[..], &[field]].concat().join(".");
            check_field(&name, &refused, &name, word);
        }
        let mut request = fill.whole(&rpc.input());
        request.set_field_by_name("text", text(""));
        request.set_field_by_name("channel", Value::EnumNumber(99));
        let refused = call(way(&stage, *line, &agent), &rpc.path, request.encode_to_vec()).await.expect_err(NOT_TAKEN);
        assert_eq!(violations_of(&refused).len(), 2, "a caller learns of all faults at once");
        assert_eq!(tickets_everywhere(&stage).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_none_is_named_and_one_that_nobody_has_is_not_found() {
    on_each_database(async |stage| {
        for (line, rpc, caller, fill) in tries(&stage, |rpc| rpc.takes("ticket_id")).await {
            // What was decided is listed of all tickets where none is named.
            let none = [""].into_iter().filter(|_| !rpc.path.ends_with("/ListDecisions"));
            for bad in
                none.chain(["1", "tkt_1'; DROP TABLE ticket; --", "TKT_00000000000000000000000000000000", "тикет"])
            {
                let request = Fill { ticket: bad.to_owned(), ..fill.clone() }.whole(&rpc.input());
                let refused =
                    call(way(&stage, line, &caller), &rpc.path, request.encode_to_vec()).await.expect_err(NOT_TAKEN);
                check_field(
                    &format!("{} at {line}", rpc.path),
                    &refused,
                    "ticket_id",
                    "is not a ticket id (`tkt_` and",
                );
            }
            let request = fill.whole(&rpc.input()).encode_to_vec();
            let refused = call(way(&stage, line, &caller), &rpc.path, request).await.expect_err(NOT_TAKEN);
            // Where a ticket is taken off something, that is looked for first.
            let (reason, nobodys) = match (rpc.takes("problem_id"), rpc.takes("incident_id")) {
                (true, _) => (Reason::ProblemNotFound, &fill.problem),
                (_, true) => (Reason::MajorIncidentNotFound, &fill.incident),
                (false, false) => (Reason::TicketNotFound, &fill.ticket),
            };
            assert_eq!(reason_of(&refused), Some(reason), "{} at {line}: {refused:?}", rpc.path);
            assert_eq!(refused.code(), Code::NotFound);
            assert!(refused.message().contains(nobodys), "{}", refused.message());
        }
        assert_eq!(tickets_everywhere(&stage).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_token_of_no_list_and_a_size_of_no_page_are_refused() {
    on_each_database(async |stage| {
        for (line, rpc, caller, fill) in tries(&stage, |rpc| rpc.takes("page_size")).await {
            // Elsewhere the ticket is looked for first, and nobody has it.
            let of_all = rpc.path.ends_with("/ListDecisions");
            if rpc.takes("ticket_id") && !of_all {
                continue;
            }
            let fill = if of_all { Fill { ticket: String::new(), ..fill } } else { fill };
            let good = fill.whole(&rpc.input());
            for bad in ["мусор", "' OR 1=1 --", "-1", "1.5", "\0", "99999999999999999999999999"] {
                let mut request = good.clone();
                request.set_field_by_name("page_token", Value::String(bad.to_owned()));
                let answer = call(way(&stage, line, &caller), &rpc.path, request.encode_to_vec()).await;
                let about = format!("{} at {line} with `{}`", rpc.path, bad.escape_debug());
                let refused = answer.expect_err(&about);
                assert_eq!(reason_of(&refused), Some(Reason::PageTokenInvalid), "{about}: {refused:?}");
                assert!(refused.message().contains("page token"), "{}", refused.message());
            }
            for bad in [-1, 201, i32::MIN, i32::MAX] {
                let mut request = good.clone();
                request.set_field_by_name("page_size", Value::I32(bad));
                let refused =
                    call(way(&stage, line, &caller), &rpc.path, request.encode_to_vec()).await.expect_err(NOT_TAKEN);
                check_field(&rpc.path, &refused, "page_size", "from 1 to");
            }
        }
        let ticket = stage.people().register("Не работает почта").await;
        for bad in ["мусор", "1", "1.", ".1", "-1.-1", "1.99999999999999999999999", "1.1.1"] {
            let request = proto::ticket::WatchTicketRequest { ticket_id: ticket.clone(), resume_token: bad.to_owned() };
            let channel = way(&stage, Line::ServiceDesk, &stage.people().supervisor());
            let refused = call(channel, "/estafeta.ticket.v1.TicketService/WatchTicket", request.encode_to_vec()).await;
            let refused = refused.expect_err(bad);
            assert_eq!(reason_of(&refused), Some(Reason::ResumeTokenInvalid), "{bad}");
            assert!(refused.message().contains("start over without it"), "{}", refused.message());
        }
    })
    .await;
}

#[tokio::test]
async fn the_token_of_a_page_of_articles_leads_to_the_next() {
    on_each_database(async |stage| {
        let article = |id: &str| proto::line0::Article {
            article_id: id.into(),
            title: "Как печатать".into(),
            body: "Нажмите «Печать»".into(),
            language: 1,
            ..Default::default()
        };
        stage.people().know(["a", "b", "после: c"].map(article).to_vec()).await.unwrap();
        let (mut found, mut page_token) = (vec![], String::new());
        loop {
            let request = proto::line0::ListArticlesRequest { page_size: 1, page_token };
            let channel = way(&stage, Line::SelfService, &stage.people().supervisor());
            let path = "/estafeta.line0.v1.KnowledgeService/ListArticles";
            let answer = call(channel, path, request.encode_to_vec()).await.unwrap();
            let page = proto::line0::ListArticlesResponse::decode(answer.as_slice()).unwrap();
            found.extend(page.articles.into_iter().map(|article| article.article_id));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(found, ["a", "b", "после: c"]);
    })
    .await;
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_as_unreadable() {
    on_each_database(async |stage| {
        let mut enormous = vec![];
        prost::encoding::string::encode(1, &"x".repeat(5 * 1024 * 1024), &mut enormous);
        for (line, rpc, caller, fill) in tries(&stage, |_| true).await {
            let input = rpc.input();
            let mut whole = fill.whole(&input).encode_to_vec();
            whole.pop();
            let mut bad = vec![("cut off", whole), ("a group that nobody closes", vec![0x0b])];
            if let Some(field) = input.fields().find(|field| field.kind() == Kind::String) {
                let key = u8::try_from(field.number() << 3 | 2).expect("the first fields have small numbers");
                bad.push(("not UTF-8", vec![key, 2, 0xff, 0xfe]));
            }
            bad.push(("5 MiB", enormous.clone()));
            for (what, bytes) in bad {
                if bytes.is_empty() {
                    continue; // it had no field to cut
                }
                let answer = call(way(&stage, line, &caller), &rpc.path, bytes).await;
                let refused = answer.expect_err(&format!("{what} was taken by {}", rpc.path));
                let told = (reason_of(&refused), refused.code());
                assert_eq!(told, (Some(Reason::MessageUnreadable), Code::InvalidArgument), "{what}: {refused:?}");
                assert!(refused.message().starts_with("the request cannot be read: "), "{}", refused.message());
            }
        }
        assert_eq!(tickets_everywhere(&stage).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_empty_request_changes_nothing() {
    on_each_database(async |stage| {
        for (line, rpc, caller, _) in tries(&stage, |rpc| !rpc.takes("page_size")).await {
            let answer = call(way(&stage, line, &caller), &rpc.path, vec![]).await;
            let refused = answer.expect_err(&format!("{} was done for nothing", rpc.path));
            assert_eq!(reason_of(&refused), Some(Reason::FieldInvalid), "{}: {refused:?}", rpc.path);
            assert!(!violations_of(&refused).is_empty(), "{}", rpc.path);
        }
        assert_eq!(tickets_everywhere(&stage).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_instant_beyond_all_calendars_is_refused() {
    on_each_database(async |stage| {
        for (line, rpc, caller, fill) in tries(&stage, |rpc| rpc.takes("baton")).await {
            for (at, word) in [
                ((i64::MAX, 0), "years"),
                ((i64::MIN, 0), "years"),
                ((0, -1), "nanoseconds"),
                ((0, i32::MAX), "nanoseconds"),
            ] {
                for path in [&["baton", "facts", "opened_at"], &["baton", "hops", "at"]] {
                    let mut request = fill.whole(&rpc.input());
                    let instant = inside(&mut request, path);
                    instant.set_field_by_name("seconds", Value::I64(at.0));
                    instant.set_field_by_name("nanos", Value::I32(at.1));
                    let answer = call(way(&stage, line, &caller), &rpc.path, request.encode_to_vec()).await;
                    check_field(&rpc.path, &answer.expect_err(NOT_TAKEN), &path.join("."), word);
                }
            }
        }
        assert_eq!(tickets_everywhere(&stage).await, 0);
    })
    .await;
}
