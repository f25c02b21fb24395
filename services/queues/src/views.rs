//! `ViewService`: queues as people look through them, and the filters that they keep.

use handover::wire::{Reader, instant, record};
use handover::{Change, Desk, Order, Refused, answer, fingerprint, page_size};
use prost::Message as _;
use proto::queue as wire;
use proto::queue::view_service_server::ViewService;
use proto::ticket::State;
use rpc::identity::Caller;
use serde::{Deserialize, Serialize};
use ticket::OrganizationId;
use ticket::field::LINE_BYTES_MAX;
use tonic::{Request, Response, Status, async_trait};

use crate::filter::{Viewer, wanted};

/// The kind of document in which a view is kept, and the key by which it is found.
const KIND: &str = "view";
const OF: &str = "of";

/// The most views that one person or one group keeps.
const VIEWS_MAX: u32 = 50;

/// The most views that are counted at once.
const COUNTS_MAX: usize = 20;

/// Serves `ViewService`.
#[derive(Debug, Clone)]
pub(crate) struct Views(pub(crate) Desk);

/// A view as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    name: String,
    owner: String,
    group: Option<String>,
    /// A `Filter` of the contract, as it was sent: fields that come later are read as unset.
    filter: Vec<u8>,
    sort: i32,
}

impl Kept {
    /// By what it is listed: its group's, or its owner's.
    fn of(&self) -> String {
        self.group.as_ref().map_or_else(|| of_person(&self.owner), |group| of_group(group))
    }

    fn may_see(&self, viewer: &Viewer) -> bool {
        viewer.supervises
            || self.group.as_ref().map_or(self.owner == viewer.subject, |group| viewer.groups.contains(group))
    }

    fn may_change(&self, viewer: &Viewer) -> bool {
        viewer.supervises || self.owner == viewer.subject
    }

    fn to_view(&self, id: &str) -> wire::View {
        let Self { name, owner, group, filter, sort } = self.clone();
        let filter = wire::Filter::decode(filter.as_slice()).unwrap_or_default();
        let (id, group) = (id.to_owned(), group.unwrap_or_default());
        wire::View { id, name, owner, group, filter: Some(filter), sort }
    }
}

fn of_person(person: &str) -> String {
    format!("person:{person}")
}

fn of_group(group: &str) -> String {
    format!("group:{group}")
}

/// The views that everybody has.
fn built_in() -> Vec<wire::View> {
    let view = |id: &str, sort: wire::Sort, filter: wire::Filter| wire::View {
        id: id.to_owned(),
        filter: Some(filter),
        sort: sort as i32,
        ..wire::View::default()
    };
    let me = || "me".to_owned();
    let escalated = || wire::Filter {
        escalations: vec![wire::Escalation::ByHand as i32, wire::Escalation::ByBreach as i32],
        // What is solved asks for no supervisor.
        states: vec![State::Open as i32, State::OnHold as i32],
        ..wire::Filter::default()
    };
    vec![
        view("mine", wire::Sort::Due, wire::Filter { assignee: me(), ..wire::Filter::default() }),
        view("unassigned", wire::Sort::Priority, wire::Filter { nobody: true, ..wire::Filter::default() }),
        view("queue", wire::Sort::Priority, wire::Filter::default()),
        view("overdue", wire::Sort::Due, wire::Filter { overdue: true, ..wire::Filter::default() }),
        view("invited", wire::Sort::Changed, wire::Filter { collaborator: me(), ..wire::Filter::default() }),
        view("escalated", wire::Sort::Priority, escalated()),
    ]
}

#[async_trait]
impl ViewService for Views {
    async fn list_queue(
        &self,
        request: Request<wire::ListQueueRequest>,
    ) -> Result<Response<wire::ListQueueResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListQueueRequest { page_size: size, page_token, view_id, filter, sort } = request;
            let viewer = self.viewer(&caller)?;
            let size = page_size(size)?;
            let (filter, sort) = match view_id.as_str() {
                "" => (filter.unwrap_or_default(), sort),
                id => {
                    let view = self.view(&caller.organization, id, &viewer).await?;
                    (view.filter.unwrap_or_default(), view.sort)
                }
            };
            let (wanted, sort) = wanted(filter, sort, &viewer, self.0.clock().now())?;
            let after = (!page_token.is_empty()).then_some(page_token.as_str());
            let (store, scope) = (self.0.store(), viewer.scope());
            let queued = store.queue(&caller.organization, &scope, &wanted, sort, after, size).await?;
            let entries = queued.tickets.iter().map(|(ticket, version, due)| wire::list_queue_response::Entry {
                ticket: Some(record::to_ticket(ticket, version.number())),
                due: due.map(instant),
            });
            let entries = entries.collect();
            Ok(wire::ListQueueResponse { entries, next_page_token: queued.next.unwrap_or_default() })
        })
        .await
    }

    async fn get_counts(
        &self,
        request: Request<wire::GetCountsRequest>,
    ) -> Result<Response<wire::GetCountsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::GetCountsRequest { view_ids } = request;
            let mut reader = Reader::default();
            if view_ids.is_empty() || view_ids.len() > COUNTS_MAX {
                reader.wrong("view_ids", format!("has {} entries; give 1 to {COUNTS_MAX}", view_ids.len()));
            }
            reader.finish(Some(()))?;
            let viewer = self.viewer(&caller)?;
            let mut views = Vec::new();
            for id in view_ids {
                views.push(self.view(&caller.organization, &id, &viewer).await?);
            }
            let now = self.0.clock().now();
            let all = views.iter().map(|view| wanted(view.filter.clone().unwrap_or_default(), 0, &viewer, now));
            let all: Vec<store::Wanted> = all.map(|one| one.map(|(wanted, _)| wanted)).collect::<Result<_, _>>()?;
            let counted = self.0.store().count_queues(&caller.organization, &viewer.scope(), &all).await?;
            let counts = views.into_iter().zip(counted).map(|(view, counted)| wire::get_counts_response::Count {
                view_id: view.id,
                tickets: counted.tickets,
                more: counted.more,
            });
            Ok(wire::GetCountsResponse { counts: counts.collect() })
        })
        .await
    }

    async fn list_views(
        &self,
        request: Request<wire::ListViewsRequest>,
    ) -> Result<Response<wire::ListViewsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListViewsRequest { page_size: size, page_token } = request;
            let (size, viewer) = (page_size(size)? as usize, self.viewer(&caller)?);
            let mut kept = Vec::new();
            let whose = std::iter::once(of_person(&viewer.subject)).chain(viewer.groups.iter().map(|g| of_group(g)));
            for of in whose {
                let store = self.0.store();
                let page = store.documents_by::<Kept>(&caller.organization, KIND, OF, &of, None, VIEWS_MAX).await?;
                kept.extend(page.into_iter().map(|(id, kept, _)| kept.to_view(&id)));
            }
            kept.sort_by(|a, b| a.id.cmp(&b.id));
            let all: Vec<wire::View> = built_in().into_iter().chain(kept).collect();
            let from = match page_token.as_str() {
                "" => 0,
                token => 1 + all.iter().position(|view| view.id == token).ok_or(Refused::PageToken)?,
            };
            let next = all.get(from + size - 1).filter(|_| all.len() > from + size).map(|view| view.id.clone());
            let views = all.into_iter().skip(from).take(size).collect();
            Ok(wire::ListViewsResponse { views, next_page_token: next.unwrap_or_default() })
        })
        .await
    }

    async fn put_view(
        &self,
        request: Request<wire::PutViewRequest>,
    ) -> Result<Response<wire::PutViewResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "PutView", &request.request_id, &request)?;
            let viewer = self.viewer(&caller)?;
            let new_id = new_id(&caller, &request);
            let wire::PutViewRequest { request_id: _, view_id, name, group, filter, sort } = request;
            let mut reader = Reader::default();
            let name = reader.text("name", &name, LINE_BYTES_MAX);
            let group = reader.optional("group", &group, LINE_BYTES_MAX);
            let id = reader.optional("view_id", &view_id, LINE_BYTES_MAX);
            let (group, id) = reader.finish(Some((group, id)))?;
            let filter = filter.unwrap_or_default();
            // A view that could not be looked through is not kept.
            wanted(filter.clone(), sort, &viewer, self.0.clock().now())?;
            if let Some(group) = &group {
                let plan = self.0.plan(&caller.organization)?;
                if plan.group(group).is_none_or(|known| known.line != self.0.line()) {
                    return Err(Refused::GroupUnknown(group.clone()));
                }
                if !viewer.supervises && !viewer.groups.contains(group) {
                    return Err(Refused::NotYourQueue(group.clone()));
                }
            }
            let kept = Kept { name, owner: caller.subject.clone(), group, filter: filter.encode_to_vec(), sort };
            let put = self
                .0
                .once(&order, move |change| Box::pin(async move { put(change, &viewer, id, new_id, kept).await }));
            put.await
        })
        .await
    }

    async fn delete_view(
        &self,
        request: Request<wire::DeleteViewRequest>,
    ) -> Result<Response<wire::DeleteViewResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "DeleteView", &request.request_id, &request)?;
            let wire::DeleteViewRequest { request_id: _, view_id } = request;
            let mut reader = Reader::default();
            let view_id = reader.text("view_id", &view_id, LINE_BYTES_MAX);
            let view_id = reader.finish(Some(view_id))?;
            let viewer = self.viewer(&caller)?;
            let delete = self.0.once(&order, move |change| {
                Box::pin(async move {
                    to_change(change, &view_id, &viewer).await?;
                    change.work.delete_document(change.organization(), KIND, &view_id).await?;
                    Ok(wire::DeleteViewResponse { view_id })
                })
            });
            delete.await
        })
        .await
    }
}

/// The id of the view that `request` makes: the same for each try, and another for each caller.
fn new_id(caller: &Caller, request: &wire::PutViewRequest) -> String {
    let whose = format!("{}/{}/{}", caller.organization, caller.subject, request.request_id);
    let key = fingerprint(&wire::PutViewRequest { request_id: whose, ..wire::PutViewRequest::default() });
    let hex: String = key.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("view-{hex}")
}

/// The view `id` that `viewer` is about to change, with the version read.
async fn to_change(change: &Change<'_>, id: &str, viewer: &Viewer) -> Result<(Kept, store::Version), Refused> {
    let known = change.work.document::<Kept>(change.organization(), KIND, id).await?;
    let (kept, version) =
        known.filter(|(kept, _)| kept.may_see(viewer)).ok_or_else(|| Refused::ViewNotFound(id.to_owned()))?;
    if !kept.may_change(viewer) {
        return Err(Refused::NotYourQueue(kept.group.unwrap_or_default()));
    }
    Ok((kept, version))
}

async fn put(
    change: &Change<'_>,
    viewer: &Viewer,
    id: Option<String>,
    new_id: String,
    mut kept: Kept,
) -> Result<wire::PutViewResponse, Refused> {
    let organization = change.organization();
    let (id, read) = match id {
        Some(id) => {
            let (known, version) = to_change(change, &id, viewer).await?;
            kept.owner = known.owner;
            (id, Some(version))
        }
        None => (new_id, None),
    };
    let of = kept.of();
    let there = change.work.documents_by::<Kept>(organization, KIND, OF, &of, None, VIEWS_MAX).await?;
    if there.len() >= VIEWS_MAX as usize && !there.iter().any(|(known, _, _)| *known == id) {
        return Err(Refused::RecordFull { what: "views", most: VIEWS_MAX as usize });
    }
    change.work.put_document(organization, KIND, &id, &kept, read).await?;
    change.work.put_keys(organization, KIND, &id, &[(OF, of)]).await?;
    Ok(wire::PutViewResponse { view: Some(kept.to_view(&id)) })
}

impl Views {
    fn viewer(&self, caller: &Caller) -> Result<Viewer, Refused> {
        Ok(Viewer::of(caller, self.0.plan(&caller.organization)?.as_ref(), self.0.line()))
    }

    async fn view(&self, organization: &OrganizationId, id: &str, viewer: &Viewer) -> Result<wire::View, Refused> {
        if let Some(view) = built_in().into_iter().find(|view| view.id == id) {
            return Ok(view);
        }
        let known = self.0.store().document::<Kept>(organization, KIND, id).await?;
        let known = known.filter(|(kept, _)| kept.may_see(viewer)).map(|(kept, _)| kept.to_view(id));
        known.ok_or_else(|| Refused::ViewNotFound(id.to_owned()))
    }
}
