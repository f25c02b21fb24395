//! A knowledge service whose answers a test writes, and whoever calls it.

use std::{future::Future, path::Path, pin::Pin, sync::Arc};

use futures::{FutureExt, Stream, StreamExt, future::BoxFuture, stream};
use jiff::{SignedDuration, Timestamp};
use proto::{
    line0::{
        ListArticlesRequest, ListArticlesResponse, Offer, PutArticlesRequest, PutArticlesResponse,
        SearchArticlesRequest, SearchArticlesResponse,
        knowledge_service_client::KnowledgeServiceClient,
        knowledge_service_server::{KnowledgeService, KnowledgeServiceServer},
    },
    ticket::{
        ExplainDeadlineRequest, ExplainDeadlineResponse, GetJourneyRequest, GetJourneyResponse, GetLegRequest,
        GetLegResponse, GetTicketRequest, GetTicketResponse, ListTicketsRequest, ListTicketsResponse,
        WatchTicketRequest, WatchTicketResponse,
        ticket_service_server::{TicketService, TicketServiceServer},
    },
};
use rpc::{
    Caller, Channel, KeyName, Keys, Limits, Peer, Problem, Refusal, Role, Running, Service, ServiceName, Stack,
    as_caller, dial, into_status,
};
use secrecy::SecretString;
use tempfile::TempDir;
use ticket::{Clock, Line, ManualClock, OrganizationId};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status};

pub(crate) const LINE0: ServiceName = ServiceName::Line(Line::SelfService);
pub(crate) const LINE1: ServiceName = ServiceName::Line(Line::ServiceDesk);

/// How a call gets there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Socket,
    Process,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Socket, Self::Process];
}

type Search = dyn Fn(Request<SearchArticlesRequest>) -> BoxFuture<'static, Result<Vec<Offer>, Status>> + Send + Sync;
type Watch = dyn Fn() -> Pin<Box<dyn Stream<Item = Result<WatchTicketResponse, Status>> + Send>> + Send + Sync;

/// Answers as the test says: searches, and what a watched ticket does.
#[derive(Clone)]
pub(crate) struct Desk {
    search: Arc<Search>,
    watch: Arc<Watch>,
}

impl Desk {
    pub(crate) fn answering<F>(answer: impl Fn(Request<SearchArticlesRequest>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<Offer>, Status>> + Send + 'static,
    {
        Self { search: Arc::new(move |request| answer(request).boxed()), watch: Arc::new(|| stream::pending().boxed()) }
    }

    pub(crate) fn quiet() -> Self {
        Self::answering(|_| async { Ok(vec![]) })
    }

    /// Refuses every search.
    pub(crate) fn refusing<P: Problem + Send + Sync + 'static>(problem: P) -> Self {
        let problem = Arc::new(problem);
        Self::answering(move |_| std::future::ready(Err(into_status(&*problem))))
    }

    /// Never answers.
    pub(crate) fn silent() -> Self {
        Self::answering(|_| std::future::pending())
    }

    pub(crate) fn watched<S>(self, watch: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Stream<Item = Result<WatchTicketResponse, Status>> + Send + 'static,
    {
        Self { watch: Arc::new(move || watch().boxed()), ..self }
    }
}

/// An offer that says `text`.
pub(crate) fn said(text: impl Into<String>) -> Vec<Offer> {
    vec![Offer { title: text.into(), ..Offer::default() }]
}

#[tonic::async_trait]
impl KnowledgeService for Desk {
    async fn put_articles(
        &self,
        request: Request<PutArticlesRequest>,
    ) -> Result<Response<PutArticlesResponse>, Status> {
        Ok(Response::new(PutArticlesResponse { total: request.into_inner().articles.len() as u64, changed: 0 }))
    }

    async fn search_articles(
        &self,
        request: Request<SearchArticlesRequest>,
    ) -> Result<Response<SearchArticlesResponse>, Status> {
        let offers = (self.search)(request).await?;
        Ok(Response::new(SearchArticlesResponse { offers, next_page_token: String::new() }))
    }

    async fn list_articles(&self, _: Request<ListArticlesRequest>) -> Result<Response<ListArticlesResponse>, Status> {
        Ok(Response::new(ListArticlesResponse::default()))
    }
}

/// A caller in words.
pub(crate) fn who(caller: &Caller) -> String {
    format!("{} of {} is {}", caller.subject, caller.organization, caller.role)
}

fn nothing_here() -> Status {
    into_status(&Refusal::Unreadable { what: "this desk only watches".to_owned() })
}

#[tonic::async_trait]
impl TicketService for Desk {
    type WatchTicketStream = Pin<Box<dyn Stream<Item = Result<WatchTicketResponse, Status>> + Send>>;

    async fn get_ticket(&self, _: Request<GetTicketRequest>) -> Result<Response<GetTicketResponse>, Status> {
        Err(nothing_here())
    }

    async fn list_tickets(&self, _: Request<ListTicketsRequest>) -> Result<Response<ListTicketsResponse>, Status> {
        Err(nothing_here())
    }

    async fn get_journey(&self, _: Request<GetJourneyRequest>) -> Result<Response<GetJourneyResponse>, Status> {
        Err(nothing_here())
    }

    async fn explain_deadline(
        &self,
        _: Request<ExplainDeadlineRequest>,
    ) -> Result<Response<ExplainDeadlineResponse>, Status> {
        Err(nothing_here())
    }

    /// Answers with who asked.
    async fn get_leg(&self, request: Request<GetLegRequest>) -> Result<Response<GetLegResponse>, Status> {
        let caller = rpc::caller(&request).map_err(|refusal| into_status(&refusal))?;
        Ok(Response::new(GetLegResponse { ticket_json: who(caller), events_json: vec![] }))
    }

    async fn watch_ticket(&self, _: Request<WatchTicketRequest>) -> Result<Response<Self::WatchTicketStream>, Status> {
        Ok(Response::new((self.watch)()))
    }
}

/// Keys of everybody, and a clock that stands.
pub(crate) struct Scene {
    pub(crate) dir: TempDir,
    pub(crate) keys: Keys,
    pub(crate) clock: ManualClock,
}

/// A service that can be called.
pub(crate) struct Open {
    pub(crate) service: Service,
    pub(crate) running: Option<Running>,
    /// The bare way there: no token, no deadline.
    pub(crate) channel: Channel,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let keys = Keys::open(&dir.path().join("keys"), &KeyName::ALL).expect("keys can be made");
        let clock = ManualClock::at(Timestamp::from_second(1_800_000_000).expect("a time in range"));
        Self { dir, keys, clock }
    }

    pub(crate) fn key_dir(&self) -> std::path::PathBuf {
        Path::join(self.dir.path(), "keys")
    }

    pub(crate) fn service(&self, name: ServiceName, desk: Desk, limits: Limits) -> Service {
        let stack =
            Stack { service: name, verifier: self.keys.verifier(), clock: Arc::new(self.clock.clone()), limits };
        Service::builder(stack)
            .add(rpc::tuned!(KnowledgeServiceServer::new(desk.clone()), &limits))
            .add(rpc::tuned!(TicketServiceServer::new(desk), &limits))
            .build()
    }

    pub(crate) async fn open(&self, way: Way, name: ServiceName, desk: Desk) -> Open {
        self.open_limited(way, name, desk, Limits::default()).await
    }

    pub(crate) async fn open_limited(&self, way: Way, name: ServiceName, desk: Desk, limits: Limits) -> Open {
        let service = self.service(name, desk, limits);
        match way {
            Way::Process => Open { channel: service.channel(), running: None, service },
            Way::Socket => {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
                let running = rpc::serve(listener, service.clone(), None).await;
                let channel = dial(&format!("http://{}", running.addr())).expect("an address");
                Open { channel, running: Some(running), service }
            }
        }
    }

    pub(crate) fn caller(&self, role: Role) -> Caller {
        Caller { subject: "anna".to_owned(), organization: organization(), role }
    }

    /// A good token for `role`, of the key that may vouch for it.
    pub(crate) fn token(&self, role: Role) -> SecretString {
        let key = match &role {
            Role::Service { name } => name.key(),
            _ => KeyName::Authority,
        };
        let signer = self.keys.signer(key).expect("every key was opened");
        signer.token(&self.caller(role), self.clock.now(), SignedDuration::from_mins(5))
    }

    pub(crate) fn peer(&self, name: &str, channel: Channel, as_service: ServiceName) -> Peer {
        let signer = self.keys.signer(as_service.key()).expect("every key was opened");
        Peer::new(name, channel, signer, as_service, Arc::new(self.clock.clone()))
    }

    /// A client of the knowledge service behind `channel`, who is a supervisor.
    pub(crate) fn supervisor(&self, channel: &Channel) -> KnowledgeServiceClient<Channel> {
        self.client(channel, Role::Supervisor)
    }

    pub(crate) fn client(&self, channel: &Channel, role: Role) -> KnowledgeServiceClient<Channel> {
        KnowledgeServiceClient::new(as_caller(channel.clone(), self.token(role)))
    }
}

pub(crate) fn organization() -> OrganizationId {
    "acme".parse().expect("an organization")
}

pub(crate) fn question(text: &str) -> SearchArticlesRequest {
    SearchArticlesRequest { question: text.to_owned(), ..SearchArticlesRequest::default() }
}

/// What the desk said, from its first offer.
pub(crate) fn title(response: Response<SearchArticlesResponse>) -> String {
    response.into_inner().offers.into_iter().next().map(|offer| offer.title).unwrap_or_default()
}
