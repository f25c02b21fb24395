//! What may happen to a ticket, seen from outside.

mod raise;
mod transitions;

use ticket::{Facts, Impact, Kind, Language, Mood, Priority, Urgency};

/// A new request.
fn facts() -> Facts {
    Facts {
        id: "tkt_00000000000000000000000000000001".parse().expect("it is well formed"),
        organization: "romashka".parse().expect("it is well formed"),
        number: None,
        kind: Kind::Incident,
        subject: "router".to_owned(),
        text: "no internet".to_owned(),
        language: Language::English,
        client: "client-17".to_owned(),
        impact: Impact::Low,
        urgency: Urgency::Low,
        priority: Priority::Low,
        raises: Vec::new(),
        mood: Mood::Neutral,
        category: None,
        product: None,
        environment: None,
        opened_at: jiff::Timestamp::UNIX_EPOCH,
        trace: String::new(),
    }
}
