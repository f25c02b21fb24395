//! `PartnerBridgeService`: what a partner's system says about its cases.

use handover::wire::Reader;
use handover::{Desk, Refused, actor, answer, fingerprint};
use proto::partner::partner_bridge_service_server::PartnerBridgeService;
use proto::partner::{
    AcceptCaseRequest, AcceptCaseResponse, Acknowledgement, CaseEnvelope, CloseCaseRequest, CloseCaseResponse,
    PartnerBridgeServiceRespondRequest, PartnerBridgeServiceRespondResponse, ProposeFixRequest, ProposeFixResponse,
    RejectCaseRequest, RejectCaseResponse, RequestInformationRequest, RequestInformationResponse,
};
use rpc::identity::{Caller, Role};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};
use ticket::{BondId, Line};
use tonic::{Request, Response, Status, async_trait};
use tracing::{Instrument, warn};

use crate::incoming::{self, Letter};
use crate::own::{BOND_ALIAS, Said};

/// The longest id that a partner gives a message, in bytes.
const MESSAGE_ID_BYTES_MAX: usize = 128;

/// Serves `PartnerBridgeService`.
pub(crate) struct PartnerBridge(pub(crate) Desk);

#[async_trait]
impl PartnerBridgeService for PartnerBridge {
    async fn accept_case(&self, request: Request<AcceptCaseRequest>) -> Result<Response<AcceptCaseResponse>, Status> {
        answer(request, async |caller, request| {
            let content = fingerprint(&request);
            let AcceptCaseRequest { envelope, text } = request;
            let mut reader = Reader::default();
            let said = Said::Accept { text: reader.optional("text", &text, TEXT_BYTES_MAX) };
            let acknowledgement = Some(self.hear(&caller, reader, envelope, said, content).await?);
            Ok(AcceptCaseResponse { acknowledgement })
        })
        .await
    }

    async fn reject_case(&self, request: Request<RejectCaseRequest>) -> Result<Response<RejectCaseResponse>, Status> {
        answer(request, async |caller, request| {
            let content = fingerprint(&request);
            let RejectCaseRequest { envelope, text } = request;
            let mut reader = Reader::default();
            let said = Said::Reject { text: reader.text("text", &text, TEXT_BYTES_MAX) };
            let acknowledgement = Some(self.hear(&caller, reader, envelope, said, content).await?);
            Ok(RejectCaseResponse { acknowledgement })
        })
        .await
    }

    async fn request_information(
        &self,
        request: Request<RequestInformationRequest>,
    ) -> Result<Response<RequestInformationResponse>, Status> {
        answer(request, async |caller, request| {
            let content = fingerprint(&request);
            let RequestInformationRequest { envelope, text } = request;
            let mut reader = Reader::default();
            let said = Said::RequestInformation { text: reader.text("text", &text, TEXT_BYTES_MAX) };
            let acknowledgement = Some(self.hear(&caller, reader, envelope, said, content).await?);
            Ok(RequestInformationResponse { acknowledgement })
        })
        .await
    }

    async fn respond(
        &self,
        request: Request<PartnerBridgeServiceRespondRequest>,
    ) -> Result<Response<PartnerBridgeServiceRespondResponse>, Status> {
        answer(request, async |caller, request| {
            let content = fingerprint(&request);
            let PartnerBridgeServiceRespondRequest { envelope, text } = request;
            let mut reader = Reader::default();
            let said = Said::Respond { text: reader.text("text", &text, TEXT_BYTES_MAX) };
            let acknowledgement = Some(self.hear(&caller, reader, envelope, said, content).await?);
            Ok(PartnerBridgeServiceRespondResponse { acknowledgement })
        })
        .await
    }

    async fn propose_fix(&self, request: Request<ProposeFixRequest>) -> Result<Response<ProposeFixResponse>, Status> {
        answer(request, async |caller, request| {
            let content = fingerprint(&request);
            let ProposeFixRequest { envelope, root_cause, fix, workaround, how_to_verify } = request;
            let mut reader = Reader::default();
            let said = Said::ProposeFix {
                root_cause: reader.text("root_cause", &root_cause, TEXT_BYTES_MAX),
                fix: reader.text("fix", &fix, TEXT_BYTES_MAX),
                workaround,
                how_to_verify: reader.text("how_to_verify", &how_to_verify, TEXT_BYTES_MAX),
            };
            let acknowledgement = Some(self.hear(&caller, reader, envelope, said, content).await?);
            Ok(ProposeFixResponse { acknowledgement })
        })
        .await
    }

    async fn close_case(&self, request: Request<CloseCaseRequest>) -> Result<Response<CloseCaseResponse>, Status> {
        answer(request, async |caller, request| {
            let content = fingerprint(&request);
            let CloseCaseRequest { envelope, text } = request;
            let mut reader = Reader::default();
            let said = Said::Close { text: reader.optional("text", &text, TEXT_BYTES_MAX) };
            let acknowledgement = Some(self.hear(&caller, reader, envelope, said, content).await?);
            Ok(CloseCaseResponse { acknowledgement })
        })
        .await
    }
}

impl PartnerBridge {
    /// Takes a message in for its bond, and tries what follows from it at once.
    async fn hear(
        &self,
        caller: &Caller,
        reader: Reader,
        envelope: Option<CaseEnvelope>,
        said: Said,
        mut content: Vec<u8>,
    ) -> Result<Acknowledgement, Refused> {
        let Role::Partner { vendor } = &caller.role else {
            let (method, role) = ("PartnerBridgeService".to_owned(), caller.role.to_string());
            return Err(rpc::Refusal::RoleNotAllowed { method, role }.into());
        };
        // Two verbs with the same words have the same bytes.
        content.extend_from_slice(said.verb().as_bytes());
        let letter = read(reader, envelope, said, content)?;
        let bond = letter.bond.to_string();
        let ticket = self.0.store().by_alias(&caller.organization, BOND_ALIAS, &bond).await?;
        let ticket = ticket.ok_or(Refused::BondNotFound(bond))?;
        let span = self.0.journey_span(&caller.organization, ticket, "hear the partner").await?;
        async {
            let vendor = vendor.clone();
            let heard = self
                .0
                .work(&caller.organization, actor(caller, Line::Vendor), move |change| {
                    Box::pin(async move { incoming::hear(change, ticket, &vendor, letter).await })
                })
                .await?;
            if let Some(outcome) = heard.outcome
                && let Err(problem) = self.0.first_try(&caller.organization, ticket, outcome).await
            {
                // What the partner said is taken in; the courier delivers what follows from it.
                warn!(%ticket, error = &problem as &dyn std::error::Error, "not handed over at once");
            }
            Ok(heard.acknowledgement)
        }
        .instrument(span)
        .await
    }
}

fn read(
    mut reader: Reader,
    envelope: Option<CaseEnvelope>,
    said: Said,
    fingerprint: Vec<u8>,
) -> Result<Letter, Refused> {
    let letter = reader.given("envelope", envelope).and_then(|envelope| {
        let CaseEnvelope { message_id, bond_id, partner_case_id, sequence } = envelope;
        if !(1..=MESSAGE_ID_BYTES_MAX).contains(&message_id.len()) || !message_id.bytes().all(|b| b.is_ascii_graphic())
        {
            reader.wrong("envelope.message_id", "is not 1 to 128 visible ASCII characters");
        }
        if sequence == 0 {
            reader.wrong("envelope.sequence", "is 0; messages are numbered from 1");
        }
        let partner_case_id = reader.optional("envelope.partner_case_id", &partner_case_id, LINE_BYTES_MAX);
        let bond: Option<BondId> = reader.id("envelope.bond_id", &bond_id);
        Some(Letter { bond: bond?, message_id, sequence, partner_case_id, said, fingerprint })
    });
    reader.finish(letter)
}
