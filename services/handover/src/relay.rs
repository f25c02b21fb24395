//! `RelayService`: what other lines say to this one.

use proto::handover as hand;
use proto::handover::relay_service_server::RelayService;
use rpc::identity::Caller;
use ticket::event::Brought;
use ticket::field::TEXT_BYTES_MAX;
use ticket::{Baton, Line};
use tonic::{Request, Response, Status, async_trait};

use crate::caller::{answer, sending_line};
use crate::desk::Desk;
use crate::messages::{For, Head};
use crate::receiving::Arrival;
use crate::refused::Refused;
use crate::rules::Told;
use crate::sound::Sound;
use crate::wire::{Reader, enums, record, to_instant};

/// Serves `RelayService` for a line.
#[derive(Debug, Clone)]
pub struct Relay(pub Desk);

/// The baton, whose sender is who calls, and which speaks of the caller's organization.
///
/// # Errors
/// When it is not so.
pub fn verified(caller: &Caller, baton: Baton, method: &str) -> Result<Baton, Refused> {
    sending_line(caller, baton.from, method)?;
    same_organization(caller, &baton.facts.organization)?;
    Ok(baton)
}

pub(crate) fn verified_head(caller: &Caller, head: Head, method: &str) -> Result<Head, Refused> {
    sending_line(caller, head.from, method)?;
    same_organization(caller, &head.organization)?;
    Ok(head)
}

pub(crate) fn same_organization(caller: &Caller, said: &ticket::OrganizationId) -> Result<(), Refused> {
    if caller.organization == *said { Ok(()) } else { Err(Refused::OrganizationUnknown(said.clone())) }
}

/// Nobody but line 1 keeps the conversation with the client.
pub(crate) fn only_owner(here: Line, from: Line) -> Result<(), Refused> {
    if here == Line::OWNER { Ok(()) } else { Err(Refused::NotInTopology { from, to: here }) }
}

#[async_trait]
impl RelayService for Relay {
    async fn r#return(&self, request: Request<hand::ReturnRequest>) -> Result<Response<hand::ReturnResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::ReturnRequest { baton, reason, asked_for } = request;
            let mut reader = Reader::default();
            let baton = record::baton(&mut reader, baton);
            let reason = enums::return_reason(&mut reader, "reason", reason, true);
            let asked_for = reader.text("asked_for", &asked_for, TEXT_BYTES_MAX);
            let (baton, reason) = reader.finish(baton.zip(reason))?;
            let baton = verified(&caller, baton, "Return")?;
            let arrival = Arrival { brought: Brought::Return { reason, asked_for }, contact: None };
            Ok(hand::ReturnResponse { answer: Some(self.0.receive(baton, arrival, &message).await?) })
        })
        .await
    }

    async fn resolve(&self, request: Request<hand::ResolveRequest>) -> Result<Response<hand::ResolveResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::ResolveRequest { baton, resolution } = request;
            let mut reader = Reader::default();
            let baton = record::baton(&mut reader, baton);
            let resolution = record::resolution(&mut reader, resolution);
            let (baton, resolution) = reader.finish(baton.zip(resolution))?;
            let baton = verified(&caller, baton, "Resolve")?;
            let arrival = Arrival { brought: Brought::Resolution { resolution }, contact: None };
            Ok(hand::ResolveResponse { answer: Some(self.0.receive(baton, arrival, &message).await?) })
        })
        .await
    }

    async fn request_clarification(
        &self,
        request: Request<hand::RequestClarificationRequest>,
    ) -> Result<Response<hand::RequestClarificationResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::RequestClarificationRequest { envelope, clarification_id, question, due } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let clarification = reader.id("clarification_id", &clarification_id);
            let question = reader.text("question", &question, TEXT_BYTES_MAX);
            // A line of an earlier release sends none.
            let due = due.and_then(|due| to_instant(&mut reader, "due", Some(due)));
            let (head, clarification) = reader.finish(head.zip(clarification))?;
            let head = verified_head(&caller, head, "RequestClarification")?;
            only_owner(self.0.line(), head.from)?;
            let told = Told::Question { clarification, by: head.from, epoch: head.epoch, question, due };
            let done = hand::RequestClarificationResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, told, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }

    async fn answer_clarification(
        &self,
        request: Request<hand::AnswerClarificationRequest>,
    ) -> Result<Response<hand::AnswerClarificationResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::AnswerClarificationRequest { envelope, clarification_id, answer, sound } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let clarification = reader.id("clarification_id", &clarification_id);
            let said = reader.text("answer", &answer, TEXT_BYTES_MAX);
            let sound = Sound::read(&mut reader, sound);
            let (head, clarification) = reader.finish(head.zip(clarification))?;
            let head = verified_head(&caller, head, "AnswerClarification")?;
            let message_id = head.id.to_string();
            let told = Told::Answer { clarification, answer: said, sound };
            let done = hand::AnswerClarificationResponse { message_id: message_id.clone(), moved_to: 0 };
            let heard = self.0.hear(head, For::Custodian, told, &message, done).await?;
            Ok(heard
                .unwrap_or_else(|to| hand::AnswerClarificationResponse { message_id, moved_to: enums::to_line(to) }))
        })
        .await
    }

    async fn report_progress(
        &self,
        request: Request<hand::ReportProgressRequest>,
    ) -> Result<Response<hand::ReportProgressResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::ReportProgressRequest { envelope, text, custody_moved } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let text = if custody_moved {
                reader.optional("text", &text, TEXT_BYTES_MAX).unwrap_or_default()
            } else {
                reader.text("text", &text, TEXT_BYTES_MAX)
            };
            let head = verified_head(&caller, reader.finish(head)?, "ReportProgress")?;
            only_owner(self.0.line(), head.from)?;
            let told = Told::Progress { by: head.from, text, took_over: custody_moved.then_some(head.epoch) };
            let done = hand::ReportProgressResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, told, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }

    async fn forward_client_message(
        &self,
        request: Request<hand::ForwardClientMessageRequest>,
    ) -> Result<Response<hand::ForwardClientMessageResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::ForwardClientMessageRequest { envelope, text, sound } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let text = reader.text("text", &text, TEXT_BYTES_MAX);
            let sound = Sound::read(&mut reader, sound);
            let head = verified_head(&caller, reader.finish(head)?, "ForwardClientMessage")?;
            let message_id = head.id.to_string();
            let done = hand::ForwardClientMessageResponse { message_id: message_id.clone(), moved_to: 0 };
            let heard = self.0.hear(head, For::Custodian, Told::ClientMessage { text, sound }, &message, done).await?;
            Ok(heard
                .unwrap_or_else(|to| hand::ForwardClientMessageResponse { message_id, moved_to: enums::to_line(to) }))
        })
        .await
    }

    async fn notify_resolution(
        &self,
        request: Request<hand::NotifyResolutionRequest>,
    ) -> Result<Response<hand::NotifyResolutionResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let hand::NotifyResolutionRequest { envelope, resolution } = request;
            let mut reader = Reader::default();
            let head = Head::read(&mut reader, envelope);
            let resolution = record::resolution(&mut reader, resolution);
            let (head, resolution) = reader.finish(head.zip(resolution))?;
            let head = verified_head(&caller, head, "NotifyResolution")?;
            let done = hand::NotifyResolutionResponse { message_id: head.id.to_string() };
            let heard = self.0.hear(head, For::Here, Told::Resolution { resolution }, &message, done.clone()).await?;
            Ok(heard.unwrap_or(done))
        })
        .await
    }
}
