//! An event in one sentence, for people who read a timeline.

use ticket::event::{
    ChildStanding, ClarificationEvent, ClockEvent, ClockName, Decline, DeskEvent, HoldEvent, IncidentNews, Opinion,
    PriorityEvent, ScenarioEvent, SortingEvent, TechnicalEvent, VisitEvent,
};
use ticket::{EventBody, Line};

/// One sentence that says what happened at `line`.
pub(crate) fn of(line: Line, body: &EventBody) -> String {
    match body {
        EventBody::Registered { .. } => format!("registered at {line}"),
        EventBody::AutoAnswered { article, .. } => format!("answered at once from article {article}"),
        EventBody::AutoDeclined { .. } => "no article fits well enough".to_owned(),
        EventBody::Triaged { category, priority, .. } => format!("triaged as {category}, priority {priority}"),
        EventBody::Sorted(SortingEvent::ByRules { rules, .. }) => {
            let rules: Vec<&str> = rules.iter().map(|held| held.rule.as_str()).collect();
            format!("sorted by the plan's rules {}", rules.join(", "))
        }
        EventBody::Sorted(SortingEvent::ByModels { opinions, .. }) => by_models(opinions),
        EventBody::Heard(heard) => format!("the client sounds {} ({})", heard.mood.name(), heard.score),
        EventBody::Priority(PriorityEvent::Raised { raise, priority, .. }) => {
            format!("raised to {priority}: {}", raise.en)
        }
        EventBody::Priority(PriorityEvent::Lowered { cause, priority, .. }) => {
            format!("{} raises it no longer, priority {priority}", cause.name())
        }
        EventBody::ChecklistStep { outcome } => format!("checklist step {} was run", outcome.step),
        EventBody::Scenario(event) => scenario(event),
        EventBody::ClientWrote { .. } => "the client wrote".to_owned(),
        EventBody::WroteToClient { .. } => "support wrote to the client".to_owned(),
        EventBody::Offered { to, epoch, .. } => format!("offered to {to} at epoch {epoch}"),
        EventBody::Accepted { by, epoch, .. } => format!("accepted by {by} at epoch {epoch}"),
        EventBody::Declined { by, why, .. } => format!("declined by {by}: {}", decline_summary(why)),
        EventBody::TookOver { from, .. } => format!("{line} took over from {from}"),
        EventBody::OwnerForced { owner, other } => {
            format!("{owner} must decide: too many returns between {line} and {other}")
        }
        EventBody::Assigned { zone, assignee, .. } => {
            format!("assigned to {}", assignee.as_deref().or(zone.as_deref()).unwrap_or("nobody"))
        }
        EventBody::ClarificationAsked { by, .. } => format!("{by} asks the client something"),
        EventBody::ClarificationRelayed { .. } => "the question was put to the client".to_owned(),
        EventBody::ClarificationAnswered { .. } => "the client answered the question".to_owned(),
        EventBody::Clarification(event) => clarification(event),
        EventBody::Technical(event) => technical(event),
        EventBody::Visit(event) => visit(event),
        EventBody::Desk(event) => desk(event),
        EventBody::Hold(event) => hold(event),
        EventBody::Clock(event) => clock(event),
        EventBody::Progressed { by, .. } => format!("{by} reports progress"),
        EventBody::CustodyMoved { to, epoch } => format!("{to} holds it since epoch {epoch}"),
        EventBody::Diagnosed { .. } => "a finding was recorded".to_owned(),
        EventBody::RootCauseRecorded { .. } => "the root cause was recorded".to_owned(),
        EventBody::ActionPlanned { steps } => format!("{} actions were planned", steps.len()),
        EventBody::BondOpened { vendor, .. } => format!("a case was opened with {vendor}"),
        EventBody::PartnerSaid { verb, .. } => format!("the partner: {verb}"),
        EventBody::SentToPartner { .. } => "written to the partner".to_owned(),
        EventBody::Resolved { resolution } => format!("resolved by {}", resolution.by),
        EventBody::ToldResolution { resolution } => format!("told that {} resolved it", resolution.by),
        EventBody::Closed { confirmed: true } => "closed, confirmed by the client".to_owned(),
        EventBody::Closed { confirmed: false } => "closed".to_owned(),
        EventBody::Reopened { .. } => "reopened".to_owned(),
        EventBody::NoteAdded => "an internal note was written".to_owned(),
        EventBody::Tagged { tags } => format!("tagged {}", tags.join(", ")),
        EventBody::Linked { other, kind } => format!("linked as {} {other}", kind.name()),
        EventBody::Unlinked { other } => format!("not linked to {other} any more"),
        EventBody::Rated { score } => format!("the client gave {score} of 5"),
        EventBody::Problem(news) if !news.linked => format!("problem {} is not behind it after all", news.problem),
        EventBody::Problem(news) => format!("behind it is a problem, {}: {}", news.stage.name(), news.title),
        EventBody::Queue(event) => super::queue::summary(event),
        EventBody::Woke { reason } => format!("a deadline passed: {}", reason.name()),
    }
}

fn scenario(event: &ScenarioEvent) -> String {
    match event {
        ScenarioEvent::Begun { scenario, .. } => format!("scenario {scenario} began"),
        ScenarioEvent::Called { scenario, service, .. } => format!("scenario {scenario}: {service} is called"),
        ScenarioEvent::Done { scenario, .. } => format!("scenario {scenario} is done"),
        ScenarioEvent::Refused { scenario, reason, .. } => format!("scenario {scenario} was refused: {reason}"),
        ScenarioEvent::Ended { scenario, why, .. } => format!("scenario {scenario} ended: {why}"),
    }
}

fn by_models(opinions: &[Opinion]) -> String {
    let said = |opinion: &Opinion| {
        let Opinion { field, value, probability, outcome, .. } = opinion;
        format!("{field} {value} {} ({} %)", outcome.name(), probability / 10)
    };
    format!("models said: {}", opinions.iter().map(said).collect::<Vec<_>>().join(", "))
}

fn hold(event: &HoldEvent) -> String {
    match event {
        HoldEvent::Began { by, reason, .. } => format!("{by} put it on hold: {reason}"),
        HoldEvent::Ended { by } => format!("{by} goes on with it"),
    }
}

fn clock(event: &ClockEvent) -> String {
    let name = |clock: &ClockName| format!("the {} clock of {}", clock.measure, clock.party);
    match event {
        ClockEvent::Warned { clock, percent, due } => format!("{percent} % of {} have passed, due {due}", name(clock)),
        ClockEvent::Breached { clock, due } => format!("{} is breached, was due {due}", name(clock)),
        ClockEvent::Escalated { clock } => format!("the supervisors were called in for {}", name(clock)),
        ClockEvent::ForceMajeure { profile, plan, holds: true, until, .. } => {
            format!("force majeure {profile} of {plan} counts for it until {until}")
        }
        ClockEvent::ForceMajeure { profile, plan, holds: false, until, .. } => {
            format!("force majeure {profile} of {plan} counts for it no more, it ended at {until}")
        }
    }
}

fn clarification(event: &ClarificationEvent) -> String {
    match event {
        ClarificationEvent::Reminded { count, .. } => format!("the client is to be reminded, for the {count}. time"),
        ClarificationEvent::Expired { .. } => "nobody waits for the client's answer any more".to_owned(),
    }
}

fn technical(event: &TechnicalEvent) -> String {
    match event {
        TechnicalEvent::HelpAccepted { .. } => "the help given so far was accepted".to_owned(),
        TechnicalEvent::HelpSentBack { reason, .. } => {
            format!("the help given so far is not enough: {}", reason.name())
        }
        TechnicalEvent::SessionBegan { number, tool } => format!("remote session {number} began with {tool}"),
        TechnicalEvent::SessionEnded { number, outcome } => {
            format!("remote session {number} ended: {}", outcome.name())
        }
    }
}

fn visit(event: &VisitEvent) -> String {
    match event {
        VisitEvent::Changed { news, engineer } => format!("the visit of {engineer} is {}", news.state.name()),
        VisitEvent::Told { news } => format!("told that a visit is {}", news.state.name()),
        VisitEvent::Answered { agreed: true, .. } => "the client agreed to a visit".to_owned(),
        VisitEvent::Answered { agreed: false, .. } => "the time of a visit does not suit the client".to_owned(),
        VisitEvent::Late { state, .. } => format!("a visit is late: it is {}", state.name()),
    }
}

fn desk(event: &DeskEvent) -> String {
    match event {
        DeskEvent::MergedInto { other } => format!("merged into {other}"),
        DeskEvent::MergedFrom { other } => format!("the duplicate {other} was merged into it"),
        DeskEvent::SplitOff { other, messages } => format!("{} messages became {other}", messages.len()),
        DeskEvent::SplitFrom { other } => format!("split from {other}"),
        DeskEvent::HandedToSenior { senior, .. } => format!("{senior} took over as a senior"),
        DeskEvent::RatingAsked => "the client was asked for a rating".to_owned(),
        DeskEvent::Attached { name, bytes, .. } => format!("{name} was attached ({bytes} bytes)"),
        DeskEvent::Shared { name } => format!("{name} was shown to the client"),
        DeskEvent::Incident { news: IncidentNews { title, standing, .. } } => match standing {
            ChildStanding::Joined { .. } => format!("it is a part of the major incident: {title}"),
            ChildStanding::Left => format!("it differs from the major incident: {title}"),
            ChildStanding::Resolved { .. } => format!("the major incident is resolved: {title}"),
        },
    }
}

fn decline_summary(why: &Decline) -> String {
    match why {
        Decline::EvidenceMissing { fields } => {
            let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
            format!("evidence is missing ({})", names.join(", "))
        }
        Decline::NotInTopology => "no such way in the topology".to_owned(),
        Decline::Stale { present } => format!("it knows epoch {present} already"),
        Decline::UnknownZone { zone } => format!("unknown zone {zone}"),
        Decline::UnknownVendor { vendor } => format!("unknown vendor {vendor}"),
        Decline::Unreadable { fault } => format!("it cannot read the offer ({fault})"),
    }
}
