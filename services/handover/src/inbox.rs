//! `NoticeService`: people read what their line told them.

use jiff::Timestamp;
use proto::handover as hand;
use proto::handover::notice_service_server::NoticeService;
use rpc::identity::{Caller, Role};
use serde::{Deserialize, Serialize};
use tonic::{Request, Response, Status, async_trait};

use crate::caller::answer;
use crate::desk::Desk;
use crate::notice::{DIGEST, Digest, INBOX, Line, Recipient, written_at};
use crate::order::Order;
use crate::reading::page_size;
use crate::refused::Refused;
use crate::wire::{Reader, instant, to_instant};

/// The kind of documents that say up to when a person has read; the id of one is the person.
const READ: &str = "notices-read";

/// Serves `NoticeService` for a line.
#[derive(Debug, Clone)]
pub(crate) struct Notices(pub(crate) Desk);

/// Up to when a person has read.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Seen {
    up_to: Timestamp,
}

#[async_trait]
impl NoticeService for Notices {
    async fn list_notices(
        &self,
        request: Request<hand::ListNoticesRequest>,
    ) -> Result<Response<hand::ListNoticesResponse>, Status> {
        answer(request, async |caller, request| {
            let hand::ListNoticesRequest { page_size: size, page_token } = request;
            let (size, organization, store) = (page_size(size)?, &caller.organization, self.0.store());
            if !page_token.is_empty() && (page_token.len() != 19 || written_at(&page_token).is_err()) {
                return Err(Refused::PageToken);
            }
            let seen = store.document::<Seen>(organization, READ, &caller.subject).await?.map(|(seen, _)| seen.up_to);
            let mut found: Vec<(String, Digest)> = Vec::new();
            for recipient in self.recipients(&caller)? {
                let name = recipient.name();
                // A place has nineteen digits: one more stands right behind the place that the token names.
                let behind = if page_token.is_empty() { String::new() } else { format!("{page_token}0") };
                let (from, to) = (format!("{name}|{behind}"), format!("{name}}}"));
                // One more than the page has, to know whether there is another.
                let range = (from.as_str(), to.as_str());
                let keyed = store.documents_between(organization, DIGEST, INBOX, range, None, size + 1).await?;
                let place = |key: String| key.rsplit('|').next().unwrap_or_default().to_owned();
                found.extend(keyed.into_iter().map(|(key, _, digest, _)| (place(key), digest)));
            }
            found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.recipient.cmp(&b.1.recipient)));
            let page = ends_between_instants(&found, size as usize);
            let next_page_token = if page < found.len() { found[page - 1].0.clone() } else { String::new() };
            found.truncate(page);
            let digests = found.into_iter().map(|(_, digest)| to_wire(digest, seen)).collect();
            Ok(hand::ListNoticesResponse { digests, next_page_token })
        })
        .await
    }

    async fn mark_notices_read(
        &self,
        request: Request<hand::MarkNoticesReadRequest>,
    ) -> Result<Response<hand::MarkNoticesReadResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "MarkNoticesRead", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let up_to = to_instant(&mut reader, "up_to", request.up_to);
            let up_to = reader.finish(up_to)?;
            let person = caller.subject;
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let known = change.work.document::<Seen>(change.organization(), READ, &person).await?;
                        // Nobody has read what is still to come.
                        let up_to = up_to.min(change.now);
                        let up_to = known.as_ref().map_or(up_to, |(seen, _)| seen.up_to.max(up_to));
                        let read = known.map(|(_, read)| read);
                        let organization = change.organization();
                        change.work.put_document(organization, READ, &person, &Seen { up_to }, read).await?;
                        Ok(hand::MarkNoticesReadResponse { up_to: Some(instant(up_to)) })
                    })
                })
                .await
        })
        .await
    }
}

impl Notices {
    fn recipients(&self, caller: &Caller) -> Result<Vec<Recipient>, Refused> {
        let plan = self.0.plan(&caller.organization)?;
        let line = self.0.line();
        let own = plan.groups().filter(|group| group.line == line && group.members.contains(&caller.subject));
        let mut recipients: Vec<Recipient> = own.map(|group| Recipient::Group(group.id.clone())).collect();
        recipients.push(Recipient::Person(caller.subject.clone()));
        if caller.role == Role::Supervisor {
            recipients.push(Recipient::Supervisors);
        }
        Ok(recipients)
    }
}

/// How many of `found` a page of `size` has: all digests of one instant are on one page, since its token is an instant.
fn ends_between_instants(found: &[(String, Digest)], size: usize) -> usize {
    let Some((last, _)) = found.get(size.saturating_sub(1)) else { return found.len() };
    found.iter().take_while(|(place, _)| place <= last).count()
}

fn to_wire(digest: Digest, seen: Option<Timestamp>) -> hand::NoticeDigest {
    let Digest { recipient, sent_at, counts, lines } = digest;
    let line = |Line { topic, ticket, at, ru, en }: Line| hand::NoticeLine {
        topic,
        ticket_id: ticket.map(|ticket| ticket.to_string()).unwrap_or_default(),
        at: Some(instant(at)),
        ru,
        en,
    };
    hand::NoticeDigest {
        recipient,
        sent_at: Some(instant(sent_at)),
        counts: counts.into_iter().map(|(topic, count)| hand::TopicCount { topic, count }).collect(),
        lines: lines.into_iter().map(line).collect(),
        read: seen.is_some_and(|seen| sent_at <= seen),
    }
}
