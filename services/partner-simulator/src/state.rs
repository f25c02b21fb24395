//! What the partner's system remembers, and how it takes the bridge's messages in.

use std::collections::{BTreeMap, HashMap, HashSet};

use proto::partner::{Acknowledgement, CaseEnvelope, CloseRequest, OpenCaseRequest, RespondRequest};
use telemetry::carry::TraceContext;
use tonic::Status;

use crate::{FromBridge, Received, Sent, refusal::Refusal};

/// The memory of one partner.
pub(crate) struct State {
    pub(crate) received: Vec<Received>,
    pub(crate) answers: Vec<(Sent, Result<Acknowledgement, Status>)>,
    /// By bond id.
    pub(crate) cases: HashMap<String, Case>,
    /// Bond ids; a nudge may come before its case.
    pub(crate) nudged: HashSet<String>,
    /// By message id.
    known: HashMap<String, FromBridge>,
    next_case: u32,
}

/// What came about one bond.
pub(crate) struct Case {
    pub(crate) partner_case_id: String,
    /// The bridge's answers, each with the trace in which it came.
    pub(crate) heard: Vec<(String, TraceContext)>,
    /// The bridge says that it is over.
    pub(crate) closed: bool,
    /// The conduct's messages are all sent, or will never be.
    pub(crate) settled: bool,
    opened: bool,
    /// The number of the bridge's message to act on next.
    next: u32,
    /// Messages that came before their turn.
    early: BTreeMap<u32, (FromBridge, TraceContext)>,
}

/// What a message of the bridge brought about.
pub(crate) struct Heard {
    pub(crate) partner_case_id: String,
    /// The case begins now.
    pub(crate) opened: Option<(OpenCaseRequest, TraceContext)>,
}

impl State {
    /// The first case is `CASE-` and `first_case`.
    pub(crate) fn new(first_case: u32) -> Self {
        Self {
            received: Vec::new(),
            answers: Vec::new(),
            cases: HashMap::new(),
            nudged: HashSet::new(),
            known: HashMap::new(),
            next_case: first_case,
        }
    }

    /// Takes a message of the bridge in and acts on all whose turn it is.
    pub(crate) fn hear(&mut self, message: FromBridge, trace: TraceContext) -> Result<Heard, Refusal> {
        let CaseEnvelope { message_id, bond_id, partner_case_id: named, sequence } =
            message.envelope().cloned().ok_or(Refusal::NoEnvelope)?;
        if !(1..=128).contains(&message_id.len()) || !message_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::MessageId);
        }
        if !bond_id.strip_prefix("bnd_").is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Err(Refusal::BondId);
        }
        if sequence == 0 {
            return Err(Refusal::Sequence);
        }

        let essence = message.without_case_id();
        let repeat = self.known.get(&message_id).map(|first| *first == essence);
        if repeat == Some(false) {
            return Err(Refusal::Reused { message_id });
        }
        let case = self.cases.entry(bond_id.clone()).or_insert_with(|| {
            let case = Case::new(format!("CASE-{}", self.next_case));
            self.next_case += 1;
            case
        });
        let partner_case_id = case.partner_case_id.clone();
        if !named.is_empty() && named != partner_case_id {
            return Err(Refusal::OtherCase { bond_id, partner_case_id, named });
        }
        if repeat == Some(true) {
            return Ok(Heard { partner_case_id, opened: None });
        }
        let opened = if case.takes(sequence) {
            case.act(sequence, message, trace)
        } else if case.opened && matches!(message, FromBridge::OpenCase(_)) {
            None // a bond has one case, whatever is repeated
        } else {
            return Err(Refusal::NumberTaken { bond_id, sequence });
        };
        self.known.insert(message_id, essence);
        Ok(Heard { partner_case_id, opened })
    }
}

impl Case {
    fn new(partner_case_id: String) -> Self {
        Self {
            partner_case_id,
            heard: Vec::new(),
            closed: false,
            settled: false,
            opened: false,
            next: 1,
            early: BTreeMap::new(),
        }
    }

    fn takes(&self, sequence: u32) -> bool {
        sequence >= self.next && !self.early.contains_key(&sequence)
    }

    fn act(
        &mut self,
        sequence: u32,
        message: FromBridge,
        trace: TraceContext,
    ) -> Option<(OpenCaseRequest, TraceContext)> {
        self.early.insert(sequence, (message, trace));
        let mut begun = None;
        while let Some((message, trace)) = self.early.remove(&self.next) {
            self.next = self.next.saturating_add(1);
            match message {
                FromBridge::OpenCase(_) if self.opened => {}
                FromBridge::OpenCase(open) => {
                    self.opened = true;
                    begun = Some((open, trace));
                }
                FromBridge::Respond(RespondRequest { envelope: _, text }) => self.heard.push((text, trace)),
                FromBridge::Close(CloseRequest { .. }) => self.closed = true,
            }
        }
        begun
    }
}
