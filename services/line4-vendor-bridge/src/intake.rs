//! `IntakeService`: other lines hand tickets to line 4.

use handover::wire::{Reader, evidence, record};
use handover::{Arrival, Desk, answer, verified};
use proto::vendor::intake_service_server::IntakeService;
use proto::vendor::{OfferRequest, OfferResponse};
use ticket::Evidence;
use tonic::{Request, Response, Status, async_trait};

/// Serves `IntakeService`.
pub(crate) struct Intake(pub(crate) Desk);

#[async_trait]
impl IntakeService for Intake {
    async fn offer(&self, request: Request<OfferRequest>) -> Result<Response<OfferResponse>, Status> {
        answer(request, async |caller, request| {
            let message = request.clone();
            let OfferRequest { baton, evidence: given } = request;
            let mut reader = Reader::default();
            let baton = record::baton(&mut reader, baton);
            let given = evidence::vendor(&mut reader, given);
            let (baton, given) = reader.finish(baton.zip(given))?;
            let baton = verified(&caller, baton, "Offer")?;
            let arrival = Arrival { brought: Evidence::Vendor(given).into(), contact: None };
            Ok(OfferResponse { answer: Some(self.0.receive(baton, arrival, &message).await?) })
        })
        .await
    }
}
