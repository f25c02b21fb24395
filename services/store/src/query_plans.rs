//! Every query that is asked often finds its rows by an index, on both databases.

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select, Statement, TransactionTrait,
};
use ticket::{Epoch, HandoverId, OrganizationId, TicketId};

use crate::connect::{Connected, Options, connect};
use crate::decision::{DecisionEvents, DecisionsWanted};
use crate::listing::{CustodyKind, Filter, StateKind};
use crate::log::{Position, beyond, of_ticket, settled, since_version};
use crate::queue::{Scope, Sort, Wanted};
use crate::rows::event::Column;
use crate::testing::TestDatabase;
use crate::{decision, document, document_key, listing, outbox, queue_sql, staff, timer, wake};

/// The queries by what they are for, with values in place of parameters.
fn queries(backend: DbBackend) -> Vec<(&'static str, Statement)> {
    let acme: OrganizationId = "acme".parse().unwrap();
    let ticket: TicketId = "tkt_0190f3f2a1b27c3d8e4f5a6b7c8d9e0f".parse().unwrap();
    let message = HandoverId::of(ticket, Epoch::FIRST).to_string();
    let after = Some((7, ticket));
    let list = |filter: Filter| built(listing::query(&acme, &filter, after, 20), backend);
    let with = |sql: String, values: Vec<sea_orm::Value>| Statement::from_sql_and_values(backend, sql, values);
    let claim = vec![1_i64.into(), 2_i64.into(), 3_i64.into()];
    let claim_toward = claim.iter().cloned().chain([message.into()]).collect();
    let feed = |organization| {
        let rows = settled(organization, backend).filter(beyond(Position::START, backend));
        built(rows.order_by_asc(Column::Xid).order_by_asc(Column::Seq).limit(9), backend)
    };
    let at = jiff::Timestamp::UNIX_EPOCH;
    let place = "7.7".parse().ok();
    let decided = DecisionsWanted { ticket: None, since: Some(at), until: Some(at), after: place };
    let of_ticket_alone = DecisionsWanted { ticket: Some(ticket), ..DecisionsWanted::default() };
    vec![
        ("all tickets", list(Filter::default())),
        ("tickets held", list(Filter { custody: Some(CustodyKind::Held), ..Filter::default() })),
        (
            "active tickets",
            list(Filter { custody: Some(CustodyKind::Held), states: vec![StateKind::Open], ..Filter::default() }),
        ),
        (
            "active tickets of a zone",
            list(Filter {
                custody: Some(CustodyKind::Held),
                states: vec![StateKind::Open],
                zone: Some("network".to_owned()),
                ..Filter::default()
            }),
        ),
        ("tickets of a zone", list(Filter { zone: Some("network".to_owned()), ..Filter::default() })),
        ("tickets of a person", list(Filter { assignee: Some("olga".to_owned()), ..Filter::default() })),
        ("tickets of a client", list(Filter { client: Some("c1".to_owned()), ..Filter::default() })),
        ("events of a ticket", built(of_ticket(&acme, ticket, None, 9), backend)),
        ("the feed", feed(None)),
        ("an organization's feed", feed(Some(&acme))),
        ("claim messages", with(outbox::claim_sql(backend, false), claim.clone())),
        ("claim one message", with(outbox::claim_sql(backend, true), claim_toward)),
        ("the next message", Statement::from_string(backend, outbox::next_due_sql())),
        ("claim wake-ups", with(wake::claim_sql(backend), claim.clone())),
        ("claim timers", with(timer::claim_sql(backend), claim)),
        ("the next timer", Statement::from_string(backend, timer::NEXT_TIMER_SQL)),
        ("the next wake-up", Statement::from_string(backend, wake::NEXT_WAKE_SQL)),
        ("documents", built(document::query(&acme, "article", None, 9), backend)),
        ("documents by a key", built(document_key::by(&acme, "visit", "engineer", "olga", Some("7"), 9), backend)),
        ("events since a version", built(since_version(&acme, ticket, 3, 9), backend)),
        ("decisions of a kind", built(decision::query(&acme, DecisionEvents::Sorted, &decided, 9), backend)),
        ("decisions on a ticket", built(decision::query(&acme, DecisionEvents::Sorted, &of_ticket_alone, 9), backend)),
        ("who is away", staff::standing(&acme, &["olga".to_owned()], backend)),
        ("active tickets in people's hands", staff::loads(&acme, &["olga".to_owned()], backend)),
        (
            "documents between two keys",
            built(document_key::between(&acme, "visit", "begins", ("a", "b"), Some(("a", "7")), 9), backend),
        ),
    ]
    .into_iter()
    .chain(queues(&acme, backend))
    .collect()
}

/// Every order of a queue as a supervisor and as an agent of two groups see it, and the counts of an agent.
fn queues(acme: &OrganizationId, backend: DbBackend) -> Vec<(&'static str, Statement)> {
    let wanted = Wanted {
        custody: Some(CustodyKind::Held),
        states: vec![StateKind::Open, StateKind::OnHold],
        ..Wanted::default()
    };
    let agent = Scope::Of { person: "olga".to_owned(), groups: vec!["a".to_owned(), "b".to_owned()] };
    let page = |scope: &Scope, sort| queue_sql::page(acme, scope, &wanted, sort, (None, 20, false), backend).unwrap();
    let worded = Wanted { text: Some("нет интернета".to_owned()), ..wanted.clone() };
    let words = |rare| queue_sql::page(acme, &Scope::All, &worded, Sort::Priority, (None, 20, rare), backend).unwrap();
    let every = Sort::ALL.into_iter();
    let every =
        every.flat_map(|sort| [("active queue", page(&Scope::All, sort)), ("active queues", page(&agent, sort))]);
    let others = [
        ("active counts", queue_sql::counts(acme, &agent, std::slice::from_ref(&wanted), backend)),
        ("active queue by common words", words(false)),
        ("tickets by a rare word", words(true)),
    ];
    every.chain(others).collect()
}

fn built<E: EntityTrait>(query: Select<E>, backend: DbBackend) -> Statement {
    query.build(backend)
}

async fn explain(connection: &impl ConnectionTrait, statement: Statement, column: usize) -> Vec<String> {
    let how = if column == 3 { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    let sql = format!("{how} {}", statement.sql);
    let statement = Statement { sql, ..statement };
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(column).unwrap()).collect()
}

#[tokio::test]
async fn no_query_reads_a_whole_table() {
    let database = TestDatabase::sqlite();
    let Connected::Sqlite { readers, writer } = connect(database.url(), &Options::default()).await.unwrap() else {
        panic!("it is SQLite");
    };
    let writer: DatabaseConnection = writer.connect().await.unwrap();
    for (what, statement) in queries(DbBackend::Sqlite) {
        let plan = explain(&writer, statement, 3).await;
        // The picked rows are a handful, and the next message is the first of an index in its order.
        let walks = |step: &&String| match what {
            "the next message" => step.starts_with("SCAN o USING INDEX outbox_by_due"),
            // What is merged is a page of each queue; those of the viewer outside their groups are few.
            // A rare word's tickets are few.
            "tickets by a rare word" => *step == "SCAN hits",
            _ => *step == "SCAN picked" || step.starts_with("SCAN part") || step.starts_with("SCAN counted"),
        };
        let scans: Vec<_> = plan.iter().filter(|step| step.starts_with("SCAN") && !walks(step)).collect();
        assert!(scans.is_empty(), "{what} reads a whole table: {plan:#?}");
        let sorts = plan.iter().any(|step| step.contains("ORDER BY"));
        assert!(!sorts || matches!(what, "active queues" | "tickets by a rare word"), "{what} sorts: {plan:#?}");
        let active = plan.iter().any(|step| step.contains("ticket_active"));
        assert_eq!(active, what.starts_with("active"), "{what}: {plan:#?}");
        // What is in an agent's hands outside their groups is not looked for among all that is active.
        let of_person =
            plan.iter().any(|step| step.contains("ticket_active_by_assignee (organization=? AND custody=? AND"));
        assert!(of_person || what != "active queues", "{what}: {plan:#?}");
        let words = plan.iter().any(|step| step.contains("ticket_word") || step.contains("hits"));
        assert_eq!(words, what.contains("word"), "{what}: {plan:#?}");
        let goes_on = plan.iter().any(|step| step.contains("seq>?") || step.contains("rowid>?"));
        assert!(goes_on || !what.contains("feed"), "{what} starts from the first: {plan:#?}");
    }
    writer.close().await.unwrap();
    readers.close().await.unwrap();
}

#[tokio::test]
async fn no_query_must_read_a_whole_table_on_postgresql() {
    let Some(database) = TestDatabase::postgres() else { return };
    let Connected::Postgres(pool) = connect(database.url(), &Options::default()).await.unwrap() else {
        panic!("it is PostgreSQL");
    };
    let transaction = pool.begin().await.unwrap();
    // A small table is read whole whatever indexes there are; forbidden that, only a missing index leads to it.
    transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await.unwrap();
    for (what, statement) in queries(DbBackend::Postgres) {
        let plan = explain(&transaction, statement, 0).await;
        assert!(!plan.iter().any(|step| step.contains("Seq Scan")), "{what} reads a whole table: {plan:#?}");
    }
    // A condition that a predicate implies is dropped, and with it the way into an index behind that column.
    let walked = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() \
                  AND indexdef LIKE '%(organization, custody,%WHERE%custody%'";
    let walked = Statement::from_string(DbBackend::Postgres, walked);
    let walked = transaction.query_all_raw(walked).await.unwrap();
    let walked: Vec<String> = walked.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert!(walked.is_empty(), "{walked:?} have a column that their predicate fixes");
    transaction.rollback().await.unwrap();
    pool.close().await.unwrap();
}
