//! `ArrangementService`: what lines and line 1 arrange with the client beside questions and answers.

use proto::handover as hand;
use proto::handover::arrangement_service_server::ArrangementService;
use ticket::event::{ClarificationEvent, DeskEvent, HoldEvent, IncidentNews, ProblemNews, VisitEvent, VisitNews};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{ClarificationId, EventBody, Line, Ticket, VisitId};
use tonic::{Request, Response, Status, async_trait};

use crate::caller::answer;
use crate::change::Change;
use crate::desk::Desk;
use crate::messages::{For, Head};
use crate::parcel::Parcel;
use crate::refused::Refused;
use crate::relay::{only_owner, verified_head};
use crate::rules::Told;
use crate::wire::{Reader, instant, problem, to_instant, visit};
use crate::{incident_news, problem_news};

/// What the outbox carries to `ArrangementService`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArrangementParcel {
    /// `ArrangementService.UpdateClarification`.
    Clarification,
    /// `ArrangementService.TellVisit`.
    VisitNews,
    /// `ArrangementService.AnswerVisit`.
    VisitAnswer,
    /// `ArrangementService.TellHold`.
    Hold,
    /// `ArrangementService.TellProblem`.
    Problem,
    /// `ArrangementService.TellMajorIncident`.
    MajorIncident,
}

/// What another line said about an arrangement with the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arranged {
    /// A question is still open: remind the client. Only line 1 hears this.
    Reminder {
        /// Which question.
        clarification: ClarificationId,
        /// How many reminders there were, this one included.
        count: u32,
    },
    /// Nobody waits for the answer to a question any more. Only line 1 hears this.
    Expired {
        /// Which question.
        clarification: ClarificationId,
    },
    /// How a visit stands. Only line 1 hears this.
    Visit {
        /// The line that plans it.
        by: Line,
        /// How it stands.
        news: VisitNews,
    },
    /// A line put the ticket on hold by hand, or goes on with it. Only line 1 hears this.
    Hold {
        /// What happened there.
        event: HoldEvent,
    },
    /// How the problem behind the ticket stands.
    Problem {
        /// As line 3 says.
        news: ProblemNews,
    },
    /// What a major incident means for the ticket. Only a custodian beyond line 1 hears this.
    MajorIncident {
        /// As line 1 says.
        news: IncidentNews,
    },
    /// The client's word on a visit's time window.
    VisitAnswer {
        /// Which visit.
        visit: VisitId,
        /// Which of its windows.
        sequence: u32,
        /// Whether it suits.
        agreed: bool,
        /// What the client said to it; may be empty.
        comment: String,
    },
}

/// Serves `ArrangementService` for a line.
#[derive(Debug, Clone)]
pub struct Arrangements(pub Desk);

#[async_trait]
impl ArrangementService for Arrangements {
    async fn update_clarification(
        &self,
        request: Request<hand::UpdateClarificationRequest>,
    ) -> Result<Response<hand::UpdateClarificationResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::UpdateClarificationRequest { envelope, clarification_id, happened, reminders } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let clarification = reader.id::<ClarificationId>("clarification_id", &clarification_id);
            let told = clarification.and_then(|clarification| match hand::ClarificationStep::try_from(happened) {
                Ok(hand::ClarificationStep::Reminded) => Some(Arranged::Reminder { clarification, count: reminders }),
                Ok(hand::ClarificationStep::Expired) => Some(Arranged::Expired { clarification }),
                Ok(hand::ClarificationStep::Unspecified) | Err(_) => {
                    reader.wrong("happened", format!("{happened} is not a step that is known here"));
                    None
                }
            });
            let (head, told) = reader.finish(head.zip(told))?;
            let head = verified_head(&caller, head, "UpdateClarification")?;
            only_owner(self.0.line(), head.from)?;
            let done = hand::UpdateClarificationResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, Told::Arranged(told), &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }

    async fn tell_visit(
        &self,
        request: Request<hand::TellVisitRequest>,
    ) -> Result<Response<hand::TellVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::TellVisitRequest { envelope, news } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let news = visit::news(&mut reader, news);
            let (head, news) = reader.finish(head.zip(news))?;
            let head = verified_head(&caller, head, "TellVisit")?;
            only_owner(self.0.line(), head.from)?;
            let told = Told::Arranged(Arranged::Visit { by: head.from, news });
            let done = hand::TellVisitResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, told, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }

    async fn tell_hold(
        &self,
        request: Request<hand::TellHoldRequest>,
    ) -> Result<Response<hand::TellHoldResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::TellHoldRequest { envelope, reason, until } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let reason = reader.optional("reason", &reason, LINE_BYTES_MAX);
            let until = until.and_then(|until| to_instant(&mut reader, "until", Some(until)));
            let head = verified_head(&caller, reader.finish(head)?, "TellHold")?;
            only_owner(self.0.line(), head.from)?;
            let by = head.from;
            let event = match reason {
                Some(reason) => HoldEvent::Began { by, reason, until, note: String::new() },
                None => HoldEvent::Ended { by },
            };
            let done = hand::TellHoldResponse { message_id: head.id.to_string() };
            let told = Told::Arranged(Arranged::Hold { event });
            let heard = self.0.hear(head, For::Here, told, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }

    async fn tell_problem(
        &self,
        request: Request<hand::TellProblemRequest>,
    ) -> Result<Response<hand::TellProblemResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::TellProblemRequest { envelope, news } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let news = problem::news(&mut reader, news);
            let (head, news) = reader.finish(head.zip(news))?;
            let head = verified_head(&caller, head, "TellProblem")?;
            // Line 3 tells line 1, and line 1 the others.
            if head.from != Line::OWNER {
                only_owner(self.0.line(), head.from)?;
            }
            let told = Told::Arranged(Arranged::Problem { news });
            let done = hand::TellProblemResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, told, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }

    async fn tell_major_incident(
        &self,
        request: Request<hand::TellMajorIncidentRequest>,
    ) -> Result<Response<hand::TellMajorIncidentResponse>, Status> {
        answer(request, async |caller, request| incident_news::hear(&self.0, &caller, request).await).await
    }

    async fn answer_visit(
        &self,
        request: Request<hand::AnswerVisitRequest>,
    ) -> Result<Response<hand::AnswerVisitResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::AnswerVisitRequest { envelope, visit_id, sequence, agreed, comment } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let visit = reader.id::<VisitId>("visit_id", &visit_id);
            let comment = reader.optional("comment", &comment, TEXT_BYTES_MAX).unwrap_or_default();
            let (head, visit) = reader.finish(head.zip(visit))?;
            let head = verified_head(&caller, head, "AnswerVisit")?;
            let told = Told::Arranged(Arranged::VisitAnswer { visit, sequence, agreed, comment });
            let done = hand::AnswerVisitResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, told, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }
}

/// Writes what was told into the log of the line that hears it.
pub(crate) async fn note(change: &Change<'_>, ticket: &mut Ticket, told: Arranged) -> Result<(), Refused> {
    let body = match told {
        Arranged::Reminder { clarification, count } => {
            EventBody::Clarification(ClarificationEvent::Reminded { clarification, count })
        }
        Arranged::Expired { clarification } => EventBody::Clarification(ClarificationEvent::Expired { clarification }),
        Arranged::Hold { event } => EventBody::Hold(event),
        Arranged::Problem { news } => {
            problem_news::tell_people(change, ticket, &news).await?;
            EventBody::Problem(news)
        }
        Arranged::MajorIncident { news } => {
            incident_news::follow(change, ticket, &news).await?;
            EventBody::Desk(DeskEvent::Incident { news })
        }
        Arranged::Visit { by: _, news } => EventBody::Visit(VisitEvent::Told { news }),
        Arranged::VisitAnswer { visit, sequence, agreed, comment } => {
            EventBody::Visit(VisitEvent::Answered { visit, sequence, agreed, comment })
        }
    };
    change.log(ticket, body).await
}

/// Tells line 1 what became of a question, within a change.
pub(crate) async fn tell_clarification(change: &Change<'_>, ticket: &Ticket, what: Arranged) -> Result<(), Refused> {
    let (clarification, happened, reminders) = match what {
        Arranged::Reminder { clarification, count } => (clarification, hand::ClarificationStep::Reminded, count),
        Arranged::Expired { clarification } => (clarification, hand::ClarificationStep::Expired, 0),
        Arranged::Visit { .. }
        | Arranged::VisitAnswer { .. }
        | Arranged::Hold { .. }
        | Arranged::Problem { .. }
        | Arranged::MajorIncident { .. } => return Ok(()),
    };
    let parcel = Parcel::Arrangement(ArrangementParcel::Clarification);
    let step = format!("{clarification}:{}:{reminders}", happened.as_str_name());
    let envelope = change.envelope(ticket, parcel, Line::OWNER, &step);
    let message = hand::UpdateClarificationRequest {
        envelope: Some(envelope.clone()),
        clarification_id: clarification.to_string(),
        happened: happened as i32,
        reminders,
    };
    change.send(ticket, Line::OWNER, parcel, &envelope, &message).await
}

/// Tells line 1 how a visit stands, within a change. `revision` grows with each change of the visit.
///
/// # Errors
/// What the database says.
pub async fn tell_visit(change: &Change<'_>, ticket: &Ticket, news: VisitNews, revision: u32) -> Result<(), Refused> {
    let parcel = Parcel::Arrangement(ArrangementParcel::VisitNews);
    let step = format!("{}:{revision}", news.visit);
    let envelope = change.envelope(ticket, parcel, Line::OWNER, &step);
    let message = hand::TellVisitRequest { envelope: Some(envelope.clone()), news: Some(visit::to_news(news)) };
    change.send(ticket, Line::OWNER, parcel, &envelope, &message).await
}

/// Brings the client's word on a visit to the line that plans it, within a change of line 1. `step` is the request that
/// causes it.
///
/// # Errors
/// What the database says.
pub async fn answer_visit(
    change: &Change<'_>,
    ticket: &Ticket,
    to: Line,
    answered: (VisitId, u32),
    (agreed, comment): (bool, String),
    step: &str,
) -> Result<(), Refused> {
    let parcel = Parcel::Arrangement(ArrangementParcel::VisitAnswer);
    let (visit, sequence) = answered;
    let envelope = change.envelope(ticket, parcel, to, step);
    let message = hand::AnswerVisitRequest {
        envelope: Some(envelope.clone()),
        visit_id: visit.to_string(),
        sequence,
        agreed,
        comment,
    };
    change.send(ticket, to, parcel, &envelope, &message).await
}

/// Tells line 1 that the ticket waits here, or waits no longer, within a change. `step` is what causes it.
pub(crate) async fn tell_hold(
    change: &Change<'_>,
    ticket: &Ticket,
    event: &HoldEvent,
    step: &str,
) -> Result<(), Refused> {
    let parcel = Parcel::Arrangement(ArrangementParcel::Hold);
    let envelope = change.envelope(ticket, parcel, Line::OWNER, step);
    let (reason, until) = match event {
        HoldEvent::Began { reason, until, .. } => (reason.clone(), until.map(instant)),
        HoldEvent::Ended { .. } => (String::new(), None),
    };
    let message = hand::TellHoldRequest { envelope: Some(envelope.clone()), reason, until };
    change.send(ticket, Line::OWNER, parcel, &envelope, &message).await
}
