//! Line 1 beside a line 2 that does what a test says: hangs, is away, refuses or accepts.

use std::sync::{Arc, Mutex, PoisonError};

use attachments::Vault;
use handover::{Backoff, Desk, Fuse, Peers, Plans, Setup};
use plan::Plan;
use proto::handover as hand;
use proto::line1::service_desk_service_client::ServiceDeskServiceClient;
use proto::line2::intake_service_server::{IntakeService, IntakeServiceServer};
use proto::{line1, line2, ticket as wire};
use rpc::{Channel, KeyName, Keys, Limits, Peer, Refusal, Service, ServiceName, Stack, as_caller, into_status, tuned};
use store::testing::TestDatabase;
use tests::people::{CLIENT, contact, id_of};
use tests::{evidence, stage};
use ticket::{Clock, Line, ManualClock};
use tokio::sync::watch;
use tonic::{Request, Response, Status, async_trait};

/// What line 2 does with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Never answers.
    Hangs,
    /// Answers that it cannot be reached.
    IsAway,
    /// Answers that it will never be able to read this.
    Refuses,
    /// Takes it.
    Accepts,
}

/// What line 2 does with an offer of each ticket.
type Script = Box<dyn Fn(&str) -> Manner + Send>;

/// A line 2 of which a test says what it does.
#[derive(Clone)]
pub(crate) struct Scripted {
    script: Arc<Mutex<Script>>,
    /// The tickets that were offered, in order.
    pub(crate) heard: watch::Sender<Vec<String>>,
}

#[async_trait]
impl IntakeService for Scripted {
    async fn offer(&self, request: Request<line2::OfferRequest>) -> Result<Response<line2::OfferResponse>, Status> {
        let baton = request.into_inner().baton.unwrap_or_default();
        let ticket = baton.facts.unwrap_or_default().ticket_id;
        self.heard.send_modify(|heard| heard.push(ticket.clone()));
        let peer = Line::Technical.to_string();
        let manner = self.script.lock().unwrap_or_else(PoisonError::into_inner)(&ticket);
        match manner {
            Manner::Hangs => std::future::pending().await,
            Manner::IsAway => Err(into_status(&Refusal::PeerUnavailable { peer, why: "it is away".into() })),
            Manner::Refuses => Err(into_status(&Refusal::Unreadable { what: "not a word of it".into() })),
            Manner::Accepts => {
                let receipt = hand::Receipt { line: wire::Line::Technical as i32, epoch: baton.epoch, at: None };
                let outcome = Some(hand::answer::Outcome::Accepted(receipt));
                let answer = Some(hand::Answer { handover_id: baton.handover_id, outcome });
                Ok(Response::new(line2::OfferResponse { answer }))
            }
        }
    }
}

/// Line 1 with its neighbour.
pub(crate) struct Pair {
    pub(crate) desk: Desk,
    pub(crate) clock: ManualClock,
    pub(crate) line2: Scripted,
    service: Service,
    keys: Keys,
    plan: Plan,
    _database: TestDatabase,
    _folder: tempfile::TempDir,
}

impl Pair {
    /// Runs `test` with both, with pauses between tries of which `chance` draws, on each database there is.
    pub(crate) async fn on_each_database(chance: f64, test: impl AsyncFn(Self)) {
        for database in TestDatabase::all() {
            test(Self::over(database, chance).await).await;
        }
    }

    async fn over(database: TestDatabase, chance: f64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        let keys = Keys::open(&folder.path().join("keys"), &KeyName::ALL).expect("keys can be made");
        let clock = ManualClock::at(stage::BEGIN.parse().expect("the instant is well formed"));
        let plan = Plan::parse("demo.toml", plan::DEMO).expect("the plans of the project have no faults");
        let plans = Plans::default();
        plans.put(plan.clone());
        let stack = |line| Stack {
            service: ServiceName::Line(line),
            verifier: keys.verifier(),
            clock: Arc::new(clock.clone()),
            limits: Limits::default(),
        };
        let script: Script = Box::new(|_| Manner::Accepts);
        let line2 = Scripted { script: Arc::new(Mutex::new(script)), heard: watch::Sender::default() };
        let scripted = Service::builder(stack(Line::Technical))
            .add(tuned!(IntakeServiceServer::new(line2.clone()), Limits::default()))
            .build();
        let this = ServiceName::Line(Line::ServiceDesk);
        let signer = keys.signer(this.key()).expect("every key was opened");
        let peer = Peer::new(Line::Technical.name(), scripted.channel(), signer, this, Arc::new(clock.clone()));
        let setup = Setup {
            store: database.open().await.expect("a database can be made"),
            plans,
            clock: Arc::new(clock.clone()),
            peers: Peers::from([(Line::Technical, peer)]),
            backoff: Backoff::new(Arc::new(move || chance)),
            fuse: Fuse::default(),
        };
        let desk = line1_service_desk::desk(setup, None);
        let vault = Vault::new(folder.path().join("attachments"));
        let service = line1_service_desk::service(&desk, stack(Line::ServiceDesk), vault);
        Self { desk, clock, line2, service, keys, plan, _database: database, _folder: folder }
    }

    /// From now on line 2 does this with an offer of a ticket.
    pub(crate) fn line2_does(&self, manner: impl Fn(&str) -> Manner + Send + 'static) {
        *self.line2.script.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(manner);
    }

    fn agent(&self) -> Channel {
        let signer = self.keys.signer(KeyName::Authority).expect("every key was opened");
        let agent = estafeta::people::agent(&self.plan, Line::ServiceDesk);
        let token = signer.token(&agent, self.clock.now(), jiff::SignedDuration::from_hours(1));
        as_caller(self.service.channel(), token)
    }

    /// A new ticket's id.
    pub(crate) async fn register(&self, request_id: &str) -> String {
        let request = line1::RegisterRequest {
            request_id: request_id.into(),
            client: CLIENT.into(),
            contact: Some(contact()),
            channel: wire::Channel::Phone as i32,
            text: "Нет интернета".into(),
            ..line1::RegisterRequest::default()
        };
        let registered = ServiceDeskServiceClient::new(self.agent()).register(request).await;
        id_of(registered.expect("a good request is registered").into_inner().ticket.as_ref())
    }

    /// An escalation to line 2, of which the caller expects an answer within `patience`.
    pub(crate) async fn escalate(
        &self,
        ticket: &str,
        patience: Option<std::time::Duration>,
    ) -> Result<line1::EscalateResponse, Status> {
        let evidence = Some(line1::escalate_request::Evidence::Technical(evidence::technical()));
        let request_id = format!("escalate-{ticket}");
        let mut request = Request::new(line1::EscalateRequest {
            request_id,
            ticket_id: ticket.into(),
            evidence,
            expected_version: 0,
        });
        if let Some(patience) = patience {
            request.set_timeout(patience);
        }
        ServiceDeskServiceClient::new(self.agent()).escalate(request).await.map(Response::into_inner)
    }
}
