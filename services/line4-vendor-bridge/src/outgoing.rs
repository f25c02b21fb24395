//! Everything that goes to a partner: redacted, numbered, and put into the outbox with the change that causes it.

use futures::FutureExt;
use futures::future::BoxFuture;
use handover::{Carried, Change, Desk, Parcel, PartnerParcel, Refused, ticket_of};
use prost::Message;
use proto::errors::Reason;
use proto::partner::partner_desk_service_client::PartnerDeskServiceClient;
use proto::partner::{CaseEnvelope, CloseRequest, OpenCaseRequest, RespondRequest};
use rpc::{Channel, Problem};
use store::Outgoing;
use ticket::evidence::VendorEvidence;
use ticket::{EventBody, MessageId, Ticket};
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};

use crate::Partners;
use crate::boundary::Boundary;
use crate::own::{Bond, Exchanged, Own};
use texts::Text;

/// What the outbox calls a partner, before the vendor's id.
const RECEIVER: &str = "partner:";

/// Gives the partner a new case.
pub(crate) async fn open(
    change: &Change<'_>,
    ticket: &Ticket,
    bond: &mut Bond,
    evidence: &VendorEvidence,
) -> Result<(), Refused> {
    let [product, version, contract, hypothesis, reproduction, business_impact, asked] =
        seal(change, ticket, bond, texts_of(evidence)).await?;
    let envelope = envelope(ticket, bond);
    let message = OpenCaseRequest {
        envelope: Some(envelope.clone()),
        product,
        version,
        contract,
        hypothesis,
        reproduction,
        business_impact,
        asked,
    };
    let text = texts_of_case(&message).join("\n");
    send(change, ticket, bond, PartnerParcel::Open, &envelope, &message, text).await
}

/// Gives the partner the evidence of a ticket that comes again: its case goes on, there is no second one.
pub(crate) async fn reopen(
    change: &Change<'_>,
    ticket: &Ticket,
    bond: &mut Bond,
    evidence: &VendorEvidence,
) -> Result<(), Refused> {
    let sealed = seal(change, ticket, bond, texts_of(evidence)).await?;
    let intro = Text::VendorReopened.plain(change.plan.profile().language);
    respond_sealed(change, ticket, bond, format!("{intro}\n{}", sealed.join("\n"))).await
}

/// Tells the partner an answer or news.
pub(crate) async fn respond(change: &Change<'_>, ticket: &Ticket, bond: &mut Bond, text: &str) -> Result<(), Refused> {
    let [text] = seal(change, ticket, bond, [text]).await?;
    respond_sealed(change, ticket, bond, text).await
}

async fn respond_sealed(change: &Change<'_>, ticket: &Ticket, bond: &mut Bond, text: String) -> Result<(), Refused> {
    let envelope = envelope(ticket, bond);
    let message = RespondRequest { envelope: Some(envelope.clone()), text: text.clone() };
    send(change, ticket, bond, PartnerParcel::Respond, &envelope, &message, text).await
}

/// Tells the partner that the case is over for us.
pub(crate) async fn close(change: &Change<'_>, ticket: &Ticket, bond: &mut Bond, text: &str) -> Result<(), Refused> {
    let [text] = seal(change, ticket, bond, [text]).await?;
    let envelope = envelope(ticket, bond);
    let message = CloseRequest { envelope: Some(envelope.clone()), text: text.clone() };
    send(change, ticket, bond, PartnerParcel::Close, &envelope, &message, text).await
}

fn texts_of(evidence: &VendorEvidence) -> [&str; 7] {
    let VendorEvidence { vendor: _, product, version, contract, hypothesis, reproduction, business_impact, asked } =
        evidence;
    [product, version, contract, hypothesis, reproduction, business_impact, asked]
}

fn texts_of_case(message: &OpenCaseRequest) -> [&str; 7] {
    let OpenCaseRequest { envelope: _, product, version, contract, hypothesis, reproduction, business_impact, asked } =
        message;
    [product, version, contract, hypothesis, reproduction, business_impact, asked]
}

/// `texts` as the partner may see them. Where the gate held one back, the ticket says so.
async fn seal<const N: usize>(
    change: &Change<'_>,
    ticket: &Ticket,
    bond: &mut Bond,
    texts: [&str; N],
) -> Result<[String; N], Refused> {
    let boundary = Boundary::new(&change.plan, &ticket.facts, &bond.vendor);
    let sealed = texts.map(|text| boundary.outward(text, &mut bond.map));
    if sealed.iter().any(|outward| outward.withheld) {
        let text = Text::VendorWithheld.plain(change.plan.profile().language).to_owned();
        change.log(ticket, EventBody::Progressed { by: change.line, text }).await?;
    }
    Ok(sealed.map(|outward| outward.text))
}

/// The head of our next message; the partner's case id is put in when it is sent.
fn envelope(ticket: &Ticket, bond: &mut Bond) -> CaseEnvelope {
    bond.sent = bond.sent.saturating_add(1);
    CaseEnvelope {
        message_id: message_id(ticket, bond).to_string(),
        bond_id: bond.id.to_string(),
        partner_case_id: String::new(),
        sequence: bond.sent,
    }
}

fn message_id(ticket: &Ticket, bond: &Bond) -> MessageId {
    MessageId::of_step(ticket.facts.id, &format!("{RECEIVER}{}", bond.vendor), &bond.sent.to_string())
}

async fn send(
    change: &Change<'_>,
    ticket: &Ticket,
    bond: &mut Bond,
    parcel: PartnerParcel,
    envelope: &CaseEnvelope,
    message: &impl Message,
    text: String,
) -> Result<(), Refused> {
    debug_assert_eq!(envelope.sequence, bond.sent, "a head is made for the message that is sent next");
    change.send_partner(ticket, message_id(ticket, bond), &bond.vendor, Parcel::Partner(parcel), message).await?;
    change.log(ticket, EventBody::SentToPartner { bond: bond.id, text: text.clone() }).await?;
    bond.keep(Exchanged { from_partner: false, text, at: change.now });
    Ok(())
}

/// The vendor for whom a message of the outbox is.
pub(crate) fn vendor_of(message: &Outgoing) -> &str {
    message.to.strip_prefix(RECEIVER).unwrap_or_default()
}

/// Delivers a message of the outbox to its partner.
pub(crate) async fn carry(
    desk: &Desk,
    partners: &Partners,
    parcel: PartnerParcel,
    message: &Outgoing,
) -> Result<Carried, Status> {
    let vendor = vendor_of(message);
    let ticket = ticket_of(message).map_err(|damaged| rpc::into_status(&damaged))?;
    let own = desk.store().own::<Own>(&message.organization, ticket).await;
    let own = own.map_err(|error| rpc::into_status(&Refused::from(error)))?;
    // What the partner calls the case may have become known since the message was written.
    let case = own.with(vendor).and_then(|bond| bond.partner_case_id.clone()).unwrap_or_default();
    let peer = partners.get(vendor).ok_or_else(|| {
        let why = "the bridge was given no way to it".to_owned();
        rpc::into_status(&rpc::Refusal::PeerUnavailable { peer: vendor.to_owned(), why })
    })?;
    let channel = peer.of(&message.organization);
    let answered = hand_to(channel, parcel, message.payload.clone(), case).await;
    let partner_case_id = answered.map_err(|status| refused_by(vendor, status))?;
    Ok(Carried { partner_case_id })
}

/// Gives one message to a partner; returns its id of the case.
///
/// Boxed with nothing borrowed: the compiler cannot see that a future that borrows across a client's call is `Send`.
fn hand_to(
    channel: Channel,
    parcel: PartnerParcel,
    payload: Vec<u8>,
    case: String,
) -> BoxFuture<'static, Result<String, Status>> {
    async move {
        // Not compressed: a partner's system need not know how.
        let mut desk = PartnerDeskServiceClient::new(channel).accept_compressed(CompressionEncoding::Gzip);
        match parcel {
            PartnerParcel::Open => {
                // Before this there was no case, even where a repeat comes after the partner has told of one.
                let message: OpenCaseRequest = decode(&payload)?;
                desk.open_case(message).await.map(|answer| answer.into_inner().partner_case_id)
            }
            PartnerParcel::Respond => {
                let mut message: RespondRequest = decode(&payload)?;
                name_case(&mut message.envelope, case);
                desk.respond(message).await.map(|answer| answer.into_inner().partner_case_id)
            }
            PartnerParcel::Close => {
                let mut message: CloseRequest = decode(&payload)?;
                name_case(&mut message.envelope, case);
                desk.close(message).await.map(|answer| answer.into_inner().partner_case_id)
            }
        }
    }
    .boxed()
}

fn decode<M: Message + Default>(payload: &[u8]) -> Result<M, Status> {
    M::decode(payload).map_err(|error| rpc::into_status(&rpc::Refusal::Unreadable { what: error.to_string() }))
}

fn name_case(envelope: &mut Option<CaseEnvelope>, case: String) {
    if let Some(envelope) = envelope {
        envelope.partner_case_id = case;
    }
}

/// A partner that refuses a message for good. It never leaves the bridge: it tells the outbox not to try again.
#[derive(Debug, thiserror::Error)]
#[error("{vendor} refuses it ({code:?}): {why}")]
struct RefusedByPartner {
    vendor: String,
    code: Code,
    why: String,
}

impl Problem for RefusedByPartner {
    fn reason(&self) -> Reason {
        Reason::MessageUnreadable
    }
}

/// A partner's reasons are its own, so that only its code says whether it may fare better later.
fn refused_by(vendor: &str, status: Status) -> Status {
    if rpc::reason_of(&status).is_some() {
        return status;
    }
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::DataLoss => rpc::into_status(&RefusedByPartner {
            vendor: vendor.to_owned(),
            code: status.code(),
            why: status.message().to_owned(),
        }),
        // The rest passes by itself, or when somebody mends a credential or an installation.
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::Unimplemented
        | Code::Internal
        | Code::Unavailable
        | Code::Unauthenticated => status,
    }
}
