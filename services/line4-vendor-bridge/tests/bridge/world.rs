//! One bridge with everything around it, in one process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use handover::wire::{evidence, record};
use handover::{Backoff, Desk, Fuse, Plans, Setup};
use jiff::{SignedDuration, Timestamp};
use line4_vendor_bridge::{Bond, Own};
use partner_simulator::{Conduct, Habits, Simulator};
use plan::Plan;
use proto::handover::relay_service_client::RelayServiceClient;
use proto::handover::relay_service_server::RelayServiceServer;
use proto::partner::partner_bridge_service_client::PartnerBridgeServiceClient;
use proto::partner::partner_desk_service_server::PartnerDeskServiceServer;
use proto::partner::{
    AcceptCaseRequest, Acknowledgement, CaseEnvelope, CloseCaseRequest, PartnerBridgeServiceRespondRequest,
    ProposeFixRequest, RejectCaseRequest, RequestInformationRequest,
};
use proto::vendor::intake_service_client::IntakeServiceClient;
use proto::{handover as hand, vendor};
use rpc::{Caller, Channel, KeyName, Keys, Late, Limits, Peer, Role, Service, ServiceName, Stack, as_caller};
use store::testing::TestDatabase;
use tempfile::TempDir;
use ticket::evidence::VendorEvidence;
use ticket::{
    Baton, BondId, Clock, Epoch, EventBody, Facts, Hop, Impact, Kind, Language, Line, ManualClock, MessageId, Mood,
    OrganizationId, Priority, RequestId, Ticket, TicketId, Urgency,
};
use tonic::Status;
use tonic::service::Routes;

use crate::others::{Lines, Quiet};

/// Only ends a test that would hang.
const HANGS: Duration = Duration::from_secs(60);

/// The vendor of most tests: its plan lets nothing personal pass.
pub(crate) const VENDOR: &str = "paysoft";

/// Who the client is.
pub(crate) const CLIENT: &str = "client-4711";

pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) lines: Lines,
    pub(crate) clock: ManualClock,
    /// The partner's system, as the bridge reaches it.
    pub(crate) partner: Late,
    /// Line 3, as the bridge reaches it.
    pub(crate) line3: Late,
    pub(crate) ticket: TicketId,
    service: Service,
    keys: Keys,
    _folder: TempDir,
    _database: TestDatabase,
}

/// Lets `journey` run on each kind of database that can be had here.
pub(crate) async fn everywhere(journey: impl AsyncFn(World)) {
    for database in TestDatabase::all() {
        journey(World::on(database).await).await;
    }
}

fn organization() -> OrganizationId {
    "romashka".parse().unwrap()
}

fn stack(line: Line, keys: &Keys, clock: &ManualClock) -> Stack {
    Stack {
        service: ServiceName::Line(line),
        verifier: keys.verifier(),
        clock: Arc::new(clock.clone()),
        limits: Limits::default(),
    }
}

impl World {
    async fn on(database: TestDatabase) -> Self {
        let folder = TempDir::new().unwrap();
        let own = [
            KeyName::Authority,
            KeyName::Line(Line::Vendor),
            KeyName::Line(Line::Expert),
            KeyName::Line(Line::ServiceDesk),
        ];
        let keys = Keys::open(&folder.path().join("keys"), &own).unwrap();
        let clock = ManualClock::at("2026-11-23T09:00:00Z".parse().unwrap());
        let lines = Lines::at(clock.clone());
        let of_bridge = |name: &str, channel| {
            let signer = keys.signer(KeyName::Line(Line::Vendor)).unwrap();
            Peer::new(name, channel, signer, ServiceName::Line(Line::Vendor), Arc::new(clock.clone()))
        };
        let relay = |line| {
            Service::builder(stack(line, &keys, &clock))
                .add(rpc::tuned!(RelayServiceServer::new(lines.clone()), Limits::default()))
                .build()
                .channel()
        };
        let line3 = Late::new("expert");
        line3.connect(relay(Line::Expert));
        let peers = [
            (Line::ServiceDesk, of_bridge("service-desk", relay(Line::ServiceDesk))),
            (Line::Expert, of_bridge("expert", line3.channel())),
        ];
        let partner = Late::new("a partner");
        let partners = ["paysoft", "cloudcore"].map(|name| (name.to_owned(), of_bridge(name, partner.channel())));
        let plans = Plans::default();
        plans.put(Plan::parse("demo.toml", plan::DEMO).unwrap());
        plans.put(Plan::parse("small.toml", plan::SMALL).unwrap());
        let setup = Setup {
            store: database.open().await.unwrap(),
            plans,
            clock: Arc::new(clock.clone()),
            peers: BTreeMap::from(peers),
            backoff: Backoff::new(Arc::new(|| 1.0)),
            fuse: Fuse::default(),
        };
        let desk = line4_vendor_bridge::desk(setup, BTreeMap::from(partners));
        let service = line4_vendor_bridge::service(&desk, stack(Line::Vendor, &keys, &clock));
        let ticket = TicketId::of_request(
            &organization(),
            Line::ServiceDesk,
            "anna",
            &"one".parse::<RequestId>().unwrap(),
            clock.now(),
        );
        Self { desk, lines, clock, partner, line3, ticket, service, keys, _folder: folder, _database: database }
    }

    /// The bridge as somebody calls it.
    pub(crate) fn called_by(&self, role: Role, organization: &str) -> Channel {
        let key = match &role {
            Role::Service { name } => name.key(),
            _ => KeyName::Authority,
        };
        let caller = Caller { subject: "who".to_owned(), organization: organization.parse().unwrap(), role };
        let signer = self.keys.signer(key).unwrap();
        as_caller(self.service.channel(), signer.token(&caller, self.clock.now(), SignedDuration::from_hours(9000)))
    }

    pub(crate) fn called_by_line(&self, line: Line) -> Channel {
        self.called_by(Role::Service { name: ServiceName::Line(line) }, "romashka")
    }

    pub(crate) fn called_by_agent(&self) -> Channel {
        self.called_by(Role::Agent { line: Line::Vendor }, "romashka")
    }

    pub(crate) fn called_by_partner(&self, vendor: &str) -> Channel {
        self.called_by(Role::Partner { vendor: vendor.to_owned() }, "romashka")
    }

    /// Connects a partner that behaves so.
    pub(crate) fn simulate(&self, conduct: Conduct) -> Simulator {
        let habits =
            Habits { backoff: Arc::new(|failed| (failed <= 3).then_some(Duration::ZERO)), ..Habits::default() };
        let bridge = self.called_by_partner(VENDOR);
        let simulator = Simulator::with_habits(VENDOR, bridge, move |_| conduct.clone(), habits);
        self.partner.connect(Channel::new(Routes::new(simulator.server())));
        simulator
    }

    /// Connects a partner that speaks only when the test does.
    pub(crate) fn quiet(&self) -> Quiet {
        let quiet = Quiet::default();
        self.partner.connect(Channel::new(Routes::new(PartnerDeskServiceServer::new(quiet.clone()))));
        quiet
    }

    /// Line 3 hands the ticket over, at this epoch; what the bridge answers.
    pub(crate) async fn offer_at(&self, epoch: u32, given: VendorEvidence) -> hand::answer::Outcome {
        self.offer(epoch, given, None).await
    }

    /// As [`World::offer_at`], with the owner whom a spent hop budget forces.
    pub(crate) async fn offer(
        &self,
        epoch: u32,
        given: VendorEvidence,
        forced_owner: Option<String>,
    ) -> hand::answer::Outcome {
        let hop = |line, epoch| Hop { line, epoch: Epoch::new(epoch).unwrap(), at: self.clock.now() };
        let mut hops = vec![hop(Line::ServiceDesk, 1), hop(Line::Technical, 2), hop(Line::Expert, 3)];
        // It was here before, at every second epoch.
        hops.extend((4..epoch).map(|at| hop(if at % 2 == 0 { Line::Vendor } else { Line::Expert }, at)));
        let baton = Baton {
            facts: facts(self.ticket, self.clock.now()),
            from: Line::Expert,
            to: Line::Vendor,
            epoch: Epoch::new(epoch).unwrap(),
            hops,
            returns: vec![],
            forced_owner,
            reopened: 0,
        };
        let request =
            vendor::OfferRequest { baton: Some(record::to_baton(baton)), evidence: Some(evidence::to_vendor(given)) };
        let mut intake = IntakeServiceClient::new(self.called_by_line(Line::Expert));
        let answer = intake.offer(request).await.unwrap().into_inner().answer.unwrap();
        answer.outcome.unwrap()
    }

    /// The ticket arrives with clean evidence, and the partner gets its case.
    pub(crate) async fn with_case(&self) {
        let outcome = self.offer_at(4, plain()).await;
        assert!(matches!(outcome, hand::answer::Outcome::Accepted(_)), "{outcome:?}");
        self.deliver().await;
    }

    /// Delivers until nothing is due.
    pub(crate) async fn deliver(&self) {
        while self.desk.deliver_due().await > 0 {}
    }

    /// Waits until the simulator has said everything, and delivers what followed.
    pub(crate) async fn settle(&self, simulator: &Simulator) {
        let bond = self.bond_id();
        tokio::time::timeout(HANGS, simulator.settled(&bond)).await.expect("the partner comes to an end");
        self.deliver().await;
    }

    pub(crate) fn bond_id(&self) -> String {
        BondId::of(self.ticket, VENDOR).to_string()
    }

    pub(crate) async fn bond(&self) -> Bond {
        let own: Own = self.desk.store().own(&organization(), self.ticket).await.unwrap();
        own.current().expect("the ticket has a bond").clone()
    }

    pub(crate) async fn held(&self) -> Ticket {
        self.desk.find(&organization(), self.ticket).await.unwrap().0
    }

    /// What the ticket's log says here, oldest first.
    pub(crate) async fn log(&self) -> Vec<EventBody> {
        let events = self.desk.store().events(&organization(), self.ticket, None, 1000).await.unwrap();
        events.into_iter().map(|(_, event)| event.body).collect()
    }

    /// The words that line 1 was told as progress.
    pub(crate) fn news(&self) -> Vec<String> {
        let progress = self.lines.progress.lock().unwrap();
        progress.iter().filter(|news| !news.custody_moved).map(|news| news.text.clone()).collect()
    }

    /// Line 1 brings the client's answer to the question asked last.
    pub(crate) async fn answers(&self, answer: &str) {
        let asked = self.lines.questions.lock().unwrap().last().cloned().expect("a question was asked");
        let step = format!("answer-to-{}", asked.clarification_id);
        let message = hand::AnswerClarificationRequest {
            envelope: Some(self.envelope_of_line1(&step)),
            clarification_id: asked.clarification_id,
            answer: answer.to_owned(),
            sound: None,
        };
        let mut relay = RelayServiceClient::new(self.called_by_line(Line::ServiceDesk));
        relay.answer_clarification(message).await.unwrap();
        self.deliver().await;
    }

    pub(crate) fn envelope_of_line1(&self, step: &str) -> hand::Envelope {
        hand::Envelope {
            message_id: MessageId::of_step(self.ticket, "test", step).to_string(),
            organization: "romashka".to_owned(),
            ticket_id: self.ticket.to_string(),
            from: proto::ticket::Line::ServiceDesk as i32,
            epoch: 1,
        }
    }

    /// The partner of the test says something, with the message id `m` and the number.
    pub(crate) async fn says(&self, sequence: u32, words: Words<'_>) -> Result<Acknowledgement, Status> {
        self.says_as(VENDOR, self.envelope(sequence), words).await
    }

    pub(crate) fn envelope(&self, sequence: u32) -> CaseEnvelope {
        CaseEnvelope {
            message_id: format!("m{sequence}"),
            bond_id: self.bond_id(),
            partner_case_id: Quiet::CASE.to_owned(),
            sequence,
        }
    }

    pub(crate) async fn says_as(
        &self,
        vendor: &str,
        envelope: CaseEnvelope,
        words: Words<'_>,
    ) -> Result<Acknowledgement, Status> {
        say(self.called_by_partner(vendor), envelope, words).await
    }
}

/// What the partner of a test says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Words<'w> {
    Accept,
    Reject(&'w str),
    Ask(&'w str),
    Respond(&'w str),
    Fix(&'w str),
    Close(&'w str),
}

pub(crate) async fn say(bridge: Channel, envelope: CaseEnvelope, words: Words<'_>) -> Result<Acknowledgement, Status> {
    let mut bridge = PartnerBridgeServiceClient::new(bridge);
    let envelope = Some(envelope);
    let acknowledgement = match words {
        Words::Accept => {
            let request = AcceptCaseRequest { envelope, text: String::new() };
            bridge.accept_case(request).await?.into_inner().acknowledgement
        }
        Words::Reject(text) => {
            let request = RejectCaseRequest { envelope, text: text.to_owned() };
            bridge.reject_case(request).await?.into_inner().acknowledgement
        }
        Words::Ask(text) => {
            let request = RequestInformationRequest { envelope, text: text.to_owned() };
            bridge.request_information(request).await?.into_inner().acknowledgement
        }
        Words::Respond(text) => {
            let request = PartnerBridgeServiceRespondRequest { envelope, text: text.to_owned() };
            bridge.respond(request).await?.into_inner().acknowledgement
        }
        Words::Fix(text) => {
            let request = ProposeFixRequest {
                envelope,
                root_cause: text.to_owned(),
                fix: text.to_owned(),
                workaround: true,
                how_to_verify: text.to_owned(),
            };
            bridge.propose_fix(request).await?.into_inner().acknowledgement
        }
        Words::Close(text) => {
            let request = CloseCaseRequest { envelope, text: text.to_owned() };
            bridge.close_case(request).await?.into_inner().acknowledgement
        }
    };
    Ok(acknowledgement.expect("every message is acknowledged"))
}

/// The reason of a refusal, as its name.
pub(crate) fn reason(answer: Result<Acknowledgement, Status>) -> &'static str {
    let status = answer.expect_err("it is refused");
    rpc::reason_of(&status).expect("a refusal has a reason").as_str_name()
}

fn facts(id: TicketId, opened_at: Timestamp) -> Facts {
    Facts {
        id,
        organization: organization(),
        number: Some("EST-000042".to_owned()),
        kind: Kind::Incident,
        subject: "Оплата не проходит".to_owned(),
        text: "Не могу оплатить".to_owned(),
        language: Language::Russian,
        client: CLIENT.to_owned(),
        impact: Impact::High,
        urgency: Urgency::High,
        priority: Priority::Critical,
        raises: Vec::new(),
        mood: Mood::Negative,
        category: None,
        product: None,
        environment: None,
        opened_at,
        trace: String::new(),
    }
}

/// Evidence without a client's data.
pub(crate) fn plain() -> VendorEvidence {
    VendorEvidence {
        vendor: VENDOR.to_owned(),
        product: "PaySoft Gateway".to_owned(),
        version: "7.4".to_owned(),
        contract: "PS-77-0451".to_owned(),
        hypothesis: "очередь платежей переполняется".to_owned(),
        reproduction: "оплатить заказ вечером".to_owned(),
        business_impact: "каждый десятый платёж теряется".to_owned(),
        asked: "исправить шлюз".to_owned(),
    }
}
