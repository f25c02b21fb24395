//! Several people at one ticket, and supervisors called by hand.

use proto::errors::Reason;
use proto::queue::queue_service_client::QueueServiceClient;
use proto::queue::swarm_service_client::SwarmServiceClient;
use proto::queue::view_service_client::ViewServiceClient;
use proto::queue::{
    AddFindingRequest, CallSupervisorRequest, EndEscalationRequest, InviteRequest, JoinRequest, ListQueueRequest,
};
use rpc::Channel;
use tests::on_each_database;
use ticket::Line;

#[tokio::test]
async fn an_expert_joins_a_technical_ticket_without_custody_moving() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let before = people.ticket(Line::Technical, &ticket).await.unwrap();
        let expert = people.agent(Line::Expert);
        let away: Channel = people.channel(Line::Technical, &expert);
        let mut swarm = SwarmServiceClient::new(away.clone());
        let join = || JoinRequest { request_id: people.request_id(), ticket_id: ticket.clone(), expected_version: 0 };
        let refused = swarm.join(join()).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::NotInvited));

        let invite = InviteRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            person: expert.subject.clone(),
            line: proto::ticket::Line::Expert as i32,
            why: "взглянуть на маршруты".into(),
            expected_version: before.version,
        };
        SwarmServiceClient::new(people.at(Line::Technical)).invite(invite).await.unwrap();
        let invited = ListQueueRequest { view_id: "invited".into(), ..ListQueueRequest::default() };
        let listed = ViewServiceClient::new(away.clone()).list_queue(invited).await.unwrap().into_inner().entries;
        assert_eq!(listed.len(), 1, "whoever is invited finds it");

        let add = || AddFindingRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            text: "Петля в маршрутах до узла 7".into(),
            expected_version: 0,
        };
        let refused = swarm.add_finding(add()).await.unwrap_err();
        assert_eq!(rpc::reason_of(&refused), Some(Reason::NotInvited), "invited is not joined");
        swarm.join(join()).await.unwrap();
        swarm.add_finding(add()).await.unwrap();

        let after = people.ticket(Line::Technical, &ticket).await.unwrap();
        assert_eq!((after.custody, after.epoch, after.line), (before.custody, before.epoch, before.line));
        assert_eq!(after.assignment, before.assignment, "nobody lost it either");
        assert!(after.collaborators[0].joined);
        let journey = people.journey(&ticket).await.unwrap();
        assert!(journey.events.iter().any(|event| event.detail_json.contains("Петля в маршрутах")));
        stage.holds().await;
    })
    .await;
}

#[tokio::test]
async fn a_supervisor_is_called_by_hand_and_finds_the_ticket() {
    on_each_database(async |stage| {
        let people = stage.people();
        let ticket = people.ticket_at(Line::Technical).await;
        let call = CallSupervisorRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            why: "клиент грозит судом".into(),
            expected_version: 0,
        };
        let answer = QueueServiceClient::new(people.at(Line::Technical)).call_supervisor(call).await.unwrap();
        let supervisor = people.supervisor();
        assert_eq!(answer.into_inner().supervisor, supervisor.subject);
        let invited = ListQueueRequest { view_id: "invited".into(), ..ListQueueRequest::default() };
        let boss = people.channel(Line::Technical, &supervisor);
        let mut views = ViewServiceClient::new(boss.clone());
        let listed = views.list_queue(invited).await.unwrap().into_inner().entries;
        assert_eq!(listed.len(), 1);
        let escalated = ListQueueRequest { view_id: "escalated".into(), ..ListQueueRequest::default() };
        assert_eq!(views.list_queue(escalated.clone()).await.unwrap().into_inner().entries.len(), 1);
        let end = EndEscalationRequest {
            request_id: people.request_id(),
            ticket_id: ticket.clone(),
            why: "с клиентом договорились".into(),
            expected_version: 0,
        };
        let refused = QueueServiceClient::new(people.at(Line::Technical)).end_escalation(end.clone()).await;
        assert_eq!(refused.unwrap_err().code(), tonic::Code::PermissionDenied, "agents call, supervisors decide");
        let ended = QueueServiceClient::new(boss).end_escalation(end).await.unwrap().into_inner().ticket.unwrap();
        assert_eq!(
            ended.assignment,
            people.ticket(Line::Technical, &ticket).await.unwrap().assignment,
            "it stays there"
        );
        assert_eq!(views.list_queue(escalated).await.unwrap().into_inner().entries, []);
        let journey = people.journey(&ticket).await.unwrap();
        assert!(journey.events.iter().any(|event| event.summary.contains("was called as supervisor: клиент грозит")));
        assert!(journey.events.iter().any(|event| event.summary.contains("has seen to it: с клиентом договорились")));
    })
    .await;
}
