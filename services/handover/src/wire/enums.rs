//! Enums, both ways. `UNSPECIFIED` and numbers nobody knows are an answer, never a panic.

use proto::{handover as hand, line1, line2, ticket as wire};
use ticket::event::{SessionOutcome, VisitState};
use ticket::evidence::StepResult;
use ticket::facts::AddressKind;
use ticket::{Channel, Impact, Kind, Language, Line, LinkKind, Mood, Priority, ReturnReason, Urgency};

use super::Reader;

macro_rules! both_ways {
    ($($from:ident, $to:ident: $wire:path => $domain:ty { $($there:ident <=> $here:ident),+ $(,)? })+) => { $(
        #[doc = concat!("[`", stringify!($domain), "`] on the wire, as its number.")]
        #[must_use]
        pub fn $to(value: $domain) -> i32 {
            use $wire as Wire;
            let value = match value { $(<$domain>::$here => Wire::$there),+ };
            value as i32
        }

        #[doc = concat!("[`", stringify!($domain), "`] from the wire; none when it is unset or unknown, which is a fault if `required`.")]
        pub fn $from(reader: &mut Reader, name: &str, number: i32, required: bool) -> Option<$domain> {
            use $wire as Wire;
            match Wire::try_from(number) {
                $(Ok(Wire::$there) => Some(<$domain>::$here),)+
                Ok(Wire::Unspecified) => {
                    if required {
                        reader.wrong(name, "is unset; it is required");
                    }
                    None
                }
                Err(_) => {
                    reader.wrong(name, format!("{number} is not a value of this enum"));
                    None
                }
            }
        }
    )+ };
}

both_ways! {
    line, to_line: wire::Line => Line {
        SelfService <=> SelfService, ServiceDesk <=> ServiceDesk, Technical <=> Technical, Expert <=> Expert, Vendor <=> Vendor,
    }
    kind, to_kind: wire::Kind => Kind {
        Incident <=> Incident, ServiceRequest <=> ServiceRequest, Question <=> Question,
    }
    channel, to_channel: wire::Channel => Channel {
        Phone <=> Phone, Email <=> Email, Chat <=> Chat, Messenger <=> Messenger, WebForm <=> WebForm,
        MobileApp <=> MobileApp, SocialNetwork <=> SocialNetwork, InternalService <=> InternalService,
    }
    language, to_language: wire::Language => Language { Russian <=> Russian, English <=> English }
    impact, to_impact: wire::Impact => Impact { Low <=> Low, Medium <=> Medium, High <=> High }
    urgency, to_urgency: wire::Urgency => Urgency { Low <=> Low, Medium <=> Medium, High <=> High }
    priority, to_priority: wire::Priority => Priority {
        Low <=> Low, Medium <=> Medium, High <=> High, Critical <=> Critical,
    }
    mood, to_mood: wire::Mood => Mood { Negative <=> Negative, Neutral <=> Neutral, Positive <=> Positive }
    link_kind, to_link_kind: line1::LinkKind => LinkKind {
        Related <=> Related, DuplicateOf <=> DuplicateOf, DuplicatedBy <=> DuplicatedBy, CausedBy <=> CausedBy,
        CauseOf <=> CauseOf,
    }
    address_kind, to_address_kind: line1::AddressKind => AddressKind {
        Phone <=> Phone, Email <=> Email, Messenger <=> Messenger, Chat <=> Chat, SocialNetwork <=> SocialNetwork,
        AppUser <=> AppUser,
    }
    step_result, to_step_result: line2::StepResult => StepResult {
        Passed <=> Passed, Failed <=> Failed, Skipped <=> Skipped,
    }
    visit_state, to_visit_state: hand::VisitState => VisitState {
        Planned <=> Planned, Confirmed <=> Confirmed, UnderWay <=> UnderWay, Done <=> Done, Failed <=> Failed,
        Cancelled <=> Cancelled,
    }
    session_outcome, to_session_outcome: line2::SessionOutcome => SessionOutcome {
        Solved <=> Solved, CauseFound <=> CauseFound, NothingFound <=> NothingFound, Interrupted <=> Interrupted,
    }
    return_reason, to_return_reason: hand::ReturnReason => ReturnReason {
        WrongZone <=> WrongZone, EvidenceInsufficient <=> EvidenceInsufficient, NotReproducible <=> NotReproducible,
        SolvedMeanwhile <=> SolvedMeanwhile, OutOfScope <=> OutOfScope, RejectedByVendor <=> RejectedByVendor,
    }
}
