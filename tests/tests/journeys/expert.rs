//! Line 3's daily work: what the experts find, and how others see that something was found.

use proto::errors::Reason;
use proto::line2 as specialists;
use proto::line2::technical_service_client::TechnicalServiceClient;
use proto::line3 as wire;
use proto::line3::expert_service_client::ExpertServiceClient;
use tests::on_each_database;
use ticket::Line;

#[tokio::test]
async fn what_experts_find_is_seen_by_whoever_saw_the_ticket_before() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Expert).await;
        let before = people.ticket(Line::Expert, &ticket).await.expect("line 3 has it").version;
        let mut experts = ExpertServiceClient::new(people.at(Line::Expert));

        let cause = wire::RecordRootCauseRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            cause: "Утечка адресов DHCP".into(),
            method: "five whys".into(),
            expected_version: before,
        };
        let first = experts.record_root_cause(cause.clone()).await.expect("it is theirs").into_inner();
        let found = first.ticket.as_ref().expect("it comes along").version;
        assert!(found > before, "{found} after {before}");
        let again = experts.record_root_cause(cause).await.expect("a repeat").into_inner();
        assert_eq!(first, again);

        let plan = |expected_version| wire::PlanActionsRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            steps: vec!["Обновить сервер DHCP".into()],
            expected_version,
        };
        let refused = experts.plan_actions(plan(before)).await.expect_err("the cause came meanwhile");
        assert_eq!(rpc::reason_of(&refused), Some(Reason::ChangedMeanwhile));
        let planned = experts.plan_actions(plan(found)).await.expect("nothing came meanwhile").into_inner();
        let planned = planned.ticket.expect("it comes along").version;
        assert!(planned > found, "{planned} after {found}");
        let seen = people.ticket(Line::Expert, &ticket).await.expect("line 3 has it").version;
        assert_eq!(seen, planned, "what is answered is what is kept");
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_diagnosis_is_seen_by_whoever_saw_the_ticket_before() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let before = people.ticket(Line::Technical, &ticket).await.expect("line 2 has it").version;
        let mut technical = TechnicalServiceClient::new(people.at(Line::Technical));
        let diagnose = |expected_version| specialists::DiagnoseRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            finding: Some(wire::Finding {
                tried: "Сброс порта".into(), result: "не помогло".into(), ruled_out: true
            }),
            expected_version,
        };
        let answer = technical.diagnose(diagnose(before)).await.expect("it is theirs").into_inner();
        let after = answer.ticket.expect("it comes along").version;
        assert!(after > before, "{after} after {before}");
        let refused = technical.diagnose(diagnose(before)).await.expect_err("a colleague was faster");
        assert_eq!(rpc::reason_of(&refused), Some(Reason::ChangedMeanwhile));
        assert_eq!(people.ticket(Line::Technical, &ticket).await.expect("line 2 has it").version, after);
        stage.holds().await;
    })
    .await;
}
