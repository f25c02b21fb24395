//! What people see of queues: filters, views, counts, pages.

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{Filter, GetCountsRequest, ListQueueRequest, PutViewRequest, Sort};
use rpc::{Caller, Channel, Role};
use tests::people::People;
use tests::{Stage, on_each_database};
use ticket::Line;

const TECHNICAL: Role = Role::Agent { line: Line::Technical };
const DESK: Role = Role::Agent { line: Line::ServiceDesk };

/// `subject` of the demonstration organization.
fn caller(stage: &Stage, subject: &str, role: Role) -> Caller {
    Caller { subject: subject.to_owned(), organization: stage.plan.organization().clone(), role }
}

fn at(stage: &Stage, line: Line, subject: &str) -> Channel {
    stage.people().channel(line, &caller(stage, subject, Role::Agent { line }))
}

async fn queue_of(stage: &Stage, line: Line, who: &Caller, filter: Filter, sort: Sort) -> Vec<String> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListQueueRequest {
            page_size: 2,
            page_token,
            view_id: String::new(),
            filter: Some(filter.clone()),
            sort: sort as i32,
        };
        let mut views = ViewServiceClient::new(stage.people().channel(line, who));
        let page = views.list_queue(request).await.expect("a good filter is answered").into_inner();
        all.extend(
            page.entries.iter().filter_map(|entry| Some(entry.ticket.as_ref()?.facts.as_ref()?.ticket_id.clone())),
        );
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn count(stage: &Stage, line: Line, who: &Caller, view: &str) -> u64 {
    let mut views = ViewServiceClient::new(stage.people().channel(line, who));
    let request = GetCountsRequest { view_ids: vec![view.to_owned()] };
    views.get_counts(request).await.expect("the view is there").into_inner().counts[0].tickets
}

async fn hidden(stage: &Stage, line: Line, members: &[&str], tickets: &[String]) -> Vec<String> {
    let mut hidden = tickets.to_vec();
    for member in members {
        let who = caller(stage, member, Role::Agent { line });
        let seen = queue_of(stage, line, &who, Filter::default(), Sort::Priority).await;
        assert_eq!(count(stage, line, &who, "queue").await, seen.len() as u64, "the count of {member} is right");
        hidden.retain(|ticket| !seen.contains(ticket));
    }
    hidden
}

#[tokio::test]
async fn nobodys_ticket_is_ever_out_of_sight_and_counts_are_those_of_the_viewer() {
    on_each_database(async |stage| {
        let people: People<'_> = stage.people();
        let mut technical = Vec::new();
        for _ in 0..5 {
            technical.push(people.ticket_at(Line::Technical).await);
            stage.clock.advance(SignedDuration::from_secs(1));
        }
        // One without a person, one without a group, one with a person outside the group.
        let tamper = async |sql: String| stage.databases.tamper(Line::Technical, &sql).await;
        tamper(format!("UPDATE ticket SET queue = '', group_name = NULL WHERE id = '{}'", technical[0])).await;
        tamper(format!("UPDATE ticket SET assignee = NULL WHERE id = '{}'", technical[1])).await;
        tamper(format!("UPDATE ticket SET assignee = 'p.lebedev' WHERE id = '{}'", technical[2])).await;
        assert_eq!(hidden(&stage, Line::Technical, &["d.volkov"], &technical).await, Vec::<String>::new());
        let outsider = caller(&stage, "p.lebedev", TECHNICAL);
        let seen = queue_of(&stage, Line::Technical, &outsider, Filter::default(), Sort::Opened).await;
        assert_eq!(seen, [technical[2].clone(), technical[0].clone()], "their own and that without a group");
        for sort in [Sort::Opened, Sort::Changed, Sort::Priority, Sort::Due] {
            let boss = people.supervisor();
            let mut all = queue_of(&stage, Line::Technical, &boss, Filter::default(), sort).await;
            all.sort();
            let mut wanted = technical.clone();
            wanted.sort();
            assert_eq!(all, wanted, "each once, by {sort:?}");
        }
        // Another line's people see nothing unless they take part.
        let stranger = caller(&stage, "a.petrova", DESK);
        assert_eq!(queue_of(&stage, Line::Technical, &stranger, Filter::default(), Sort::Opened).await, [""; 0]);
        assert_eq!(count(&stage, Line::Technical, &stranger, "queue").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_filter_asks_for_everything_and_a_view_is_shared_with_a_group() {
    on_each_database(async |stage| {
        let people = stage.people();
        let one = people.register("Нет интернета в ОФИСЕ").await;
        stage.clock.advance(SignedDuration::from_mins(1));
        let other = people.register("Нет интернета дома").await;
        let tag = proto::line1::SetTagsRequest {
            request_id: people.request_id(),
            ticket_id: one.clone(),
            tags: vec!["VIP".into()],
            expected_version: 0,
        };
        let mut records = proto::line1::record_service_client::RecordServiceClient::new(people.at(Line::ServiceDesk));
        records.set_tags(tag).await.unwrap();
        let boss = people.supervisor();
        let find = async |filter: Filter| queue_of(&stage, Line::ServiceDesk, &boss, filter, Sort::Opened).await;
        let text = Filter { text: "офис".into(), ..Filter::default() };
        assert_eq!(find(text.clone()).await, std::slice::from_ref(&one));
        assert_eq!(find(Filter { tags: vec!["vip".into()], ..Filter::default() }).await, std::slice::from_ref(&one));
        let both = Filter { text: "офис интернет".into(), ..Filter::default() };
        assert_eq!(find(both).await, std::slice::from_ref(&one), "in any order");
        let inner = Filter { text: "фис".into(), ..Filter::default() };
        assert_eq!(find(inner).await, [""; 0], "a word is found by its beginning");
        assert_eq!(find(Filter { text: "100%".into(), ..Filter::default() }).await, [""; 0]);
        let everything = Filter {
            client: tests::people::CLIENT.into(),
            category: "no-internet".into(),
            group: "desk".into(),
            kinds: vec![proto::ticket::Kind::Incident as i32],
            moods: vec![proto::ticket::Mood::Neutral as i32, proto::ticket::Mood::Negative as i32],
            priority_from: proto::ticket::Priority::Low as i32,
            language: proto::ticket::Language::Russian as i32,
            ..Filter::default()
        };
        assert_eq!(find(everything).await, [other.clone(), one.clone()]);
        assert_eq!(find(Filter { overdue: true, ..Filter::default() }).await, [""; 0]);
        let by = |channel: proto::ticket::Channel| Filter { channels: vec![channel as i32], ..Filter::default() };
        assert_eq!(find(by(proto::ticket::Channel::Phone)).await, [other.clone(), one.clone()]);
        assert_eq!(find(by(proto::ticket::Channel::Chat)).await, [""; 0]);
        let asked = people.ask("Позовите оператора").await.unwrap().ticket.unwrap().facts.unwrap().ticket_id;
        stage.settle().await;
        assert_eq!(find(by(proto::ticket::Channel::Chat)).await, [asked], "what line 0 could not answer");

        let put = PutViewRequest {
            request_id: people.request_id(),
            name: "Офисы".into(),
            group: "desk".into(),
            filter: Some(text),
            sort: Sort::Due as i32,
            ..PutViewRequest::default()
        };
        let mut views = ViewServiceClient::new(at(&stage, Line::ServiceDesk, "a.petrova"));
        let view = views.put_view(put.clone()).await.unwrap().into_inner().view.unwrap();
        assert_eq!(views.put_view(put).await.unwrap().into_inner().view.unwrap().id, view.id, "a repeat");
        let colleague = caller(&stage, "i.smirnov", DESK);
        assert_eq!(count(&stage, Line::ServiceDesk, &colleague, &view.id).await, 1);
        let stranger = at(&stage, Line::ServiceDesk, "x.stranger");
        let asked = GetCountsRequest { view_ids: vec![view.id.clone()] };
        let refused = ViewServiceClient::new(stranger).get_counts(asked).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::ViewNotFound));
    })
    .await;
}

#[tokio::test]
async fn turning_pages_neither_repeats_nor_leaves_out_what_does_not_change() {
    on_each_database(async |stage| {
        let people = stage.people();
        let mut tickets = Vec::new();
        for _ in 0..6 {
            tickets.push(people.register("Нет интернета").await);
            stage.clock.advance(SignedDuration::from_secs(1));
        }
        let mut views = ViewServiceClient::new(people.channel(Line::ServiceDesk, &people.supervisor()));
        for sort in [Sort::Opened, Sort::Changed, Sort::Priority, Sort::Due] {
            let (mut seen, mut page_token): (Vec<String>, String) = (Vec::new(), String::new());
            let touched = tickets[0].clone();
            loop {
                let request = ListQueueRequest { page_size: 2, page_token, sort: sort as i32, ..Default::default() };
                let page = views.list_queue(request).await.unwrap().into_inner();
                seen.extend(page.entries.into_iter().map(|entry| entry.ticket.unwrap().facts.unwrap().ticket_id));
                // While one turns pages others come, and one changes.
                people.register("Ещё одна").await;
                people.write(&touched, "Работаем", "").await.unwrap();
                stage.clock.advance(SignedDuration::from_secs(1));
                page_token = page.next_page_token;
                if page_token.is_empty() || seen.len() > 60 {
                    break;
                }
            }
            for ticket in tickets.iter().filter(|ticket| **ticket != touched) {
                let times = seen.iter().filter(|one| *one == ticket).count();
                assert_eq!(times, 1, "{sort:?}: an unchanged ticket is there once");
            }
        }
    })
    .await;
}
