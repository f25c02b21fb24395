//! Any message that can be decoded, to every RPC: never a fault of ours, and never a word of a database.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use rpc::{Caller, Role, reason_of};
use tests::{Databases, Stage};
use ticket::Line;
use tonic::{Code, Status};

use crate::callers::{allowed, everybody, speaks_for, way};
use crate::fill::Fill;
use crate::raw::call;
use crate::rpcs::everywhere;

/// How many messages each RPC gets from each caller that is tried.
const MESSAGES: u32 = 12;

/// The first word in a status that only a database would say, if one is there.
pub(crate) fn words_of_a_database(status: &Status) -> Option<&'static str> {
    const WORDS: [&str; 17] = [
        "sqlite",
        "postgres",
        "sqlx",
        "sea_orm",
        "sea-orm",
        "seaql",
        "sqlstate",
        "constraint",
        "syntax error",
        "relation ",
        "no such table",
        "column",
        "select ",
        "insert ",
        "update ",
        "database is locked",
        "max_page_count",
    ];
    let told = [status.message().as_bytes(), status.details()].concat();
    let told = String::from_utf8_lossy(&told).to_lowercase();
    WORDS.into_iter().find(|word| told.contains(word))
}

/// What fits into `field`, or does not.
fn any_value(field: &FieldDescriptor, fill: &Fill, ids: &[String]) -> BoxedStrategy<Value> {
    let good = fill.value(field);
    match field.kind() {
        Kind::String => prop_oneof![
            6 => Just(good),
            2 => select(ids.to_vec()).prop_map(Value::String),
            2 => any::<String>().prop_map(Value::String),
            1 => select(vec!["", "\0", "а\u{0301}\u{202e}\u{feff}", "🦊🏳️‍🌈", "'; DROP TABLE ticket; --", "%s%n", "${jndi:ldap://x}"])
                .prop_map(|text| Value::String(text.to_owned())),
            1 => (500_usize..70_000).prop_map(|bytes| Value::String("ы".repeat(bytes / 2))),
        ]
        .boxed(),
        Kind::Enum(_) => prop_oneof![3 => Just(good), 3 => (0..8).prop_map(Value::EnumNumber), 1 => any::<i32>().prop_map(Value::EnumNumber)].boxed(),
        Kind::Message(of) if of.full_name() == "google.protobuf.Timestamp" => {
            (any::<i64>(), any::<i32>(), any::<bool>())
                .prop_map(move |(seconds, nanos, is_good)| {
                    let mut at = DynamicMessage::new(of.clone());
                    at.set_field_by_name("seconds", Value::I64(if is_good { 1_784_000_000 } else { seconds }));
                    at.set_field_by_name("nanos", Value::I32(if is_good { 0 } else { nanos }));
                    Value::Message(at)
                })
                .boxed()
        }
        Kind::Message(of) => any_message(&of, fill, ids).prop_map(Value::Message).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Int32 | Kind::Sint32 => prop_oneof![Just(0), -3..300, any::<i32>()].prop_map(Value::I32).boxed(),
        Kind::Uint32 => prop_oneof![3 => Just(good), 2 => (0..5_u32).prop_map(Value::U32), 1 => any::<u32>().prop_map(Value::U32)].boxed(),
        Kind::Uint64 => prop_oneof![3 => Just(good), 1 => any::<u64>().prop_map(Value::U64)].boxed(),
        Kind::Bytes => prop_oneof![3 => Just(good), 1 => prop::collection::vec(any::<u8>(), 0..600).prop_map(|bytes| Value::Bytes(bytes.into()))].boxed(),
        Kind::Int64 => any::<i64>().prop_map(Value::I64).boxed(),
        Kind::Float => any::<f32>().prop_map(Value::F32).boxed(),
        other => panic!("the contracts had no {other:?} until now; say here what one may hold"),
    }
}

/// A message whose fields are mostly good, sometimes missing, and sometimes anything.
fn any_message(of: &MessageDescriptor, fill: &Fill, ids: &[String]) -> BoxedStrategy<DynamicMessage> {
    let fields = of.fields().map(|field| {
        let value = any_value(&field, fill, ids);
        let value = if field.is_list() {
            prop_oneof![4 => prop::collection::vec(value.clone(), 0..3), 1 => prop::collection::vec(value, 1..2).prop_map(|one| vec![one[0].clone(); 201])]
                .prop_map(Value::List)
                .boxed()
        } else {
            value
        };
        prop::option::weighted(0.9, value.prop_map(move |value| (field.clone(), value)))
    });
    let of = of.clone();
    fields
        .collect::<Vec<_>>()
        .prop_map(move |fields| {
            let mut message = DynamicMessage::new(of.clone());
            fields.into_iter().flatten().for_each(|(field, value)| message.set_field(&field, value));
            message
        })
        .boxed()
}

fn check(answer: Result<Vec<u8>, Status>) -> Result<(), TestCaseError> {
    let Err(status) = answer else { return Ok(()) };
    let is_fault = matches!(status.code(), Code::Internal | Code::Unknown | Code::Unimplemented | Code::DataLoss);
    prop_assert!(!is_fault, "a fault of ours: {status:?}");
    prop_assert!(reason_of(&status).is_some(), "no reason of the closed list: {status:?}");
    prop_assert!(!status.message().is_empty());
    // What the caller wrote itself may come back in an id that is quoted.
    if !status.message().contains("DROP TABLE") {
        prop_assert_eq!(words_of_a_database(&status), None, "{:?}", status);
    }
    Ok(())
}

/// A suite with something of everything, and the ids of it.
async fn busy(databases: Databases) -> (Stage, Vec<String>) {
    let stage = Stage::over(databases).await;
    let people = stage.people();
    let mut ids = Vec::new();
    for line in [Line::ServiceDesk, Line::Technical, Line::Expert, Line::Vendor] {
        let ticket = people.ticket_at(line).await;
        if line == Line::Technical {
            ids.push(people.ask_client(line, &ticket, "Какого цвета лампа?").await.expect("its holder may ask"));
        }
        ids.push(ticket);
    }
    ids.push(people.bond(&ids[ids.len() - 1]).await.expect("the bridge made one").bond_id);
    let solved = people.register("Не работает печать").await;
    people.resolve(Line::ServiceDesk, &solved).await.expect("its holder may");
    ids.push(solved);
    stage.settle().await;
    (stage, ids)
}

/// Feeds `messages` to every RPC that `wanted` picks, by the callers it picks.
fn feed(databases: Databases, wanted: impl Fn(&Caller) -> bool, holds: bool) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let (stage, ids) = runtime.block_on(busy(databases));
    let everybody: Vec<Caller> = everybody(&stage.plan).into_iter().filter(wanted).collect();
    let mut fed = 0;
    for (line, rpc) in runtime.block_on(everywhere(&stage)) {
        for caller in some(allowed(&everybody, &rpc.path, line)) {
            let fill = Fill {
                ticket: ids[line as usize % ids.len()].clone(),
                from: speaks_for(caller),
                to: line,
                ..Fill::demo("req-any")
            };
            // No two alike, so that few are repeats.
            let messages = (any_message(&rpc.input(), &fill, &ids), "[a-z]{12}").prop_map(|(mut message, id)| {
                if message.get_field_by_name("request_id").is_some_and(|now| now.as_str() == Some("req-any")) {
                    message.set_field_by_name("request_id", Value::String(id));
                }
                message
            });
            let config = Config { cases: MESSAGES, failure_persistence: None, ..Config::default() };
            let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
            let answer = |message: DynamicMessage| {
                check(runtime.block_on(call(way(&stage, line, caller), &rpc.path, message.encode_to_vec())))
            };
            let fault = runner.run(&messages, answer);
            fed += MESSAGES;
            fault.unwrap_or_else(|fault| {
                panic!("{} by {} at {line}: {}", rpc.path, caller.role, brief(&fault.to_string()))
            });
        }
    }
    assert!(fed > 100, "only {fed} messages were fed");
    if holds {
        runtime.block_on(stage.settle());
        runtime.block_on(stage.holds());
    }
}

/// One caller of each kind: the agents of all lines are alike to an RPC.
fn some(callers: Vec<&Caller>) -> Vec<&Caller> {
    let mut kinds = Vec::new();
    callers
        .into_iter()
        .filter(|caller| {
            let is_new = !kinds.contains(&caller.role.name());
            kinds.push(caller.role.name());
            is_new
        })
        .collect()
}

fn brief(text: &str) -> String {
    text.chars().take(4000).collect()
}

#[test]
fn whatever_people_and_partners_send_is_done_or_refused_and_everything_holds() {
    for databases in Databases::all() {
        feed(databases, |caller| !matches!(caller.role, Role::Service { .. }), true);
    }
}

/// A service with a key of its own is believed about the tickets of its line, so that what it makes up may well break
/// what holds between lines; it must not break the line that hears it.
#[test]
fn whatever_services_send_is_done_or_refused() {
    for databases in Databases::all() {
        feed(databases, |caller| matches!(caller.role, Role::Service { .. }), false);
    }
}
