//! `ExpertiseService`: what line 3 teaches the lines below, and what they say to it.

use std::sync::Arc;

use handover::wire::{Reader, to_instant};
use handover::{Change, Desk, LetterHead, Refused, answer};
use jiff::Timestamp;
use proto::handover as wire;
use proto::handover::expertise_service_server::ExpertiseService;
use ticket::field::TEXT_BYTES_MAX;
use ticket::{Line, RunbookId, RunbookTestId};
use tonic::{Request, Response, Status, async_trait};

use crate::item::{self, ItemNews};
use crate::trial::{self, Trial};
use crate::wire::{item, outcome, test};

/// What came of a test, as line 3 hears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The line of the tester.
    pub line: Line,
    /// Which runbook.
    pub runbook: RunbookId,
    /// Which test.
    pub test: RunbookTestId,
    /// Whether it was passed.
    pub passed: bool,
    /// What the tester noticed.
    pub remarks: String,
    /// When the tester said so.
    pub at: Timestamp,
}

/// What a line does with what others tell it. What it does not learn it refuses.
#[async_trait]
pub trait Learns: Send + Sync + 'static {
    /// Line 3 has published something, or withdrawn it.
    async fn item(&self, change: &Change<'_>, news: &ItemNews) -> Result<(), Refused> {
        let _ = news;
        Err(Refused::NotInTopology { from: Line::Expert, to: change.line })
    }

    /// Somebody here is to try a runbook, or not any more.
    async fn test(&self, change: &Change<'_>, trial: &Trial, called_off: bool) -> Result<(), Refused> {
        let _ = (trial, called_off);
        Err(Refused::NotInTopology { from: Line::Expert, to: change.line })
    }

    /// Somebody has tried a runbook of this line.
    async fn outcome(&self, change: &Change<'_>, outcome: Outcome) -> Result<(), Refused> {
        Err(Refused::NotInTopology { from: outcome.line, to: change.line })
    }
}

/// Lines 1 and 2 learn what there is to be used, and what is to be tried.
pub(crate) struct Desks;

#[async_trait]
impl Learns for Desks {
    async fn item(&self, change: &Change<'_>, news: &ItemNews) -> Result<(), Refused> {
        item::keep(change, news).await.map(|_| ())
    }

    async fn test(&self, change: &Change<'_>, trial: &Trial, called_off: bool) -> Result<(), Refused> {
        trial::keep(change, trial, called_off).await
    }
}

/// Serves `ExpertiseService` for a line.
pub(crate) struct Expertise {
    /// The line.
    pub desk: Desk,
    /// What it does with it.
    pub learns: Arc<dyn Learns>,
}

impl Expertise {
    fn only_experts(&self, head: &LetterHead) -> Result<(), Refused> {
        match head.from {
            Line::Expert => Ok(()),
            from => Err(Refused::NotInTopology { from, to: self.desk.line() }),
        }
    }
}

#[async_trait]
impl ExpertiseService for Expertise {
    async fn tell_item(
        &self,
        request: Request<wire::TellItemRequest>,
    ) -> Result<Response<wire::TellItemResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let wire::TellItemRequest { letter, item: given, withdrawn, number } = request;
            let mut reader = Reader::default();
            let head = LetterHead::read(&mut reader, letter);
            let item = item(&mut reader, given);
            let (head, item) = reader.finish(head.zip(item))?;
            let head = head.verified(&caller, "TellItem")?;
            self.only_experts(&head)?;
            let done = wire::TellItemResponse { message_id: head.id.to_string() };
            let learns = Arc::clone(&self.learns);
            let news = ItemNews { item, withdrawn, number };
            self.desk
                .hear_letter(head, &message, done, move |change| {
                    Box::pin(async move { learns.item(change, &news).await })
                })
                .await
        })
        .await
    }

    async fn tell_test(
        &self,
        request: Request<wire::TellTestRequest>,
    ) -> Result<Response<wire::TellTestResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let wire::TellTestRequest { letter, test: given, called_off } = request;
            let mut reader = Reader::default();
            let head = LetterHead::read(&mut reader, letter);
            let trial = test(&mut reader, given);
            let (head, trial) = reader.finish(head.zip(trial))?;
            let head = head.verified(&caller, "TellTest")?;
            self.only_experts(&head)?;
            let done = wire::TellTestResponse { message_id: head.id.to_string() };
            let learns = Arc::clone(&self.learns);
            self.desk
                .hear_letter(head, &message, done, move |change| {
                    Box::pin(async move { learns.test(change, &trial, called_off).await })
                })
                .await
        })
        .await
    }

    async fn tell_outcome(
        &self,
        request: Request<wire::TellOutcomeRequest>,
    ) -> Result<Response<wire::TellOutcomeResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let wire::TellOutcomeRequest { letter, runbook_id, test_id, outcome: given, remarks, at } = request;
            let mut reader = Reader::default();
            let head = LetterHead::read(&mut reader, letter);
            let runbook = reader.id::<RunbookId>("runbook_id", &runbook_id);
            let test = reader.id::<RunbookTestId>("test_id", &test_id);
            let passed = outcome(&mut reader, given);
            let remarks = reader.text("remarks", &remarks, TEXT_BYTES_MAX);
            let at = to_instant(&mut reader, "at", at);
            let all = head.zip(runbook.zip(test)).zip(passed.zip(at));
            let ((head, (runbook, test)), (passed, at)) = reader.finish(all)?;
            let head = head.verified(&caller, "TellOutcome")?;
            let outcome = Outcome { line: head.from, runbook, test, passed, remarks, at };
            let done = wire::TellOutcomeResponse { message_id: head.id.to_string() };
            let learns = Arc::clone(&self.learns);
            self.desk
                .hear_letter(head, &message, done, move |change| {
                    Box::pin(async move { learns.outcome(change, outcome).await })
                })
                .await
        })
        .await
    }
}
