//! Organizations are apart: nobody sees or changes anything of another one's, by whatever RPC, not even counts.

use std::collections::BTreeSet;

use plan::Plan;
use prost::Message;
use proto::errors::Reason;
use proto::handover::outcome::Standing;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket as wire;
use rpc::{Caller, Role};
use store::{Filter, Page};
use tests::files::Files;
use tests::people::id_of;
use tests::{Databases, Stage, evidence};
use ticket::{Clock, Line, OrganizationId};
use tonic::Status;

use crate::callers::{everybody, speaks_for, way};
use crate::fill::Fill;
use crate::raw::call;
use crate::rpcs::{Rpc, everywhere};

/// Stands in every text of the first organization, and nowhere else.
const MARK: &str = "сирень";

const COMPLETE: &str = "a complete handover is not refused";
const THERE: &str = "it was made above";

/// How the other organization may be told that there is nothing for it.
const NOTHING: [Reason; 16] = [
    Reason::RunbookNotFound,
    Reason::RunbookTestNotFound,
    Reason::KnownItemNotFound,
    Reason::TicketNotFound,
    Reason::BondNotFound,
    Reason::ClarificationNotFound,
    Reason::MessageNotFound,
    Reason::VisitNotFound,
    Reason::ProblemNotFound,
    Reason::ArticleNotFound,
    Reason::MajorIncidentNotFound,
    Reason::ModelNotFound,
    Reason::TrendAlertNotFound,
    Reason::ForceMajeureNotFound,
    Reason::ViewNotFound,
    Reason::OrganizationUnknown,
];

/// In these fields a request names something of the first organization.
const NAMES: [&str; 13] = [
    "ticket_id",
    "message_id",
    "visit_id",
    "problem_id",
    "runbook_id",
    "test_id",
    "item_id",
    "article_id",
    "incident_id",
    "model_id",
    "alert_id",
    "force_majeure_id",
    "envelope",
];

/// Two organizations in one suite: the first with something of everything, the second with one ticket.
struct Two {
    stage: Stage,
    small: Plan,
    /// At each line, a ticket of the first that this line holds.
    held: Vec<(Line, String)>,
    clarification: String,
    bond: String,
    dead: String,
    visit: String,
    problem: String,
    incident: String,
    alerts: Vec<(Line, String)>,
    majeure: String,
    runbook: String,
    test: String,
    view: String,
    attachment: String,
    /// What must never be told to the second, beside the mark.
    secrets: BTreeSet<String>,
}

impl Two {
    async fn new(databases: Databases) -> Self {
        let small = Plan::parse("small.toml", plan::SMALL).expect("the plans of the project have no faults");
        let stage = Stage::with(databases, plan::DEMO, |config| {
            config.plans.put(small.clone());
            config
        });
        let stage = stage.await;
        let people = stage.people();

        people.know(vec![article()]).await.expect("a good article is kept");
        let answered = people.ask(&format!("Где цветёт {MARK}?")).await.expect("a good question is answered");
        let mut held = vec![(Line::SelfService, id_of(answered.ticket.as_ref()))];
        for line in [Line::ServiceDesk, Line::Technical, Line::Expert] {
            let ticket = people.register(&format!("{MARK}: роутер не выходит в сеть")).await;
            if line >= Line::Technical {
                let outcome = people.to_technical(&ticket, evidence::technical()).await.expect(COMPLETE);
                assert_eq!(outcome.standing(), Standing::Accepted);
            }
            if line >= Line::Expert {
                people.to_expert(&ticket, evidence::expert()).await.expect(COMPLETE);
            }
            held.push((line, ticket));
        }
        let clarification = people.ask_client(Line::Technical, &held[2].1, &format!("{MARK}?")).await.expect(THERE);
        let visit = people.visit(&held[2].1, Fill::demo("").begins).await;
        let put =
            proto::queue::PutViewRequest {
                request_id: people.request_id(), name: "Мои".into(), ..Default::default()
            };
        let desk = people.channel(Line::ServiceDesk, &people.supervisor());
        let put = proto::queue::view_service_client::ViewServiceClient::new(desk).put_view(put).await;
        let view = put.expect(THERE).into_inner().view.expect(THERE).id;
        let files = people.channel(Line::ServiceDesk, &people.supervisor());
        let attachment =
            Files::new(files, &held[1].1).attach(&format!("{MARK}.txt"), MARK.as_bytes()).await.expect(THERE);
        let problem = tests::problems::open(&stage, &[&held[3].1]).await;
        let incident = tests::major::declare(&stage, MARK, &[&held[1].1]).await.incident_id;
        let mut alerts = Vec::new();
        for line in Line::ALL {
            alerts.push((line, tests::trends::alert(&stage, line, MARK).await));
        }
        // Long after everything here has ended.
        let majeure = tests::force_majeure::declare_saying(&stage, MARK, (10_000, 10_060)).await;
        tests::problems::work_around(&stage, &problem, MARK).await;
        let runbook = tests::runbooks::write(&stage, MARK).await;
        let test = tests::runbooks::submit(&stage, &runbook, "a.petrova").await;
        stage.settle().await;

        let bridged = people.ticket_at(Line::Vendor).await;
        let desk = stage.suite.desk(Line::Vendor).expect(THERE);
        let now = stage.clock.now();
        let claimed = desk.store().claim(now, now, 10).await.expect(THERE);
        let dead = claimed.iter().find(|claimed| claimed.message.to.starts_with("partner:")).expect(THERE).message.id;
        desk.store().dead(dead, &format!("отказ: {MARK}")).await.expect(THERE);
        let bond = people.bond(&bridged).await.expect(THERE).bond_id;
        held.push((Line::Vendor, bridged));
        stage.after(jiff::SignedDuration::from_secs(1)).await;

        let mut secrets: BTreeSet<String> = held.iter().map(|(_, ticket)| ticket.clone()).collect();
        secrets.extend([
            clarification.clone(),
            bond.clone(),
            dead.to_string(),
            visit.clone(),
            attachment.clone(),
            problem.clone(),
            incident.clone(),
            majeure.clone(),
            runbook.clone(),
            test.clone(),
        ]);
        secrets.extend(alerts.iter().map(|(_, alert)| alert.clone()));
        secrets.extend([MARK, "роутер не выходит", "Тестовый", "example.org"].map(str::to_owned));
        Self {
            stage,
            small,
            held,
            clarification,
            bond,
            dead: dead.to_string(),
            visit,
            problem,
            incident,
            alerts,
            majeure,
            runbook,
            test,
            view,
            attachment,
            secrets,
        }
    }

    fn first(&self) -> &OrganizationId {
        self.stage.plan.organization()
    }

    /// A request to `line` with the ids of the first organization, said to be for `organization`.
    fn request(
        &self,
        line: Line,
        rpc: &Rpc,
        caller: &Caller,
        organization: &OrganizationId,
    ) -> prost_reflect::DynamicMessage {
        let fill = Fill {
            ticket: self.held.iter().find(|(at, _)| *at == line).expect(THERE).1.clone(),
            clarification: self.clarification.clone(),
            bond: self.bond.clone(),
            message: self.dead.clone(),
            organization: organization.to_string(),
            from: speaks_for(caller),
            to: line,
            zone: "shop".to_owned(),
            category: "till".to_owned(),
            step: "paper".to_owned(),
            vendor: "tillsoft".to_owned(),
            visit: self.visit.clone(),
            problem: self.problem.clone(),
            article: MARK.to_owned(),
            incident: self.incident.clone(),
            alert: self.alerts.iter().find(|(at, _)| *at == line).expect(THERE).1.clone(),
            majeure: self.majeure.clone(),
            profile: "power-cut".to_owned(),
            runbook: self.runbook.clone(),
            test: self.test.clone(),
            view: self.view.clone(),
            attachment: self.attachment.clone(),
            ..Fill::demo(&format!("req-{}", caller.role).replace(' ', "-"))
        };
        fill.whole(&rpc.input())
    }

    /// Everything that all lines know about the first organization.
    async fn known_of_first(&self) -> Vec<String> {
        let mut known = Vec::new();
        for line in Line::ALL {
            let desk = self.stage.suite.desk(line).expect(THERE);
            let (store, first) = (desk.store(), Some(self.first()));
            let page = Page { after: None, size: 200 };
            let tickets = store.tickets(self.first(), &Filter::default(), &page).await.expect(THERE);
            // Not the feed: on PostgreSQL that waits for older transactions, of other tests too.
            for (ticket, ..) in &tickets.tickets {
                known.push(format!("{:?}", store.events(self.first(), ticket.facts.id, None, 500).await.expect(THERE)));
            }
            known.push(format!("{tickets:?}"));
            known.push(format!("{:?}", store.figures(first).await.expect(THERE)));
            known.push(format!("{:?}", store.dead_letters(self.first(), None, 200).await.expect(THERE)));
        }
        let articles =
            call(self.editor(self.first()), "/estafeta.line0.v1.KnowledgeService/ListArticles", vec![]).await;
        known.push(format!("{:?}", articles.expect(THERE)));
        known
    }

    fn editor(&self, organization: &OrganizationId) -> rpc::Channel {
        let editor =
            Caller { subject: "editor".into(), organization: organization.clone(), role: Role::KnowledgeEditor };
        way(&self.stage, Line::SelfService, &editor)
    }

    /// Fails when an answer tells something of the first organization that its request did not say itself.
    fn check_silence(&self, about: &str, said: &[u8], answer: &Result<Vec<u8>, Status>) {
        let said = String::from_utf8_lossy(said);
        let told = match answer {
            Ok(bytes) => bytes.clone(),
            Err(status) => [status.message().as_bytes(), status.details()].concat(),
        };
        let told = String::from_utf8_lossy(&told).into_owned();
        for secret in self.secrets.iter().filter(|secret| !said.contains(secret.as_str())) {
            assert!(!told.contains(secret.as_str()), "{about} tells `{secret}`: {told}");
        }
    }
}

fn article() -> proto::line0::Article {
    proto::line0::Article {
        article_id: MARK.into(),
        title: format!("Где цветёт {MARK}"),
        body: format!("{MARK} цветёт во дворе."),
        questions: vec![format!("где цветёт {MARK}")],
        language: wire::Language::Russian as i32,
        ..proto::line0::Article::default()
    }
}

#[tokio::test]
async fn no_rpc_tells_or_changes_anything_of_another_organization() {
    for databases in Databases::all() {
        let two = Two::new(databases).await;
        let before = two.known_of_first().await;
        let other = two.small.organization().clone();
        let mut everywhere = everywhere(&two.stage).await;
        // Batons and letters last: a line's service may bring its organization a ticket, or something known, with any id,
        // which then is that one's own.
        everywhere.sort_by_key(|(_, rpc)| rpc.takes("baton") || rpc.takes("letter"));
        let (mut empty_handed, mut brought) = (BTreeSet::new(), BTreeSet::new());
        for (line, rpc) in &everywhere {
            for caller in everybody(&two.small) {
                for named in [two.first(), &other] {
                    let request = two.request(*line, rpc, &caller, named).encode_to_vec();
                    let answer = call(way(&two.stage, *line, &caller), &rpc.path, request.clone()).await;
                    let about = format!("{} by {} at {line} naming {named}", rpc.path, caller.role);
                    two.check_silence(&about, &request, &answer);
                    let brings = rpc.takes("baton") || rpc.takes("letter");
                    let Err(status) = answer else {
                        let names_something = NAMES.iter().any(|f| rpc.takes(f));
                        let is_wrong = names_something || (brings && named != &other);
                        assert!(!is_wrong, "{about} was done");
                        if brings {
                            brought.insert(*line);
                        }
                        continue;
                    };
                    match rpc::reason_of(&status) {
                        Some(Reason::RoleNotAllowed | Reason::ClientContactNotAllowed) => {}
                        Some(reason) if NOTHING.contains(&reason) => {
                            empty_handed.insert(rpc.path.clone());
                        }
                        // Of its own plan, not of the other's data.
                        Some(Reason::NotInTopology | Reason::PersonUnknown | Reason::LearningNotPlanned) => {}
                        // Its supervisor has declared one for that time, and its administrator cannot.
                        Some(Reason::ForceMajeureOverlaps) => {}
                        // It brought the same ticket or letter there itself, by another RPC.
                        Some(Reason::RequestIdReused) if brings && brought.contains(line) => {}
                        _ => panic!("{about}: {status:?}"),
                    }
                }
            }
        }
        for (_, rpc) in everywhere {
            let names_something = rpc.takes("baton") || rpc.takes("letter") || NAMES.iter().any(|f| rpc.takes(f));
            assert!(!names_something || empty_handed.contains(&rpc.path), "{} never got to look", rpc.path);
        }
        let after = two.known_of_first().await;
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after);
        }
    }
}

#[tokio::test]
async fn lists_searches_and_counts_are_each_organizations_own() {
    for databases in Databases::all() {
        let mut two = Two::new(databases).await;
        // The other organization counts its own tickets, so that it has the first number, too.
        two.secrets.extend((2..=4).map(|number| format!("EST-{number:06}")));
        let other = two.small.organization().clone();
        let agent = estafeta::people::agent(&two.small, Line::ServiceDesk);
        let request = proto::line1::RegisterRequest {
            request_id: "the-only-one".into(),
            client: "покупатель".into(),
            channel: wire::Channel::Phone as i32,
            text: "Касса не печатает".into(),
            ..Default::default()
        };
        let mut desk = ServiceDeskServiceClient::new(way(&two.stage, Line::ServiceDesk, &agent));
        let own = desk.register(request).await.unwrap().into_inner().ticket.unwrap().facts.unwrap();
        assert_eq!(own.number, "EST-000001", "the number tells how many tickets others have");

        let mut tried = 0;
        for (line, rpc) in everywhere(&two.stage).await {
            if !rpc.takes("page_size") || rpc.takes("ticket_id") {
                continue;
            }
            for caller in everybody(&two.small) {
                let request = two.request(line, &rpc, &caller, &other).encode_to_vec();
                let Ok(answer) = call(way(&two.stage, line, &caller), &rpc.path, request.clone()).await else {
                    continue;
                };
                two.check_silence(&format!("{} by {} at {line}", rpc.path, caller.role), &request, &Ok(answer.clone()));
                if rpc.method.name() == "ListTickets" {
                    let list = wire::ListTicketsResponse::decode(answer.as_slice()).unwrap();
                    let ids = list.tickets.into_iter().map(|t| t.facts.unwrap().ticket_id).collect::<Vec<_>>();
                    let wanted = if line == Line::ServiceDesk { vec![own.ticket_id.clone()] } else { vec![] };
                    assert_eq!(ids, wanted, "at {line}");
                } else if rpc.method.name() == "ListQueue" {
                    let page = proto::queue::ListQueueResponse::decode(answer.as_slice()).unwrap();
                    let ids = page.entries.into_iter().map(|entry| entry.ticket.unwrap().facts.unwrap().ticket_id);
                    assert!(ids.into_iter().all(|id| id == own.ticket_id), "at {line}");
                } else if ["ListPeople", "ListViews"].contains(&rpc.method.name()) {
                    // Of the caller's own plan, or built in: that nothing of the other is said was checked above.
                } else {
                    assert_eq!(answer, Vec::<u8>::new(), "{} at {line} is not empty", rpc.path);
                }
                tried += 1;
            }
        }
        assert!(tried > 40, "only {tried} lists were read");

        for line in Line::ALL {
            let desk = two.stage.suite.desk(line).unwrap();
            let figures = desk.store().figures(Some(&other)).await.unwrap();
            let held: u64 = figures.held.values().sum();
            let wanted = u64::from(line == Line::ServiceDesk);
            assert_eq!((held, figures.passed_on, figures.in_flight), (wanted, 0, 0), "at {line}");
        }
        // What the answer counts is the caller's own knowledge.
        let put = proto::line0::PutArticlesRequest { request_id: "put-1".into(), articles: vec![article()] };
        let path = "/estafeta.line0.v1.KnowledgeService/PutArticles";
        let answer = call(two.editor(&other), path, put.encode_to_vec()).await.unwrap();
        assert_eq!(proto::line0::PutArticlesResponse::decode(answer.as_slice()).unwrap().total, 1);
        two.stage.holds().await;
    }
}
