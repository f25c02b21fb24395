//! Acts a case out as its conduct says.

use proto::partner::OpenCaseRequest;
use telemetry::carry::{self, TraceContext};
use tracing::{Instrument, Span, info_span};

use crate::{
    Conduct, Lie, Says, Sent, Simulator,
    call::{deliver, is_transient},
    letters::Letters,
};

/// Why a case ends before its conduct does.
#[derive(Debug)]
pub(crate) enum Over {
    /// The bridge closed it while the partner was waiting.
    Closed,
    /// The bridge could not be reached.
    GaveUp,
}

/// One case being acted out.
pub(crate) struct Play {
    simulator: Simulator,
    bond_id: String,
    letters: Letters,
    /// The partner's work, in the trace of the call that caused it.
    span: Span,
}

impl Play {
    pub(crate) fn new(
        simulator: Simulator,
        bond_id: String,
        partner_case_id: String,
        open: OpenCaseRequest,
        trace: &TraceContext,
    ) -> Self {
        let span = span(simulator.vendor(), &bond_id, trace);
        let letters = Letters::new(bond_id.clone(), partner_case_id, open);
        Self { simulator, bond_id, letters, span }
    }

    /// Everything that the partner says in this case.
    pub(crate) async fn act(&mut self, conduct: Conduct) -> Result<(), Over> {
        match conduct {
            Conduct::Obeys => {
                self.accept().await?;
                self.solve().await
            }
            Conduct::Asks => {
                self.accept().await?;
                let before = self.simulator.heard(&self.bond_id);
                let question = self.letters.ask();
                self.say(&question).await?;
                let (answer, trace) = self.simulator.answered(&self.bond_id, before).await?;
                self.span = span(self.simulator.vendor(), &self.bond_id, &trace);
                let news = self.letters.thanks(&answer);
                self.say(&news).await?;
                self.solve().await
            }
            Conduct::Rejects => {
                let rejection = self.letters.reject();
                self.say(&rejection).await.map(drop)
            }
            Conduct::Stalls => {
                self.accept().await?;
                self.simulator.nudged(&self.bond_id).await?;
                self.solve().await
            }
            Conduct::Duplicates => {
                let story = self.story();
                for (place, message) in story.iter().enumerate() {
                    self.say(message).await?;
                    self.say(message).await?;
                    if let Some(earlier) = place.checked_sub(1) {
                        self.say(&story[earlier]).await?;
                    }
                }
                Ok(())
            }
            Conduct::Reorders { seed } => {
                for message in reordered(self.story(), seed) {
                    self.say(&message).await?;
                }
                Ok(())
            }
            Conduct::Lies(lie) => self.lie(lie).await,
        }
    }

    async fn lie(&mut self, lie: Lie) -> Result<(), Over> {
        let acceptance = self.letters.accept();
        self.say(&acceptance).await?;
        match lie {
            Lie::ForeignBond { bond } => {
                let mut fix = self.letters.fix();
                fix.envelope.bond_id = bond;
                self.say(&fix).await?;
                self.letters.take_number_back(); // whatever the answer: it was not this bond's
                self.solve().await
            }
            Lie::ForeignCase => {
                let mut fix = self.letters.fix();
                fix.envelope.partner_case_id = Lie::FOREIGN_CASE.to_owned();
                self.try_on(&fix).await?;
                self.solve().await
            }
            Lie::Replays => {
                let Sent { envelope, says: _ } = acceptance;
                let says = Says::Reject { text: "We have changed our mind.".to_owned() };
                self.say(&Sent { envelope, says }).await?;
                self.solve().await
            }
            Lie::FixAfterClose => {
                for message in [self.letters.close(), self.letters.fix()] {
                    self.say(&message).await?;
                }
                Ok(())
            }
            Lie::ConjuresTokens => {
                let fix = self.letters.conjured_fix();
                self.try_on(&fix).await?;
                let end = self.letters.close();
                self.say(&end).await.map(drop)
            }
            Lie::Oversized { bytes } => {
                let news = self.letters.news("x".repeat(bytes));
                self.try_on(&news).await?;
                self.solve().await
            }
            Lie::NulBytes => {
                let news = self.letters.news("before\0after");
                self.try_on(&news).await?;
                self.solve().await
            }
            Lie::Gaps => {
                self.letters.skip_number();
                self.solve().await
            }
        }
    }

    async fn accept(&mut self) -> Result<(), Over> {
        let acceptance = self.letters.accept();
        self.say(&acceptance).await.map(drop)
    }

    async fn solve(&mut self) -> Result<(), Over> {
        for message in [self.letters.fix(), self.letters.close()] {
            self.say(&message).await?;
        }
        Ok(())
    }

    fn story(&mut self) -> [Sent; 4] {
        [self.letters.accept(), self.letters.seen(), self.letters.fix(), self.letters.close()]
    }

    /// Says what the bridge may refuse; a refused message has used no number.
    async fn try_on(&mut self, message: &Sent) -> Result<(), Over> {
        if !self.say(message).await? {
            self.letters.take_number_back();
        }
        Ok(())
    }

    /// Brings one message to the bridge and notes the answer; whether the bridge took it.
    async fn say(&self, message: &Sent) -> Result<bool, Over> {
        let answer =
            deliver(self.simulator.bridge(), message, self.simulator.backoff()).instrument(self.span.clone()).await;
        let said = match &answer {
            Ok(_) => Ok(true),
            Err(status) if is_transient(status.code()) => Err(Over::GaveUp),
            Err(_) => Ok(false),
        };
        self.simulator.note(message.clone(), answer);
        said
    }
}

/// The partner's work on a bond, as a part of the trace in which the bridge called.
fn span(vendor: &str, bond: &str, trace: &TraceContext) -> Span {
    let span = info_span!(parent: None, "partner", vendor, bond);
    carry::adopt(&span, trace);
    span
}

/// `messages` in another order: reversed for seed 0, else shuffled, and reversed if the shuffle changes nothing.
fn reordered(mut messages: [Sent; 4], seed: u64) -> [Sent; 4] {
    let own_order = messages.clone();
    let mut state = seed;
    for last in (1..messages.len()).rev().filter(|_| seed != 0) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407); // Knuth's MMIX
        let chosen = (state >> 33) % (last as u64 + 1);
        messages.swap(last, usize::try_from(chosen).expect("below the length of an array"));
    }
    if messages == own_order {
        messages.reverse();
    }
    messages
}
