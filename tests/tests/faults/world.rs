//! A stage with all that was asked of it and acknowledged, against which it is judged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proto::errors::Reason;
use proto::handover::outcome::Standing;
use proto::ticket as wire;
use tests::Stage;
use ticket::Line;
use tonic::Status;

use crate::chance::{At, Deed, Step};
use crate::command::{Answer, Command, Drafts};
use crate::homecoming::nothing_waits;
use crate::letters::{self, Letter};

/// A text that somebody said on a ticket, by which its effect is found again.
#[derive(Debug, Clone)]
struct Said {
    ticket: String,
    line: Line,
    what: &'static str,
    text: String,
}

/// A command that was sent, what it said, and the first answer if it was accepted.
struct Sent {
    command: Command,
    said: Option<Said>,
    answer: Option<Answer>,
}

/// What there is by now.
pub(crate) struct World<'s> {
    stage: &'s Stage,
    drafts: Drafts<'s>,
    tickets: Vec<String>,
    epochs: BTreeMap<String, u32>,
    questions: Vec<(String, String)>,
    sent: Vec<Sent>,
    letters: Vec<Letter>,
    /// Lines that run without the fuse they began with.
    renewed: BTreeSet<Line>,
    texts: u32,
}

impl<'s> World<'s> {
    pub(crate) fn new(stage: &'s Stage) -> Self {
        Self {
            stage,
            drafts: Drafts::new(stage),
            tickets: Vec::new(),
            epochs: BTreeMap::new(),
            questions: Vec::new(),
            sent: Vec::new(),
            letters: Vec::new(),
            renewed: BTreeSet::new(),
            texts: 0,
        }
    }

    fn text(&mut self) -> String {
        self.texts += 1;
        format!("сказано-{};", self.texts)
    }

    fn is_up(&self, line: Line) -> bool {
        let blown = self.stage.fuses[&line].blown().is_some() && !self.renewed.contains(&line);
        self.stage.suite.desk(line).is_some() && !blown
    }

    pub(crate) async fn take(&mut self, step: Step) {
        match step {
            Step::Ask => {
                let text = self.text();
                let command = self.drafts.ask(&text);
                self.send(command, None).await;
            }
            Step::Register => {
                let text = self.text();
                let command = self.drafts.register(&text);
                self.send(command, None).await;
            }
            Step::Do { ticket, at, deed, supervisor } => {
                let Some(ticket) = pick(&self.tickets, ticket).cloned() else { return };
                let line = match at {
                    At::Holder => self.holder(&ticket).await.map_or(Line::ServiceDesk, |held| line_of(&held)),
                    At::Line(line) => line,
                };
                let (command, said) = self.draft(&ticket, line, deed);
                let command = if supervisor { self.drafts.by_supervisor(command) } else { command };
                self.send(command, said).await;
            }
            Step::Repeat(which) => self.repeat(which).await,
            Step::CopyLetters(line) if self.is_up(line) => {
                let copies = letters::copied(self.stage, line).await;
                self.letters.extend(copies);
            }
            Step::Redeliver(which) => self.redeliver(which).await,
            Step::Deliver(line) => self.alone(line, false).await,
            Step::Wake(line) => self.alone(line, true).await,
            Step::Kill(line) => self.stage.suite.kill(line),
            Step::Restart(line) => self.restart(line).await,
            Step::CrashAt(line, point) => self.stage.fuses[&line].set(point),
            Step::Wait(pause) => self.stage.clock.advance(pause),
            Step::Settle => self.stage.settle().await,
            Step::CopyLetters(_) => {}
        }
    }

    fn draft(&mut self, ticket: &str, line: Line, deed: Deed) -> (Command, Option<Said>) {
        let text = self.text();
        let drafts = &self.drafts;
        let (command, what) = match deed {
            Deed::Escalate => (drafts.escalate(line, ticket, false), None),
            Deed::EscalatePoorly => (drafts.escalate(line, ticket, true), None),
            Deed::EscalateToNoZone => (drafts.escalate_to_no_zone(ticket), None),
            Deed::Return => (drafts.hand_back(line, ticket), None),
            Deed::Resolve => (drafts.resolve(line, ticket, &text), Some("resolved")),
            Deed::Assign => (drafts.assign(line, ticket, "s.orlova"), None),
            Deed::AskClient => (drafts.ask_client(line, ticket, &text), Some("clarification-asked")),
            Deed::Progress => (drafts.progress(line, ticket, &text), Some("progressed")),
            Deed::Write => (drafts.write(ticket, &text, ""), Some("wrote-to-client")),
            Deed::PutQuestion => {
                let question = self.questions.iter().rev().find(|(of, _)| of == ticket);
                let question = question.map_or("", |(_, question)| question);
                (drafts.write(ticket, &text, question), Some("wrote-to-client"))
            }
            Deed::Reply => (drafts.reply(ticket, &text), Some("client-wrote")),
            Deed::Confirm => (drafts.confirm(ticket), None),
            Deed::Reopen => (drafts.reopen(ticket, &text), Some("reopened")),
        };
        let said = what.map(|what| Said { ticket: ticket.to_owned(), line: command.line, what, text });
        (command, said)
    }

    async fn send(&mut self, command: Command, said: Option<Said>) {
        let answer = self.judged(&command).await;
        if let Some(answer) = &answer {
            self.learn(answer);
        }
        self.sent.push(Sent { command, said, answer });
    }

    fn learn(&mut self, answer: &Answer) {
        let ticket = tests::people::id_of(Some(&answer.ticket));
        if !answer.question.is_empty() {
            self.questions.push((ticket.clone(), answer.question.clone()));
        }
        if !self.tickets.contains(&ticket) {
            self.tickets.push(ticket);
        }
    }

    /// Sends a command; a refusal must be one that the command or the state of the suite explains.
    async fn judged(&self, command: &Command) -> Option<Answer> {
        match command.send(self.stage).await {
            Ok(answer) => Some(answer),
            Err(status) => {
                self.explained(&status, command.line);
                None
            }
        }
    }

    fn explained(&self, status: &Status, line: Line) {
        match rpc::reason_of(status) {
            Some(
                Reason::NotCustodian
                | Reason::WrongState
                | Reason::TicketNotFound
                | Reason::NotInTopology
                | Reason::HopBudgetSpent
                | Reason::ConcurrentChange
                | Reason::ClarificationNotFound
                | Reason::RoleNotAllowed
                | Reason::MethodUnknown,
            ) => {}
            Some(Reason::PeerUnavailable) => assert!(!self.is_up(line), "{line} is up: {status:?}"),
            other => panic!("{line} refuses for {other:?}: {status:?}"),
        }
    }

    async fn repeat(&mut self, which: usize) {
        let Some(at) = which.checked_rem(self.sent.len()) else { return };
        let Some(again) = self.judged(&self.sent[at].command).await else { return };
        match &self.sent[at].answer {
            None => {
                self.learn(&again);
                self.sent[at].answer = Some(again);
            }
            Some(first) => match (&first.outcome, &again.outcome) {
                (Some(first), Some(again)) => {
                    assert_eq!((&first.handover_id, first.epoch), (&again.handover_id, again.epoch));
                    if first.standing() != Standing::Pending {
                        assert_eq!(first, again, "a definite answer stays");
                    }
                }
                (None, None) => assert_eq!(*first, again, "a repeat returns the first answer"),
                (first, again) => panic!("first {first:?}, then {again:?}"),
            },
        }
    }

    async fn redeliver(&mut self, which: usize) {
        let Some(at) = which.checked_rem(self.letters.len()) else { return };
        let letter = &mut self.letters[at];
        let answered = letter.deliver(self.stage).await;
        let Ok(answer) = answered else { return };
        if letter.moves_custody() {
            let first = letter.answer.get_or_insert_with(|| answer.clone());
            assert_eq!(*first, answer, "a duplicate gets the first answer");
        }
    }

    /// One line delivers or wakes while the others do nothing.
    async fn alone(&self, line: Line, wake: bool) {
        let Some(desk) = self.stage.suite.desk(line).filter(|_| self.is_up(line)) else { return };
        let stopped = async {
            if self.renewed.contains(&line) {
                std::future::pending::<()>().await;
            }
            self.stage.fuses[&line].wait().await;
        };
        let round = async { if wake { desk.wake_due().await } else { desk.deliver_due().await } };
        tokio::select! {
            biased;
            _ = round => {}
            () = stopped => {}
        }
    }

    async fn restart(&mut self, line: Line) {
        self.stage.suite.restart(line).await.expect("it starts again");
        self.renewed.insert(line);
    }

    /// The ticket as its holder has it, whose epoch is never lower than before.
    async fn holder(&mut self, ticket: &str) -> Option<wire::Ticket> {
        for line in Line::ALL {
            let Ok(known) = self.stage.people().ticket(line, ticket).await else { continue };
            if known.custody() == wire::Custody::Held {
                let before = self.epochs.insert(ticket.to_owned(), known.epoch).unwrap_or_default();
                assert!(before <= known.epoch, "{ticket} fell from epoch {before} to {}", known.epoch);
                return Some(known);
            }
        }
        None
    }

    /// Starts everything again and lets it do what is due.
    pub(crate) async fn comes_to_rest(&mut self) {
        for line in Line::ALL {
            self.restart(line).await;
        }
        for _ in 0..5 {
            self.stage.after(SignedDuration::from_mins(1)).await;
        }
        nothing_waits(self.stage).await;
    }

    /// Every acknowledged ticket is held by one line, and every acknowledged word is in its journey, once.
    pub(crate) async fn has_lost_nothing(&mut self) {
        for ticket in self.tickets.clone() {
            assert!(self.holder(&ticket).await.is_some(), "{ticket} is held by nobody");
            let home = self.stage.people().ticket(Line::ServiceDesk, &ticket).await;
            if home.is_err() {
                // Answered at line 0, line 1 has never seen it.
                continue;
            }
            let journey = self.stage.people().journey(&ticket).await.expect("line 1 tells the journey");
            assert!(journey.missing.is_empty());
            for sent in &self.sent {
                let Some(said) = sent.said.as_ref().filter(|said| said.ticket == ticket) else { continue };
                let mut heard: BTreeMap<(i32, &str), u32> = BTreeMap::new();
                for event in journey.events.iter().filter(|event| event.detail_json.contains(&said.text)) {
                    *heard.entry((event.line, event.what.as_str())).or_default() += 1;
                }
                let twice = heard.iter().find(|(_, times)| **times > 1);
                assert!(twice.is_none(), "{said:?} was done more than once: {heard:?}");
                let at_home = heard.contains_key(&(i32::from(said.line.number()) + 1, said.what));
                assert!(sent.answer.is_none() || at_home, "{said:?} was acknowledged and is lost: {heard:?}");
            }
            for outcome in self
                .sent
                .iter()
                .filter_map(|sent| Some((sent.answer.as_ref()?, sent.answer.as_ref()?.outcome.as_ref()?)))
            {
                let (answer, outcome) = outcome;
                if tests::people::id_of(Some(&answer.ticket)) != ticket {
                    continue;
                }
                let of = |what: &str| {
                    let events = journey.events.iter().filter(|event| event.what == what);
                    events.filter(|event| event.detail_json.contains(&outcome.handover_id)).count()
                };
                assert_eq!(of("offered"), 1, "{outcome:?}");
                assert_eq!(of("took-over") + of("declined"), 1, "every offer has one definite answer: {outcome:?}");
                match outcome.standing() {
                    Standing::Accepted => assert_eq!(of("took-over"), 1),
                    Standing::Declined => assert_eq!(of("declined"), 1),
                    Standing::Pending | Standing::Unspecified => {}
                }
            }
        }
    }
}

fn pick<T>(all: &[T], which: usize) -> Option<&T> {
    all.get(which.checked_rem(all.len())?)
}

fn line_of(held: &wire::Ticket) -> Line {
    let at = |line: &Line| i32::from(line.number()) + 1 == held.line;
    Line::ALL.into_iter().find(at).expect("a ticket is at a line")
}
