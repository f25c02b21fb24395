//! The suite's figures, by OTLP and for Prometheus. One place for their names, so that dashboards survive.
//!
//! | OpenTelemetry | Prometheus | kind | labels |
//! |---|---|---|---|
//! | `estafeta.rpc.requests` | `estafeta_rpc_requests_total` | counter | `service`, `method`, `code` |
//! | `estafeta.rpc.duration` | `estafeta_rpc_duration_seconds` | histogram, 1 ms … 30 s | `service`, `method`, `code` |
//! | `estafeta.handover.lag` | `estafeta_handover_lag_seconds` | histogram, 10 ms … 1 day | `line`, `to` |
//! | `estafeta.timer.late` | `estafeta_timer_late_seconds` | histogram, 10 ms … 1 day | `line` |
//! | `estafeta.encoder.duration` | `estafeta_encoder_duration_seconds` | histogram, 1 ms … 30 s | `outcome` (`answered`, `away`, `unfit`) |
//! | `estafeta.tickets.held` | `estafeta_tickets_held` | gauge | `line`, `state` |
//! | `estafeta.outbox.messages` | `estafeta_outbox_messages` | gauge | `line`, `state` (`pending`, `dead`) |
//! | `estafeta.outbox.oldest` | `estafeta_outbox_oldest_seconds` | gauge | `line` |
//! | `estafeta.queue.depth` | `estafeta_queue_depth` | gauge | `line`, `group` |
//!
//! Beside them stands `target_info`, with the name and version of the service. No label may hold a client's data, an
//! organization's or a ticket's id: each new value is a new series for ever.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge, Histogram, Meter},
};

/// Durations of RPCs, in seconds: from an answer out of memory to the longest deadline.
const RPC_SECONDS: [f64; 14] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Ages of handovers, in seconds: from one delivered at once to one whose receiver was down for a day.
const LAG_SECONDS: [f64; 12] = [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 1_800.0, 21_600.0, 86_400.0];

/// The instruments. Clones are cheap and record into the same series; recording never blocks.
#[derive(Clone)]
pub struct Meters {
    rpc_requests: Counter<u64>,
    rpc_duration: Histogram<f64>,
    handover_lag: Histogram<f64>,
    timer_late: Histogram<f64>,
    encoder_duration: Histogram<f64>,
    tickets_held: Gauge<u64>,
    outbox_messages: Gauge<u64>,
    outbox_oldest: Gauge<f64>,
    queue_depth: Gauge<u64>,
}

/// The instruments of this process. Take them after [`start`](crate::start): those taken before record nothing.
pub fn meters() -> Meters {
    match crate::installed().as_ref() {
        Some(telemetry) => telemetry.0.meters.clone(),
        None => Meters::over(&global::meter(crate::SCOPE)),
    }
}

impl Meters {
    pub(crate) fn over(meter: &Meter) -> Self {
        Self {
            rpc_requests: meter
                .u64_counter("estafeta.rpc.requests")
                .with_unit("{request}")
                .with_description("RPCs that have ended, by gRPC status code.")
                .build(),
            rpc_duration: meter
                .f64_histogram("estafeta.rpc.duration")
                .with_unit("s")
                .with_boundaries(RPC_SECONDS.to_vec())
                .with_description("How long an RPC took, from its arrival to the end of its answer.")
                .build(),
            handover_lag: meter
                .f64_histogram("estafeta.handover.lag")
                .with_unit("s")
                .with_boundaries(LAG_SECONDS.to_vec())
                .with_description("From the moment a line offered a ticket to the receiver's definite answer.")
                .build(),
            timer_late: meter
                .f64_histogram("estafeta.timer.late")
                .with_unit("s")
                .with_boundaries(LAG_SECONDS.to_vec())
                .with_description("From the moment at which a timer was due to its having rung.")
                .build(),
            encoder_duration: meter
                .f64_histogram("estafeta.encoder.duration")
                .with_unit("s")
                .with_boundaries(RPC_SECONDS.to_vec())
                .with_description("How long the sentence encoder was waited for, by what came of it.")
                .build(),
            tickets_held: meter
                .u64_gauge("estafeta.tickets.held")
                .with_unit("{ticket}")
                .with_description("Tickets in the custody of a line, by state.")
                .build(),
            outbox_messages: meter
                .u64_gauge("estafeta.outbox.messages")
                .with_unit("{message}")
                .with_description("Messages that a line has yet to deliver, and those it gave up.")
                .build(),
            outbox_oldest: meter
                .f64_gauge("estafeta.outbox.oldest")
                .with_unit("s")
                .with_description("How long the oldest pending message has waited.")
                .build(),
            queue_depth: meter
                .u64_gauge("estafeta.queue.depth")
                .with_unit("{ticket}")
                .with_description("Tickets that wait for a person of a support group.")
                .build(),
        }
    }

    /// An RPC has ended. `service` and `method` as in the path (`estafeta.line1.v1.ServiceDesk`, `Register`), `code`
    /// the gRPC status in words (`OK`, `UNAVAILABLE`).
    pub fn rpc_finished(&self, service: &str, method: &str, code: &str, seconds: f64) {
        let labels = [label("service", service), label("method", method), label("code", code)];
        self.rpc_requests.add(1, &labels);
        self.rpc_duration.record(seconds, &labels);
    }

    /// `line` has the definite answer of `to`, `seconds` after it made the offer.
    pub fn handover_lag(&self, line: &str, to: &str, seconds: f64) {
        self.handover_lag.record(seconds, &[label("line", line), label("to", to)]);
    }

    /// A timer of `line` rang `seconds` after it was due.
    pub fn timer_late(&self, line: &str, seconds: f64) {
        self.timer_late.record(seconds, &[label("line", line)]);
    }

    /// The sentence encoder was asked, and waited for as long as `seconds`: it `answered`, was `away`, or its answer was
    /// `unfit`.
    pub fn encoder_asked(&self, outcome: &str, seconds: f64) {
        self.encoder_duration.record(seconds, &[label("outcome", outcome)]);
    }

    /// `line` holds `count` tickets in `state`. A gauge keeps its last value: say zero for a state that emptied.
    pub fn set_held(&self, line: &str, state: &str, count: u64) {
        self.tickets_held.record(count, &[label("line", line), label("state", state)]);
    }

    /// The outbox of `line`: `pending` messages to deliver, the oldest `oldest_seconds` old (0 when there are none),
    /// and `dead` ones that a person has to look at.
    pub fn set_outbox(&self, line: &str, pending: u64, dead: u64, oldest_seconds: f64) {
        let line = label("line", line);
        self.outbox_messages.record(pending, &[line.clone(), label("state", "pending")]);
        self.outbox_messages.record(dead, &[line.clone(), label("state", "dead")]);
        self.outbox_oldest.record(oldest_seconds, &[line]);
    }

    /// `count` tickets wait for a person of `group` at `line`; zero when the queue emptied.
    pub fn set_queue_depth(&self, line: &str, group: &str, count: u64) {
        self.queue_depth.record(count, &[label("line", line), label("group", group)]);
    }
}

fn label(key: &'static str, value: &str) -> KeyValue {
    KeyValue::new(key, value.to_owned())
}
