//! What happens within a line, in one sentence; and who takes part, on the wire.

use proto::ticket as wire;
use ticket::{Collaborator, QueueEvent};

use super::{enums, instant};

/// Somebody who takes part, on the wire.
pub(crate) fn to_collaborator(one: &Collaborator) -> wire::Collaborator {
    let Collaborator { person, line, joined, since } = one;
    wire::Collaborator {
        person: person.clone(),
        line: enums::to_line(*line),
        joined: *joined,
        since: Some(instant(*since)),
    }
}

/// One sentence that says what happened.
pub(crate) fn summary(event: &QueueEvent) -> String {
    let with = |head: String, why: &str| if why.is_empty() { head } else { format!("{head}: {why}") };
    match event {
        QueueEvent::Chosen { person, strategy, among, .. } => {
            format!("given to {person} by the strategy {strategy}, one of {among} who could take it")
        }
        QueueEvent::NobodyFree { why } => format!("nobody is free ({why}); it waits in the queue"),
        QueueEvent::Claimed { person } => format!("{person} took it from the queue"),
        QueueEvent::Released { from, because, why } => {
            with(format!("back to the queue from {from} ({})", because.name()), why)
        }
        QueueEvent::Reassigned { from, to, group, why } => {
            let nobody = || "the queue".to_owned();
            let to = to.clone().or_else(|| group.clone()).unwrap_or_else(nobody);
            with(format!("from {} to {to}", from.clone().unwrap_or_else(nobody)), why)
        }
        QueueEvent::TakenOver { from, by, why } => {
            let from = from.as_deref().map(|from| format!(" from {from}")).unwrap_or_default();
            with(format!("{by} took it over{from}"), why)
        }
        QueueEvent::Supervised { supervisor, why } => with(format!("{supervisor} was called as supervisor"), why),
        QueueEvent::EscalationEnded { why } => with("a supervisor has seen to it".to_owned(), why),
        QueueEvent::Invited { person, line, why } => with(format!("{person} of {line} was invited"), why),
        QueueEvent::Joined { person, line } => format!("{person} of {line} takes part"),
        QueueEvent::Left { person } => format!("{person} takes part no more"),
        QueueEvent::Found { person, .. } => format!("{person} found something out"),
    }
}
