//! A plan that changes while a suite works.

use std::path::Path;

use estafeta::settings::Settings;
use estafeta::{Config, Suite, plans, reload};
use handover::{Desk, Plans};
use plan::Plan;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::ticket_service_client::TicketServiceClient;
use proto::ticket::{AgreementKind, ExplainDeadlineRequest, Measure};
use ticket::Line;

use crate::suites::{escalation, registration};

/// A suite that works by the plans in its directory.
async fn working(dir: &Path) -> (Suite, Settings, Plans) {
    let settings = Settings { data: Some(dir.to_owned()), ..Settings::default() };
    plans::keep_demo(&settings).expect("the demonstration's plan works");
    let plans = plans::load(&settings).expect("the demonstration's plan works");
    let suite = Suite::start(Config { background: false, ..Config::in_dir(dir, plans.clone()) })
        .await
        .expect("the demonstration's plan works");
    (suite, settings, plans)
}

fn desks(suite: &Suite) -> Vec<Desk> {
    Line::ALL.into_iter().filter_map(|line| suite.desk(line)).collect()
}

fn in_force(plans: &Plans) -> std::sync::Arc<Plan> {
    plans.of(&"romashka".parse().expect("the demonstration's plan works")).expect("it is in force")
}

#[tokio::test]
async fn a_changed_plan_comes_into_force_and_a_faulty_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let (suite, settings, plans) = working(dir.path()).await;
    let file = dir.path().join("plans/demo.toml");
    let first = in_force(&plans).version().clone();

    std::fs::write(&file, format!("{}\n# said more clearly\n", plan::DEMO)).unwrap();
    reload::look(&settings, &plans, &desks(&suite)).await.unwrap();
    let second = in_force(&plans).version().clone();
    assert_ne!(first, second);
    assert_eq!(suite.desk(Line::Expert).unwrap().plan(&"romashka".parse().unwrap()).unwrap().version(), &second);

    std::fs::write(&file, plan::DEMO.replacen("[organization]", "[organisation]", 1)).unwrap();
    let failure = reload::look(&settings, &plans, &desks(&suite)).await.unwrap_err().to_string();
    assert!(failure.contains("organisation"), "{failure}");
    assert_eq!(in_force(&plans).version(), &second, "the one before it stays");
}

#[tokio::test]
async fn a_plan_that_would_orphan_open_tickets_is_refused_with_what_they_need() {
    let dir = tempfile::tempdir().unwrap();
    let (suite, settings, plans) = working(dir.path()).await;
    let version = in_force(&plans).version().clone();
    let agent = estafeta::people::agent(&in_force(&plans), Line::ServiceDesk);
    let mut desk = ServiceDeskServiceClient::new(suite.as_caller(Line::ServiceDesk, &agent));
    let registered = desk.register(registration("r-1")).await.unwrap().into_inner().ticket.unwrap();
    desk.escalate(escalation("r-2", &registered.facts.unwrap().ticket_id)).await.unwrap();

    // The project's other plan has neither the zone in which the ticket waits now, nor a line 3.
    std::fs::write(dir.path().join("plans/demo.toml"), plan::SMALL.replace("fialka", "romashka")).unwrap();
    let failure = reload::look(&settings, &plans, &desks(&suite)).await.unwrap_err().to_string();
    assert!(failure.contains("`network`") && failure.contains("reassign"), "{failure}");
    assert_eq!(in_force(&plans).version(), &version, "the one before it stays");

    // Lines that hold nothing of it may take it.
    let others: Vec<Desk> = desks(&suite).into_iter().filter(|desk| desk.line() == Line::Vendor).collect();
    reload::look(&settings, &plans, &others).await.unwrap();
    assert_ne!(in_force(&plans).version(), &version);
}

/// When the client's request must be solved, by line 1.
async fn due(suite: &Suite, plan: &Plan, ticket: &str) -> Option<i64> {
    let agent = estafeta::people::agent(plan, Line::ServiceDesk);
    let mut tickets = TicketServiceClient::new(suite.as_caller(Line::ServiceDesk, &agent));
    let request = ExplainDeadlineRequest { ticket_id: ticket.to_owned() };
    let clocks = tickets.explain_deadline(request).await.expect("the ticket is there").into_inner().clocks;
    let sla =
        clocks.into_iter().find(|clock| (clock.kind(), clock.measure()) == (AgreementKind::Sla, Measure::Resolution));
    sla.expect("the client was promised something").due_at.map(|at| at.seconds)
}

#[tokio::test]
async fn a_changed_plan_leaves_the_past_as_it_was_unless_it_is_asked_to_rewrite_it() {
    let dir = tempfile::tempdir().unwrap();
    let (suite, settings, plans) = working(dir.path()).await;
    let plan = in_force(&plans);
    let file = dir.path().join("plans/demo.toml");
    let mut desk = ServiceDeskServiceClient::new(
        suite.as_caller(Line::ServiceDesk, &estafeta::people::agent(&plan, Line::ServiceDesk)),
    );
    let registered = desk.register(registration("r-1")).await.unwrap().into_inner().ticket.unwrap();
    let ticket = registered.facts.unwrap().ticket_id;
    let first = due(&suite, &plan, &ticket).await.unwrap();

    let longer = plan::DEMO.replace("resolution_minutes = 4320", "resolution_minutes = 5000");
    std::fs::write(&file, &longer).unwrap();
    reload::look(&settings, &plans, &desks(&suite)).await.unwrap();
    assert_eq!(due(&suite, &plan, &ticket).await, Some(first), "it was promised before");

    let asked = longer.replacen("[organization]\n", "[organization]\nrewrites_past = true\n", 1);
    std::fs::write(&file, &asked).unwrap();
    reload::look(&settings, &plans, &desks(&suite)).await.unwrap();
    assert_eq!(due(&suite, &plan, &ticket).await, Some(first + (5000 - 4320) * 60), "as if it had always been so");

    // A line that starts again knows it still; what is not asked for any more is of the future only.
    std::fs::write(&file, longer.replace("resolution_minutes = 5000", "resolution_minutes = 9000")).unwrap();
    reload::look(&settings, &plans, &desks(&suite)).await.unwrap();
    suite.restart(Line::ServiceDesk).await.unwrap();
    assert_eq!(due(&suite, &plan, &ticket).await, Some(first + (5000 - 4320) * 60));
}
