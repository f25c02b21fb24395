//! Major incidents of line 1, as people work on them.

use proto::line1 as wire;
use proto::line1::major_incident_service_client::MajorIncidentServiceClient;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::ticket::State;
use rpc::Channel;
use ticket::Line;

use crate::Stage;
use crate::people::id_of;

/// How often is looked whether something was noticed: a log on PostgreSQL is read on when no older transaction is open.
const LOOKS_MAX: usize = 1_500;

/// How often before one more client says the same.
const LOOKS_EACH: usize = 12;

/// More clients than this would be accepted without a person.
const CLIENTS_MAX: usize = 25;

/// So many clients make a candidate by the plan of the demonstration, where little else is asked.
pub const LEAST: usize = 5;

/// The service, for an agent of line 1.
#[must_use]
pub fn at(stage: &Stage) -> MajorIncidentServiceClient<Channel> {
    MajorIncidentServiceClient::new(stage.people().at(Line::ServiceDesk))
}

/// Registers a request of the client `client`; the ticket's id.
///
/// # Panics
/// When it is refused.
pub async fn says(stage: &Stage, client: &str, text: &str) -> String {
    let people = stage.people();
    let request = wire::RegisterRequest { client: client.to_owned(), ..people.registration(text) };
    let registered = ServiceDeskServiceClient::new(people.at(Line::ServiceDesk)).register(request).await;
    id_of(registered.expect("a good request is registered").into_inner().ticket.as_ref())
}

/// Registers the same from so many clients; the tickets' ids.
///
/// # Panics
/// When one is refused.
pub async fn say(stage: &Stage, clients: std::ops::Range<usize>, text: &str) -> Vec<String> {
    let mut tickets = Vec::new();
    for number in clients {
        tickets.push(says(stage, &format!("client-m{number}"), text).await);
    }
    tickets
}

/// Those at a stage; candidates and open ones for the unspecified.
///
/// # Panics
/// When they cannot be listed.
pub async fn list(stage: &Stage, at_stage: wire::MajorIncidentStage) -> Vec<wire::MajorIncident> {
    let request = wire::ListMajorIncidentsRequest { stage: at_stage as i32, ..Default::default() };
    at(stage).list_major_incidents(request).await.expect("they can be listed").into_inner().incidents
}

/// One of them, as it stands.
///
/// # Panics
/// When it is not there.
pub async fn get(stage: &Stage, incident: &str) -> wire::MajorIncident {
    let request = wire::GetMajorIncidentRequest { incident_id: incident.to_owned() };
    let found = at(stage).get_major_incident(request).await.expect("it is there").into_inner();
    found.incident.expect("it is answered")
}

/// Its children.
///
/// # Panics
/// When they cannot be listed.
pub async fn children(stage: &Stage, incident: &str) -> Vec<String> {
    let request = wire::ListChildrenRequest { incident_id: incident.to_owned(), page_size: 200, ..Default::default() };
    at(stage).list_children(request).await.expect("they can be listed").into_inner().ticket_ids
}

/// Lets line 1 read on in its log until `is_so`.
///
/// # Panics
/// When it does not become so.
pub async fn until(stage: &Stage, what: &str, is_so: impl AsyncFn() -> bool) {
    assert!(within(stage, LOOKS_MAX, is_so).await, "it never came so far: {what}");
}

async fn within(stage: &Stage, looks: usize, is_so: impl AsyncFn() -> bool) -> bool {
    for _ in 0..looks {
        stage.settle().await;
        if is_so().await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

/// Lets one client after another say the same, at least [`LEAST`], until there is a candidate; its id.
///
/// # Panics
/// When there is none.
pub async fn candidate(stage: &Stage, text: &str) -> String {
    let told = async || list(stage, wire::MajorIncidentStage::Candidate).await.into_iter().find(|it| it.title == text);
    say(stage, 0..LEAST, text).await;
    for more in LEAST..CLIENTS_MAX {
        if within(stage, LOOKS_EACH, async || told().await.is_some()).await {
            break;
        }
        says(stage, &format!("client-m{more}"), text).await;
    }
    told().await.expect("so many make a candidate").incident_id
}

/// A person says that it is one.
///
/// # Panics
/// When it is refused.
pub async fn accept(stage: &Stage, incident: &str) -> wire::MajorIncident {
    let request =
        wire::AcceptCandidateRequest { request_id: stage.people().request_id(), incident_id: incident.to_owned() };
    let accepted = at(stage).accept_candidate(request).await.expect("a candidate is accepted").into_inner();
    accepted.incident.expect("it is answered")
}

/// A person declares one with these tickets.
///
/// # Panics
/// When it is refused.
pub async fn declare(stage: &Stage, about: &str, tickets: &[&str]) -> wire::MajorIncident {
    let request = wire::DeclareMajorIncidentRequest {
        request_id: stage.people().request_id(),
        title: "Авария на магистрали".into(),
        about: about.into(),
        raise: 1,
        ticket_ids: tickets.iter().map(|ticket| (*ticket).to_owned()).collect(),
    };
    let declared = at(stage).declare_major_incident(request).await.expect("agents declare them").into_inner();
    declared.incident.expect("it is answered")
}

/// What solved it.
///
/// # Panics
/// When it is refused.
pub async fn resolve(stage: &Stage, incident: &str) -> wire::MajorIncident {
    let request = wire::ResolveMajorIncidentRequest {
        request_id: stage.people().request_id(),
        incident_id: incident.to_owned(),
        root_cause: "обрыв магистрали".into(),
        done: "кабель сварен".into(),
        workaround: false,
        how_to_verify: "открыть любой сайт".into(),
    };
    let resolved = at(stage).resolve_major_incident(request).await.expect("it is open").into_inner();
    resolved.incident.expect("it is answered")
}

/// One answer to all.
///
/// # Panics
/// When it is refused.
pub async fn write(stage: &Stage, incident: &str, ru: &str) {
    let request = wire::WriteToChildrenRequest {
        request_id: stage.people().request_id(),
        incident_id: incident.to_owned(),
        ru: ru.to_owned(),
        en: String::new(),
    };
    at(stage).write_to_children(request).await.expect("it is open");
}

/// How a ticket stands at line 1.
///
/// # Panics
/// When it is not there.
pub async fn state(stage: &Stage, ticket: &str) -> State {
    stage.people().ticket(Line::ServiceDesk, ticket).await.expect("the ticket is there").state()
}

/// How often the clients of these tickets read a text.
///
/// # Panics
/// When a case is not shown.
pub async fn read(stage: &Stage, tickets: &[String], text: &str) -> Vec<usize> {
    let mut times = Vec::new();
    for ticket in tickets {
        let request = wire::GetCaseRequest { ticket_id: ticket.clone() };
        let agent = stage.people().at(Line::ServiceDesk);
        let case = ServiceDeskServiceClient::new(agent).get_case(request).await.expect("agents see cases").into_inner();
        times.push(case.conversation.iter().filter(|said| !said.from_client && said.text.contains(text)).count());
    }
    times
}

/// Lets everything that waits become children.
///
/// # Panics
/// When they do not come.
pub async fn joined(stage: &Stage, incident: &str, count: usize) {
    let all = async || get(stage, incident).await.children as usize == count;
    until(stage, "all are children", all).await;
}
