//! What line 3 knows reaches the lines below: runbooks once somebody there has tried them, workarounds at once.

use handover::Plans;
use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover as hand;
use proto::handover::notice_service_client::NoticeServiceClient;
use proto::line0::ArticleState;
use proto::line3 as wire;
use rpc::{Caller, Role, reason_of};
use tests::people::CLIENT;
use tests::{Databases, Stage, articles, on_each_database, problems, runbooks};
use ticket::Line;

const TITLE: &str = "Роутер не выходит в сеть после обновления";

/// A ticket at line 2, of which line 1 has a copy, about a router.
async fn ticket(stage: &Stage) -> String {
    let ticket = stage.people().ticket_at(Line::Technical).await;
    stage.settle().await;
    ticket
}

async fn ids(stage: &Stage, line: Line, ticket: &str) -> Vec<String> {
    runbooks::offered(stage, line, ticket).await.into_iter().map(|known| known.item_id).collect()
}

/// The topics of what `subject` of `line` was told.
async fn topics(stage: &Stage, line: Line, subject: &str) -> Vec<String> {
    let organization = stage.plan.organization().clone();
    let caller = Caller { subject: subject.to_owned(), organization, role: Role::Agent { line } };
    let request = hand::ListNoticesRequest { page_size: 50, page_token: String::new() };
    let notices = NoticeServiceClient::new(stage.people().channel(line, &caller)).list_notices(request).await;
    let digests = notices.expect("everybody reads their own").into_inner().digests;
    digests.into_iter().flat_map(|digest| digest.lines).map(|line| line.topic).collect()
}

#[tokio::test]
async fn a_runbook_is_written_tried_at_line_2_published_and_offered_below_but_never_to_clients() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = ticket(&stage).await;
        let (tester, owner) = (people.agent(Line::Technical).subject, people.agent(Line::Expert).subject);
        let runbook = runbooks::write(&stage, TITLE).await;
        let refused = runbooks::publish(&stage, &runbook).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::RunbookWrongState), "nobody has tried it");

        let test = runbooks::submit(&stage, &runbook, &tester).await;
        stage.settle().await;
        assert!(topics(&stage, Line::Technical, &tester).await.contains(&"runbook-test".to_owned()));
        let list = hand::ListRunbookTestsRequest::default();
        let waiting = runbooks::known(&stage, Line::Technical, &tester).list_runbook_tests(list.clone()).await;
        let waiting = waiting.unwrap().into_inner().tests;
        assert_eq!((waiting.len(), waiting[0].test_id.as_str(), waiting[0].edition), (1, test.as_str(), 1));
        assert_eq!(waiting[0].guide.as_ref().unwrap().steps[0].expected, "Индикатор зелёный");
        let refused = runbooks::publish(&stage, &runbook).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::RunbookWrongState), "it is still in test");
        assert_eq!(ids(&stage, Line::Technical, &ticket).await, [""; 0], "nothing is known before it is published");

        runbooks::pass(&stage, Line::Technical, &tester, &test).await;
        let left = runbooks::known(&stage, Line::Technical, &tester).list_runbook_tests(list).await;
        assert_eq!(left.unwrap().into_inner().tests, []);
        assert!(topics(&stage, Line::Expert, &owner).await.contains(&"runbook-tested".to_owned()));
        let tested = runbooks::get(&stage, &runbook, 0).await;
        let trial = &tested.tests[0];
        assert_eq!((tested.state(), trial.state()), (wire::RunbookState::Tested, hand::RunbookTestState::Passed));
        assert_eq!((trial.tester.as_str(), trial.remarks.as_str()), (tester.as_str(), "Шаг 2 понятен не сразу"));

        assert_eq!(runbooks::publish(&stage, &runbook).await.unwrap().published_edition, 1);
        stage.settle().await;
        for line in [Line::ServiceDesk, Line::Technical] {
            let offered = runbooks::offered(&stage, line, &ticket).await;
            assert_eq!(offered[0].item_id, runbook, "{line}: {offered:?}");
            assert_eq!(offered[0].kind(), hand::KnownKind::Runbook);
            let subject = people.agent(line).subject;
            let request = hand::GetKnownItemRequest { item_id: runbook.clone() };
            let item = runbooks::known(&stage, line, &subject).get_known_item(request).await.unwrap();
            assert_eq!(item.into_inner().item.unwrap().guide.unwrap().steps.len(), 2);
        }
        let staff = runbooks::found_at_line_0(&stage, &people.supervisor(), TITLE).await;
        assert!(staff.contains(&runbook), "{staff:?}");
        assert_eq!(runbooks::found_at_line_0(&stage, &people.client(CLIENT), TITLE).await, [""; 0]);
        let asked = people.ask(TITLE).await.unwrap();
        assert!(!format!("{asked:?}").contains("прошивку"), "a client is told nothing of it: {asked:?}");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_failed_test_keeps_a_runbook_back_and_only_its_named_tester_may_answer() {
    on_each_database(async |stage| {
        let runbook = runbooks::write(&stage, TITLE).await;
        for nobody in ["nobody", "g.pavlov"] {
            let request = wire::SubmitRunbookRequest {
                request_id: stage.people().request_id(),
                runbook_id: runbook.clone(),
                tester: nobody.into(),
                expected_version: 0,
            };
            let refused = runbooks::at(&stage).submit_runbook(request).await.unwrap_err();
            assert_eq!(reason_of(&refused), Some(Reason::PersonUnknown), "{nobody} is not of line 1 or 2");
        }
        let test = runbooks::submit(&stage, &runbook, "a.petrova").await;
        stage.settle().await;
        for (line, other) in [(Line::ServiceDesk, "i.smirnov"), (Line::Technical, "d.volkov")] {
            let refused = runbooks::record(&stage, line, other, &test, true).await.unwrap_err();
            assert_eq!(reason_of(&refused), Some(Reason::RunbookTestNotFound), "{other} was not asked");
        }
        runbooks::record(&stage, Line::ServiceDesk, "a.petrova", &test, false).await.unwrap();
        let again = runbooks::record(&stage, Line::ServiceDesk, "a.petrova", &test, true).await.unwrap_err();
        assert_eq!(reason_of(&again), Some(Reason::RunbookTestNotFound), "the first word stands");
        stage.settle().await;
        let failed = runbooks::get(&stage, &runbook, 0).await;
        assert_eq!(
            (failed.state(), failed.tests[0].state()),
            (wire::RunbookState::Draft, hand::RunbookTestState::Failed)
        );
        let refused = runbooks::publish(&stage, &runbook).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::RunbookWrongState));

        // Another tester takes the place of one who cannot.
        let first = runbooks::submit(&stage, &runbook, "a.petrova").await;
        let second = runbooks::submit(&stage, &runbook, "d.volkov").await;
        stage.settle().await;
        let refused = runbooks::record(&stage, Line::ServiceDesk, "a.petrova", &first, true).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::RunbookTestNotFound), "it was called off");
        // She was told something a moment ago; the next digest comes later.
        stage.after(SignedDuration::from_hours(1)).await;
        assert!(topics(&stage, Line::ServiceDesk, "a.petrova").await.contains(&"runbook-called-off".to_owned()));
        runbooks::pass(&stage, Line::Technical, "d.volkov", &second).await;
        runbooks::publish(&stage, &runbook).await.expect("it has passed");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_edition_needs_a_test_of_its_own_while_the_old_one_stays_and_a_retired_one_goes_everywhere() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = ticket(&stage).await;
        let runbook = runbooks::published(&stage, TITLE).await;
        let revised = runbooks::revise(&stage, &runbook, "Роутер не выходит в сеть: новый способ").await;
        assert_eq!((revised.state(), revised.edition, revised.published_edition), (wire::RunbookState::Draft, 2, 1));
        stage.settle().await;
        assert_eq!(runbooks::offered(&stage, Line::Technical, &ticket).await[0].title, TITLE);
        let refused = runbooks::publish(&stage, &runbook).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(Reason::RunbookWrongState), "what passed was another edition");
        let test = runbooks::submit(&stage, &runbook, "a.petrova").await;
        runbooks::pass(&stage, Line::ServiceDesk, "a.petrova", &test).await;
        runbooks::publish(&stage, &runbook).await.unwrap();
        stage.settle().await;
        let title = runbooks::offered(&stage, Line::ServiceDesk, &ticket).await[0].title.clone();
        assert_eq!(title, "Роутер не выходит в сеть: новый способ");
        assert_eq!(runbooks::get(&stage, &runbook, 1).await.guide.unwrap().title, TITLE, "the first is kept");

        runbooks::retire(&stage, &runbook).await;
        stage.settle().await;
        for line in [Line::ServiceDesk, Line::Technical] {
            assert_eq!(ids(&stage, line, &ticket).await, [""; 0], "{line}");
        }
        assert_eq!(runbooks::found_at_line_0(&stage, &people.supervisor(), TITLE).await, [""; 0]);
        let request = hand::GetKnownItemRequest { item_id: runbook.clone() };
        let gone = runbooks::known(&stage, Line::Technical, "d.volkov").get_known_item(request).await.unwrap_err();
        assert_eq!(reason_of(&gone), Some(Reason::KnownItemNotFound));
        assert_eq!(runbooks::get(&stage, &runbook, 0).await.state(), wire::RunbookState::Retired);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_workaround_is_known_at_once_changes_and_goes_when_the_problem_is_solved() {
    on_each_database(async |stage| {
        let people = stage.people();
        let register = || people.register("Обрывы VPN каждый час, соединение рвётся");
        let ticket = register().await;
        let problem = problems::open(&stage, &[]).await;
        stage.settle().await;
        assert_eq!(ids(&stage, Line::ServiceDesk, &ticket).await, [""; 0], "nothing helps yet");
        problems::work_around(&stage, &problem, "Переподключаться раз в 50 минут").await;
        stage.settle().await;
        let offered = runbooks::offered(&stage, Line::ServiceDesk, &ticket).await;
        assert_eq!((offered[0].item_id.as_str(), offered[0].kind()), (problem.as_str(), hand::KnownKind::KnownError));
        problems::work_around(&stage, &problem, "Переподключаться раз в 20 минут").await;
        stage.settle().await;
        let request = hand::GetKnownItemRequest { item_id: problem.clone() };
        let item = runbooks::known(&stage, Line::Technical, "d.volkov").get_known_item(request).await.unwrap();
        let guide = item.into_inner().item.unwrap().guide.unwrap();
        assert_eq!(guide.steps[0].action, "Переподключаться раз в 20 минут");
        assert_eq!(runbooks::found_at_line_0(&stage, &people.supervisor(), "Обрывы VPN").await, [problem.as_str()]);

        problems::find_cause(&stage, &problem).await;
        problems::plan(&stage, &problem).await;
        problems::finish(&stage, &problem).await;
        stage.settle().await;
        assert_eq!(ids(&stage, Line::ServiceDesk, &ticket).await, [""; 0], "it is solved");
        assert_eq!(runbooks::found_at_line_0(&stage, &people.supervisor(), "Обрывы VPN").await, [""; 0]);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_line_that_is_down_gets_it_later() {
    on_each_database(async |stage| {
        let ticket = stage.people().register("Роутер не выходит в сеть").await;
        let runbook = runbooks::write(&stage, TITLE).await;
        let test = runbooks::submit(&stage, &runbook, "d.volkov").await;
        runbooks::pass(&stage, Line::Technical, "d.volkov", &test).await;
        stage.suite.kill(Line::ServiceDesk);
        runbooks::publish(&stage, &runbook).await.unwrap();
        if let Some(desk) = stage.suite.desk(Line::Expert) {
            desk.deliver_due().await;
        }
        stage.suite.kill(Line::Expert);
        stage.suite.restart(Line::ServiceDesk).await.expect("line 1 comes back");
        stage.suite.restart(Line::Expert).await.expect("line 3 comes back");
        stage.after(jiff::SignedDuration::from_hours(1)).await;
        assert_eq!(ids(&stage, Line::ServiceDesk, &ticket).await, [runbook]);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn an_owner_is_reminded_at_the_review_date_until_somebody_looks() {
    on_each_database(async |stage| {
        let owner = stage.people().agent(Line::Expert).subject;
        let runbook = runbooks::published(&stage, TITLE).await;
        assert_eq!(runbooks::get(&stage, &runbook, 0).await.review_on, "2027-03-13");
        let reminders = async || {
            let told = topics(&stage, Line::Expert, &owner).await;
            told.iter().filter(|topic| *topic == "runbook-review").count()
        };
        let day = |days: i64| jiff::SignedDuration::from_hours(24 * days);
        stage.after(day(179)).await;
        assert_eq!(reminders().await, 0, "not yet");
        stage.after(day(1)).await;
        assert_eq!(reminders().await, 1);
        stage.after(day(8)).await;
        assert_eq!(reminders().await, 2, "nobody has looked");
        let review = wire::ReviewRunbookRequest {
            request_id: stage.people().request_id(),
            runbook_id: runbook.clone(),
            note: "Проверено на прошивке 2.5".into(),
            review_days: 30,
            expected_version: 0,
        };
        let reviewed = runbooks::at(&stage).review_runbook(review).await.unwrap().into_inner().runbook.unwrap();
        assert_eq!((reviewed.review_on.as_str(), reviewed.reviewed_by), ("2027-04-20", owner.clone()));
        stage.after(day(29)).await;
        assert_eq!(reminders().await, 2, "not before the new date");
        stage.after(day(1)).await;
        assert_eq!(reminders().await, 3);
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_line_that_the_plan_gets_later_is_told_all_that_was_published_before() {
    let without = tests::without_line_0();
    for databases in Databases::all() {
        let mut plans = Plans::default();
        let stage = Stage::with(databases, &without, |config| {
            plans = config.plans.clone();
            config
        });
        let stage = stage.await;
        let mut wanted = Vec::new();
        // More than one page.
        for number in 0..22 {
            wanted.push(runbooks::published(&stage, &format!("{TITLE}, модель {number}")).await);
        }
        runbooks::retire(&stage, &wanted.remove(0)).await;
        let problem = problems::open(&stage, &[]).await;
        problems::work_around(&stage, &problem, "Войти заново").await;
        wanted.push(problem);
        stage.settle().await;
        assert_eq!(articles::in_state(&stage, ArticleState::Published).await, []);

        plans.put(plan::Plan::parse("demo.toml", plan::DEMO).unwrap());
        // The second time nobody is new.
        for _ in 0..2 {
            stage.suite.restart(Line::Expert).await.unwrap();
            stage.settle().await;
        }
        let told = articles::in_state(&stage, ArticleState::Published).await;
        let mut told: Vec<_> = told.into_iter().map(|kept| kept.article_id).collect();
        told.sort();
        wanted.sort();
        assert_eq!(told, wanted, "all but the retired one");
        stage.holds().await;
    }
}
