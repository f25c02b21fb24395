//! `PartnerDeskService`: what the bridge calls.

use proto::partner::{
    CloseRequest, CloseResponse, OpenCaseRequest, OpenCaseResponse, RespondRequest, RespondResponse,
    partner_desk_service_server::PartnerDeskService,
};
use tonic::{Request, Response, Status};

use crate::{FromBridge, Simulator};

#[tonic::async_trait]
impl PartnerDeskService for Simulator {
    async fn open_case(&self, request: Request<OpenCaseRequest>) -> Result<Response<OpenCaseResponse>, Status> {
        let partner_case_id = self.hear(request.map(FromBridge::OpenCase))?;
        Ok(Response::new(OpenCaseResponse { partner_case_id }))
    }

    async fn respond(&self, request: Request<RespondRequest>) -> Result<Response<RespondResponse>, Status> {
        let partner_case_id = self.hear(request.map(FromBridge::Respond))?;
        Ok(Response::new(RespondResponse { partner_case_id }))
    }

    async fn close(&self, request: Request<CloseRequest>) -> Result<Response<CloseResponse>, Status> {
        let partner_case_id = self.hear(request.map(FromBridge::Close))?;
        Ok(Response::new(CloseResponse { partner_case_id }))
    }
}
