//! What line 1 adds to the protocol: the home record follows the ticket, and the client hears of what matters.

use std::sync::Arc;

use backends::Encoder;
use handover::{Arranged, Arrival, Change, Desk, Foresight, OwnDeed, Recipient, Refused, Rules, Told, wake_again};
use plan::Plan;
use store::{Mark, Timer};
use tally::Tally;
use texts::Text;
use ticket::event::Brought;
use ticket::{EventBody, Evidence, Facts, Line, OrganizationId, Resolution, Ticket, Wake, WakeReason, WrongState};
use tonic::async_trait;

use crate::heard::Heard;
use crate::learned::{Advice, Asked, Learned};
use crate::major::{self, Follower};
use crate::own::{Home, Message, Question};
use crate::record::retag;
use crate::sorting::{Said, feel, sort};
use crate::{checklist, force_majeure, problem, progress, satisfaction, visit};

/// Line 1's rules.
pub(crate) struct ServiceDesk {
    watch: Follower,
    tally: Tally,
    /// What it sorts by.
    pub(crate) learned: Learned,
}

impl ServiceDesk {
    pub(crate) fn new(encoder: Option<Encoder>) -> Self {
        Self { watch: Follower::default(), tally: Tally::default(), learned: Learned::new(encoder) }
    }
}

#[async_trait]
impl Rules for ServiceDesk {
    fn line(&self) -> Line {
        Line::ServiceDesk
    }

    /// What the models say of a request of line 0.
    async fn foresee(&self, desk: &Desk, facts: &Facts, arrival: &Arrival) -> Foresight {
        let Brought::Evidence { evidence } = &arrival.brought else { return None };
        let Evidence::ServiceDesk(evidence) = evidence.as_ref() else { return None };
        let plan = desk.plan(&facts.organization).ok()?;
        Some(Box::new(self.learned.advise(&plan, &Asked::of(facts, evidence.channel), desk.clock().now()).await))
    }

    async fn took_over(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        arrival: &Arrival,
        foresight: Foresight,
    ) -> Result<(), Refused> {
        let mut home: Home = change.work.own(change.organization(), ticket.facts.id).await?;
        match &arrival.brought {
            Brought::Evidence { evidence } => {
                number(change, ticket).await?;
                let mut channel = None;
                if let Evidence::ServiceDesk(evidence) = evidence.as_ref() {
                    channel = evidence.channel;
                    let turns = evidence.conversation.iter().cloned();
                    home.conversation = turns
                        .map(|turn| Message { from_client: turn.from_client, text: turn.text, at: turn.at })
                        .collect();
                }
                home.contact = arrival.contact.clone().unwrap_or_default();
                let heard = Heard::in_text(&ticket.facts.text, ticket.facts.opened_at);
                ticket.facts.mood = heard.mood;
                let last = home.conversation.iter().rfind(|message| message.from_client);
                home.current_mood = last.map(|last| Heard::in_text(&last.text, last.at)).or(Some(heard.clone()));
                home.original_mood = Some(heard);
                let advice = foresight.and_then(|found| found.downcast::<Vec<Advice>>().ok());
                let advice = advice.map(|advice| *advice).unwrap_or_default();
                sort(change, ticket, &mut home, channel, Said::default(), advice).await?;
                if let Some(channel) = channel {
                    change.work.add_mark(change.organization(), ticket.facts.id, Mark::Channel, channel.name()).await?;
                }
                queue(change, ticket).await?;
                let number = ticket.facts.number.clone().unwrap_or_default();
                let text = Text::Registered;
                let greeting = change.greeting(ticket.facts.language).await?;
                let fields = [("greeting", greeting), ("number", number)];
                write_to_client(change, ticket, &mut home, text, &fields).await?;
            }
            Brought::Return { asked_for, .. } => {
                queue(change, ticket).await?;
                let (to, text) = (Recipient::who_works(&ticket.assignment), Text::NoticeCameBack);
                change.notify_of(ticket, to, "came-back", text, &[("asked_for", asked_for)]).await?;
            }
            Brought::Resolution { resolution } => tell_solved(change, ticket, &mut home, resolution).await?,
        }
        Ok(change.work.put_own(change.organization(), ticket.facts.id, &home).await?)
    }

    async fn solved(&self, change: &Change<'_>, ticket: &Ticket, resolution: &Resolution) -> Result<(), Refused> {
        let mut home: Home = change.work.own(change.organization(), ticket.facts.id).await?;
        tell_solved(change, ticket, &mut home, resolution).await?;
        Ok(change.work.put_own(change.organization(), ticket.facts.id, &home).await?)
    }

    async fn told(&self, change: &Change<'_>, ticket: &mut Ticket, told: &Told) -> Result<(), Refused> {
        let mut home: Home = change.work.own(change.organization(), ticket.facts.id).await?;
        match told {
            Told::Question { clarification, by, epoch, question, due } => {
                // Whoever asks must be the custodian: nobody would wait for the answer to an older question.
                let present = home.since(ticket);
                if *epoch < present {
                    let problem = WrongState::Stale { given: *epoch, present };
                    return Err(Refused::State { ticket: ticket.facts.id, problem });
                }
                let (id, by, question) = (*clarification, *by, question.clone());
                let (due, relayed, answer) = (*due, false, None);
                home.questions.push(Question { id, by, question, relayed, answer, due, reminders: 0, expired: false });
            }
            Told::Progress { by, took_over: Some(epoch), .. } => {
                if home.moved.is_none_or(|(_, known)| *epoch > known) {
                    home.moved = Some((*by, *epoch));
                    if *by != Line::OWNER {
                        home.touched.insert(*by);
                        problem::tell_next(change, ticket, &home, *by).await?;
                        major::tell_next(change, ticket, &home, *by).await?;
                    }
                    tell_moved(change, ticket, &mut home, *by).await?;
                }
            }
            Told::Arranged(Arranged::Reminder { clarification, count }) => {
                home.questions.iter_mut().filter(|q| q.id == *clarification).for_each(|q| q.reminders = *count);
            }
            Told::Arranged(Arranged::Expired { clarification }) => {
                home.questions.iter_mut().filter(|q| q.id == *clarification).for_each(|q| q.expired = true);
            }
            Told::Arranged(Arranged::Visit { by, news }) => visit::told(change, ticket, &mut home, *by, news).await?,
            Told::Arranged(Arranged::Problem { news }) => problem::told(change, ticket, &mut home, news).await?,
            // What the client added at line 0 while the request was on its way here.
            Told::ClientMessage { text, sound: _ } => {
                home.hear(text.clone(), change.now);
                feel(change, ticket, &home, None).await?;
            }
            Told::Arranged(Arranged::VisitAnswer { .. } | Arranged::Hold { .. } | Arranged::MajorIncident { .. })
            | Told::Progress { took_over: None, .. }
            | Told::Answer { .. }
            | Told::Resolution { .. } => return Ok(()),
        }
        Ok(change.work.put_own(change.organization(), ticket.facts.id, &home).await?)
    }

    async fn complete(&self, change: &Change<'_>, ticket: &Ticket, evidence: Evidence) -> Result<Evidence, Refused> {
        let Evidence::Technical(mut given) = evidence else { return Ok(evidence) };
        if given.checklist.is_empty() {
            let home: Home = change.work.own(change.organization(), ticket.facts.id).await?;
            given.checklist = checklist::run(&change.plan, ticket, &home);
        }
        Ok(Evidence::Technical(given))
    }

    async fn woke(
        &self,
        change: &Change<'_>,
        ticket: &mut Ticket,
        reason: WakeReason,
    ) -> Result<Option<Wake>, Refused> {
        match reason {
            WakeReason::AutoClose => {
                close(change, ticket, Text::ClosedAfterSilence).await?;
                Ok(None)
            }
            WakeReason::QueueDeadline
            | WakeReason::BotDeadline
            | WakeReason::ClientSilence
            | WakeReason::VendorSilence => wake_again(change, ticket, reason).await,
        }
    }

    async fn deed(&self, change: &Change<'_>, ticket: &mut Ticket, deed: &OwnDeed) -> Result<(), Refused> {
        match deed {
            OwnDeed::Tag { add, remove } => retag(change, ticket, add, remove).await,
            OwnDeed::Close => close(change, ticket, Text::ClosedByAgent).await,
        }
    }

    async fn queued(&self, change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
        queues::enter(change, ticket).await
    }

    async fn plan_came(&self, desk: &Desk, organization: &OrganizationId) -> Result<(), Refused> {
        queues::plan_came(desk, organization).await?;
        force_majeure::tell_new_lines(desk, organization).await
    }

    async fn rang(&self, change: &Change<'_>, timer: &Timer) -> Result<(), Refused> {
        if timer.kind == progress::TIMER {
            return progress::rang(change, timer).await;
        }
        if timer.kind == major::TIMER {
            return major::rang(change, timer).await;
        }
        queues::rang(change, timer).await.map(|_| ())
    }

    async fn follow(&self, desk: &Desk, plan: &Arc<Plan>) -> Result<usize, Refused> {
        let learned = self.learned.follow(desk, plan).await?;
        let counted = self.tally.follow(desk, plan).await?;
        Ok(learned + counted + self.watch.follow(desk, plan).await?)
    }
}

/// Closes a resolved ticket without the client's word; the client is told by `text`.
async fn close(change: &Change<'_>, ticket: &mut Ticket, text: Text) -> Result<(), Refused> {
    let id = ticket.facts.id;
    ticket.close(false, change.now).map_err(Refused::state(id))?;
    let mut home: Home = change.work.own(change.organization(), id).await?;
    let number = ticket.facts.number.clone().unwrap_or_default();
    write_to_client(change, ticket, &mut home, text, &[("number", number)]).await?;
    change.log(ticket, EventBody::Closed { confirmed: false }).await?;
    satisfaction::ask(change, ticket, &mut home).await?;
    Ok(change.work.put_own(change.organization(), id, &home).await?)
}

/// The number told to the client, given once.
pub(crate) async fn number(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
    if ticket.facts.number.is_none() {
        let next = change.work.next_number(change.organization(), "ticket").await?;
        ticket.facts.number = Some(format!("EST-{next:06}"));
    }
    Ok(())
}

/// Puts the ticket into the queue of line 1's group, unless its owner was forced.
pub(crate) async fn queue(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), Refused> {
    if ticket.assignment.forced {
        return Ok(());
    }
    let group = change.plan.groups().find(|group| group.line == Line::ServiceDesk).map(|group| group.id.clone());
    ticket.assignment.group.clone_from(&group);
    change.log(ticket, EventBody::Assigned { zone: None, group, assignee: ticket.assignment.assignee.clone() }).await?;
    queues::enter(change, ticket).await
}

/// Tells the client what solved it, and asks for confirmation.
pub(crate) async fn tell_solved(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &mut Home,
    resolution: &Resolution,
) -> Result<(), Refused> {
    let fields = [
        ("number", ticket.facts.number.clone().unwrap_or_default()),
        ("done", resolution.done.clone()),
        ("how_to_verify", how_to_verify(resolution)),
    ];
    write_to_client(change, ticket, home, Text::Resolved, &fields).await
}

/// Tells the client that another line works on it now, where the plan wants that.
async fn tell_moved(change: &Change<'_>, ticket: &Ticket, home: &mut Home, to: Line) -> Result<(), Refused> {
    if !change.plan.conversation().tells_moves {
        return Ok(());
    }
    let line = Text::of_line(to).plain(ticket.facts.language).to_owned();
    let fields = [("number", ticket.facts.number.clone().unwrap_or_default()), ("line", line)];
    write_to_client(change, ticket, home, Text::Moved, &fields).await
}

/// How to verify in words, and under it the steps, each on a line with its number.
fn how_to_verify(resolution: &Resolution) -> String {
    let steps = resolution.steps_to_verify.iter().enumerate();
    steps.fold(resolution.how_to_verify.clone(), |all, (before, step)| format!("{all}\n{}. {step}", before + 1))
}

/// Writes a text of the resource file to the client, in the client's language.
pub(crate) async fn write_to_client(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &mut Home,
    text: Text,
    fields: &[(&str, String)],
) -> Result<(), Refused> {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let text = text.with(ticket.facts.language, &fields);
    write_by_itself(change, ticket, home, text).await
}

/// Writes to the client what no person says to this one, so that it is nobody's first answer.
pub(crate) async fn write_by_itself(
    change: &Change<'_>,
    ticket: &Ticket,
    home: &mut Home,
    text: String,
) -> Result<(), Refused> {
    let text = change.as_told_now(ticket.facts.language, text).await?;
    home.conversation.push(Message { from_client: false, text: text.clone(), at: change.now });
    progress::arm(change, ticket).await?;
    change.log_by_itself(ticket, EventBody::WroteToClient { text }).await
}
