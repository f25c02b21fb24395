//! What a step fills in for tickets that were there is what they would have if they came now.

use jiff::Timestamp;
use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use ticket::{
    Actor, Channel, Event, EventBody, Facts, HoldReason, Impact, Kind, Language, Line, Mood, OrganizationId, Priority,
    Ticket, TicketId, Urgency, Wake, WakeReason,
};

use super::{queues, words};
use crate::connect::{Connected, Options, connect};
use crate::mark::Mark;
use crate::store::Store;
use crate::testing::TestDatabase;

const COLUMNS: &str = "SELECT queue || '|' || urgency_rank || '|' || COALESCE(category, '') || '|' || COALESCE(product, '') \
     || '|' || kind || '|' || mood || '|' || language || '|' || subject || '|' || COALESCE(hold_reason, '') || '|' || due_at \
     FROM ticket ORDER BY id";
const MARKS: &str = "SELECT kind || '|' || value || '|' || ticket FROM ticket_mark ORDER BY kind, value, ticket";
const WORDS: &str = "SELECT word || '|' || ticket FROM ticket_word ORDER BY word, ticket";

/// As the columns are when they have just been added.
const NEW: &[&str] = &[
    "UPDATE ticket SET queue = '', urgency_rank = 0, category = NULL, product = NULL, kind = '', mood = '', language = '', \
     subject = '', hold_reason = NULL, due_at = 9223372036854775807",
    "DELETE FROM ticket_mark",
    "DELETE FROM ticket_word",
];

fn ticket(number: i64) -> Ticket {
    let organization: OrganizationId = "acme".parse().unwrap();
    let opened_at = Timestamp::from_second(1_700_000_000 + number).unwrap();
    let request = format!("r{number}").parse().unwrap();
    let facts = Facts {
        id: TicketId::of_request(&organization, Line::ServiceDesk, "anna", &request, opened_at),
        organization,
        number: None,
        kind: Kind::Incident,
        subject: format!("Не работает VPN №{number} в ОФИСЕ"),
        text: "Нет связи".to_owned(),
        language: Language::Russian,
        client: "c1".to_owned(),
        impact: Impact::High,
        urgency: Urgency::High,
        priority: Priority::Critical,
        raises: Vec::new(),
        mood: Mood::Negative,
        category: (number % 2 == 0).then(|| "vpn".to_owned()),
        product: Some("VPN".to_owned()),
        environment: None,
        opened_at,
        trace: String::new(),
    };
    let wake = Wake { at: opened_at, reason: WakeReason::QueueDeadline };
    let mut ticket = Ticket::register(facts, Line::ServiceDesk, wake.clone(), opened_at);
    ticket.assignment.group = Some("desk".to_owned());
    if number == 3 {
        ticket.hold(HoldReason::Reason { id: "parts".to_owned(), until: None }, wake, opened_at).unwrap();
    }
    ticket
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test]
async fn what_was_there_before_a_step_is_found_as_what_comes_after_it() {
    for database in TestDatabase::all() {
        let store = Store::open(database.url()).await.unwrap();
        for number in 0..5 {
            let ticket = ticket(number);
            let put = store.write(move |work| {
                Box::pin(async move {
                    let (of, id) = (ticket.facts.organization.clone(), ticket.facts.id);
                    work.put(&ticket, None).await?;
                    work.put_own(&of, id, &serde_json::json!({ "tags": ["vip", "сеть"] })).await?;
                    work.put_marks(&of, id, Mark::Tag, &["vip".to_owned(), "сеть".to_owned()]).await?;
                    work.add_mark(&of, id, Mark::Channel, Channel::Phone.name()).await?;
                    let body = EventBody::Registered { channel: Channel::Phone };
                    let (line, epoch, at) = (ticket.line, ticket.epoch, ticket.facts.opened_at);
                    let (actor, trace_id) = (Actor::Line { line }, String::new());
                    work.append(&Event { organization: of, ticket: id, line, epoch, at, actor, trace_id, body }).await
                })
            });
            put.await.unwrap();
        }
        store.close().await.unwrap();
        let connection = match connect(database.url(), &Options::default()).await.unwrap() {
            Connected::Sqlite { readers, writer } => {
                readers.close().await.unwrap();
                writer.connect().await.unwrap()
            }
            Connected::Postgres(pool) => pool,
        };
        let mut as_they_came = Vec::new();
        for sql in [COLUMNS, MARKS, WORDS] {
            as_they_came.push(texts(&connection, sql).await);
        }
        assert_eq!(as_they_came.iter().map(Vec::len).collect::<Vec<_>>(), [5, 15, 30]);
        for sql in NEW {
            connection.execute_unprepared(sql).await.unwrap();
        }
        let backend = connection.get_database_backend();
        queues::fill(&connection, backend).await.unwrap();
        words::fill(&connection, backend).await.unwrap();
        for (sql, wanted) in [COLUMNS, MARKS, WORDS].into_iter().zip(as_they_came) {
            assert_eq!(texts(&connection, sql).await, wanted, "{backend:?}");
        }
        connection.close().await.unwrap();
    }
}
