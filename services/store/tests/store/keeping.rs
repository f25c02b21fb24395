//! Tickets, their versions and documents.

use std::collections::BTreeMap;

use store::testing::TestDatabase;
use store::{CustodyKind, Filter, Page, StateKind, StoreError, Version};
use ticket::Passage;
use ticket::invariants;

use crate::fixture::{acme, at, message, on_each, organization, put, ticket, ticket_of, wake};

#[tokio::test]
async fn what_was_put_is_read_after_the_database_was_opened_again() {
    for database in TestDatabase::all() {
        let store = database.open().await.unwrap();
        let one = ticket("one", 0);
        assert_eq!(put(&store, &one, None).await.unwrap(), Version::new(1).unwrap());
        store.close().await.unwrap();

        let store = database.open().await.unwrap();
        let (read, version) = store.ticket(&acme(), one.facts.id).await.unwrap().unwrap();
        assert_eq!((read, version.number()), (one, 1));
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_ticket_is_written_over_what_was_read_and_over_nothing_else() {
    on_each(|store| async move {
        let mut one = ticket("one", 0);
        let first = put(&store, &one, None).await.unwrap();
        assert!(matches!(put(&store, &one, None).await, Err(StoreError::AlreadyExists { .. })));

        one.offer(ticket::Line::Technical, Passage::Escalation, at(5)).unwrap();
        let second = put(&store, &one, Some(first)).await.unwrap();
        assert_eq!(second.number(), 2);
        let late = put(&store, &ticket("one", 0), Some(first)).await.unwrap_err();
        assert!(matches!(&late, StoreError::Conflict { what } if *what == one.facts.id.to_string()));
        assert!(late.is_retryable());
        assert_eq!(store.ticket(&acme(), one.facts.id).await.unwrap(), Some((one, second)));
    })
    .await;
}

#[tokio::test]
async fn two_jobs_that_change_the_same_ticket_at_once_both_take_effect() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        put(&store, &one, None).await.unwrap();
        let id = one.facts.id;
        let jobs = (0..20).map(|_| {
            store.write(move |work| {
                Box::pin(async move {
                    let (mut ticket, read) = work.ticket(&acme(), id).await?.unwrap();
                    ticket.reopened += 1;
                    work.put(&ticket, Some(read)).await
                })
            })
        });
        let versions: Result<Vec<Version>, StoreError> = futures::future::join_all(jobs).await.into_iter().collect();
        versions.unwrap();
        assert_eq!(store.ticket(&acme(), id).await.unwrap().unwrap().0.reopened, 20);
    })
    .await;
}

#[tokio::test]
async fn a_line_keeps_a_document_of_its_own_beside_the_ticket() {
    type Own = BTreeMap<String, u32>;
    on_each(|store| async move {
        let one = ticket("one", 0);
        let id = one.facts.id;
        assert_eq!(store.own::<Own>(&acme(), id).await.unwrap(), Own::new());
        let missing: Result<(), StoreError> =
            store.write(move |work| Box::pin(async move { work.put_own(&acme(), id, &Own::new()).await })).await;
        assert!(matches!(missing, Err(StoreError::Missing { .. })));

        let version = put(&store, &one, None).await.unwrap();
        let own = Own::from([("asked".to_owned(), 3)]);
        let written = own.clone();
        let write = store.write(move |work| {
            Box::pin(async move {
                assert_eq!(work.own::<Own>(&acme(), id).await?, Own::new());
                work.put_own(&acme(), id, &written).await
            })
        });
        let written: Result<(), StoreError> = write.await;
        written.unwrap();
        assert_eq!(store.own::<Own>(&acme(), id).await.unwrap(), own);
        assert_eq!(store.ticket(&acme(), id).await.unwrap(), Some((one.clone(), version)));
        put(&store, &one, Some(version)).await.unwrap();
        assert_eq!(store.own::<Own>(&acme(), id).await.unwrap(), own, "a change of the ticket leaves it alone");
    })
    .await;
}

#[tokio::test]
async fn a_ticket_and_the_lines_document_are_written_at_once_or_not_at_all() {
    on_each(|store| async move {
        let one = ticket("one", 0);
        let id = one.facts.id;
        let put_with = |read: Option<Version>, own: u32| {
            let one = one.clone();
            store.write(move |work| Box::pin(async move { work.put_with(&one, read, &own).await }))
        };
        let first: Version = put_with(None, 1).await.unwrap();
        assert_eq!(store.own::<u32>(&acme(), id).await.unwrap(), 1);
        let second: Version = put_with(Some(first), 2).await.unwrap();
        assert_eq!(store.own::<u32>(&acme(), id).await.unwrap(), 2);
        let late: Result<Version, StoreError> = put_with(Some(first), 3).await;
        assert!(matches!(late, Err(StoreError::Conflict { .. })));
        let again: Result<Version, StoreError> = put_with(None, 4).await;
        assert!(matches!(again, Err(StoreError::AlreadyExists { .. })));
        assert_eq!(store.own::<u32>(&acme(), id).await.unwrap(), 2);
        assert_eq!(store.ticket(&acme(), id).await.unwrap(), Some((one.clone(), second)));
    })
    .await;
}

#[tokio::test]
async fn pages_stay_in_place_while_tickets_come_in() {
    on_each(|store| async move {
        for seconds in 0..7 {
            // Two of each instant, so that the id decides.
            put(&store, &ticket(&format!("t{seconds}"), seconds / 2), None).await.unwrap();
        }
        let everything = Filter::default();
        let mut seen = Vec::new();
        let mut page = Page { after: None, size: 2 };
        for late in 0.. {
            let listing = store.tickets(&acme(), &everything, &page).await.unwrap();
            assert!(listing.tickets.len() <= 2);
            seen.extend(listing.tickets.into_iter().map(|(ticket, _)| (ticket.facts.opened_at, ticket.facts.id)));
            put(&store, &ticket(&format!("late {late}").replace(' ', "-"), 100 + late), None).await.unwrap();
            page.after = listing.next;
            if page.after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 7);
        assert!(seen.is_sorted_by(|a, b| a > b), "the latest first, each once: {seen:?}");

        page.after = Some("1.tkt_nonsense".to_owned());
        assert!(matches!(store.tickets(&acme(), &everything, &page).await, Err(StoreError::BadToken)));
    })
    .await;
}

#[tokio::test]
async fn a_filter_lets_through_what_it_names() {
    on_each(|store| async move {
        let mut offered = ticket("offered", 1);
        offered.offer(ticket::Line::Technical, Passage::Escalation, at(1)).unwrap();
        let mut assigned = ticket("assigned", 2);
        assigned.assignment.zone = Some("network".to_owned());
        assigned.assignment.group = Some("wan".to_owned());
        assigned.assignment.assignee = Some("olga".to_owned());
        for each in [&ticket("plain", 0), &offered, &assigned] {
            put(&store, each, None).await.unwrap();
        }
        let subjects = async |filter: Filter| -> Vec<String> {
            let page = Page { after: None, size: 10 };
            let listing = store.tickets(&acme(), &filter, &page).await.unwrap();
            listing.tickets.into_iter().map(|(ticket, _)| ticket.facts.subject).collect()
        };
        let named = |name: &str| Some(name.to_owned());
        assert_eq!(subjects(Filter::default()).await, ["assigned", "offered", "plain"]);
        let held = Filter { custody: Some(CustodyKind::Held), ..Filter::default() };
        assert_eq!(subjects(held.clone()).await, ["assigned", "plain"]);
        let open = Filter { states: vec![StateKind::Open, StateKind::OnHold], ..held };
        assert_eq!(subjects(open).await, ["assigned", "plain"]);
        assert!(subjects(Filter { states: vec![StateKind::Closed], ..Filter::default() }).await.is_empty());
        assert_eq!(subjects(Filter { zone: named("network"), ..Filter::default() }).await, ["assigned"]);
        assert_eq!(subjects(Filter { group: named("wan"), ..Filter::default() }).await, ["assigned"]);
        assert_eq!(subjects(Filter { assignee: named("olga"), ..Filter::default() }).await, ["assigned"]);
        assert_eq!(subjects(Filter { client: named("client of plain"), ..Filter::default() }).await, ["plain"]);
    })
    .await;
}

#[tokio::test]
async fn organizations_are_apart() {
    on_each(|store| async move {
        let ours = ticket("same", 0);
        let theirs = ticket_of(&organization("umbrella"), "same", 0);
        put(&store, &ours, None).await.unwrap();
        put(&store, &theirs, None).await.unwrap();
        assert_eq!(store.ticket(&acme(), theirs.facts.id).await.unwrap(), None);
        let page = Page { after: None, size: 10 };
        let listing = store.tickets(&acme(), &Filter::default(), &page).await.unwrap();
        assert_eq!(listing.tickets.len(), 1);
        assert_eq!(store.figures(Some(&acme())).await.unwrap().held, BTreeMap::from([(StateKind::Open, 1)]));
        assert_eq!(store.figures(None).await.unwrap().held, BTreeMap::from([(StateKind::Open, 2)]));
    })
    .await;
}

#[tokio::test]
async fn a_wake_up_is_claimed_by_one_and_comes_again_when_nothing_was_done() {
    on_each(|store| async move {
        let (one, two) = (ticket("one", 0), ticket("two", 1));
        put(&store, &one, None).await.unwrap();
        put(&store, &two, None).await.unwrap();
        assert_eq!(store.next_wake().await.unwrap(), Some(at(60)));
        assert!(store.claim_wakes(at(59), at(90), 10).await.unwrap().is_empty());
        let due = store.claim_wakes(at(61), at(90), 10).await.unwrap();
        assert_eq!(due, [(acme(), one.facts.id), (acme(), two.facts.id)]);
        assert!(store.claim_wakes(at(62), at(90), 10).await.unwrap().is_empty(), "both are leased");
        assert_eq!(store.next_wake().await.unwrap(), Some(at(90)));

        let (mut one, read) = store.ticket(&acme(), one.facts.id).await.unwrap().unwrap();
        one.reopened += 1;
        let read = put(&store, &one, Some(read)).await.unwrap();
        assert_eq!(store.next_wake().await.unwrap(), Some(at(90)), "another change does not end the lease");
        one.wake = Some(wake(70));
        put(&store, &one, Some(read)).await.unwrap();
        assert_eq!(store.next_wake().await.unwrap(), Some(at(70)), "another wake-up does");
        assert_eq!(store.claim_wakes(at(90), at(120), 10).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_has_what_the_invariants_need() {
    on_each(|store| async move {
        let mut one = ticket("one", 0);
        let baton = one.offer(ticket::Line::Technical, Passage::Escalation, at(1)).unwrap();
        let mut offer = message(&one, "offer", None);
        offer.handover = Some(baton.id());
        let (copy, accepted) = (one.clone(), ticket("two", 0));
        let written: Result<(), StoreError> = store
            .write(move |work| {
                Box::pin(async move {
                    work.put(&copy, None).await?;
                    work.enqueue(&offer).await?;
                    let took = Some((accepted.facts.id, accepted.epoch));
                    work.remember_inbox(&acme(), offer.id, took, b"print", b"yes".to_vec()).await
                })
            })
            .await;
        written.unwrap();
        let snapshot = store.snapshot(ticket::Line::ServiceDesk).await.unwrap();
        assert_eq!(snapshot.tickets, [one]);
        assert_eq!(snapshot.undelivered, [(ticket::Line::ServiceDesk, baton.id())]);
        assert_eq!(snapshot.accepted.len(), 1);
        assert_eq!(invariants::check(&snapshot), []);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_nobody_could_have_written_is_an_error_of_its_own() {
    for database in TestDatabase::all() {
        let store = database.open().await.unwrap();
        let one = ticket("one", 0);
        put(&store, &one, None).await.unwrap();
        let read = async || store.ticket(&acme(), one.facts.id).await.unwrap_err();
        database.tamper("UPDATE ticket SET document = '{\"secret\": 1}'").await;
        let damaged = read().await;
        assert!(matches!(&damaged, StoreError::Corrupt { what, .. } if *what == one.facts.id.to_string()));
        assert!(!damaged.to_string().contains("secret"), "{damaged}");

        let other = serde_json::to_string(&ticket("other", 0)).unwrap();
        database.tamper(&format!("UPDATE ticket SET document = '{other}'")).await;
        assert!(matches!(read().await, StoreError::Corrupt { .. }));
        store.close().await.unwrap();
    }
}
