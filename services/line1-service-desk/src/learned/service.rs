//! `ModelService`: which models there are, how good they are, and which of them work.

use handover::wire::Reader;
use handover::{Change, Desk, Order, Refused, answer, page_size};
use plan::{Plan, Sortable};
use proto::line1 as wire;
use proto::line1::model_service_server::ModelService;
use store::{PAGE_SIZE_MAX, Page};
use ticket::event::Opinion;
use ticket::field::LINE_BYTES_MAX;
use tonic::{Request, Response, Status, async_trait};

use super::kept::{self, KIND, ModelRefused, State, Stored};
use super::lesson::{closed, truth};
use super::wire::{to_learning, to_model};
use crate::own::Home;

/// So many of the newest closed tickets are asked what became of what a model said.
const USE_TICKETS_MAX: usize = 1_000;

/// Serves `ModelService`.
pub(crate) struct Models(pub(crate) Desk);

impl Models {
    /// Lets a model work otherwise. Every answer has the model alone, so that one type does for all.
    async fn choose(
        &self,
        order: &Order,
        id: String,
        choose: fn(&mut State, Sortable, &str),
    ) -> Result<Option<wire::Model>, Refused> {
        let done: wire::ActivateModelResponse = self
            .0
            .once(order, move |change| {
                Box::pin(async move {
                    let (mut state, read) = kept::load_state(change).await?;
                    let stored = load(change, &id).await?;
                    choose(&mut state, stored.field, &id);
                    kept::save_state(change, &state, read).await?;
                    Ok(wire::ActivateModelResponse { model: Some(to_model(stored, &state)) })
                })
            })
            .await?;
        Ok(done.model)
    }
}

fn model_id(given: &str) -> Result<String, Refused> {
    let mut reader = Reader::default();
    let id = reader.text("model_id", given, LINE_BYTES_MAX);
    reader.finish(Some(id))
}

async fn load(change: &Change<'_>, id: &str) -> Result<Stored, Refused> {
    let found = change.work.document::<Stored>(change.organization(), KIND, id).await?;
    let whole = found.map(|(stored, _)| stored).filter(|stored| stored.is_whole);
    whole.ok_or_else(|| ModelRefused::NotFound(id.to_owned()).into())
}

/// Takes a model out of use.
fn rest(state: &mut State, field: Sortable, id: &str) {
    for chosen in [&mut state.acting, &mut state.shadow] {
        if chosen.get(&field).is_some_and(|chosen| chosen == id) {
            chosen.remove(&field);
        }
    }
}

fn activate(state: &mut State, field: Sortable, id: &str) {
    rest(state, field, id);
    state.acting.insert(field, id.to_owned());
}

fn shadow(state: &mut State, field: Sortable, id: &str) {
    rest(state, field, id);
    state.shadow.insert(field, id.to_owned());
}

#[async_trait]
impl ModelService for Models {
    async fn list_models(
        &self,
        request: Request<wire::ListModelsRequest>,
    ) -> Result<Response<wire::ListModelsResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListModelsRequest { page_size: size, page_token } = request;
            let size = page_size(size)?;
            if !page_token.is_empty() && !page_token.starts_with("mdl_") {
                return Err(Refused::PageToken);
            }
            let after = (!page_token.is_empty()).then_some(page_token.as_str());
            let store = self.0.store();
            let page = store.documents::<Stored>(&caller.organization, KIND, after, size).await?;
            let is_last = page.len() < size as usize;
            let next = page.last().map(|(id, ..)| id.clone()).filter(|_| !is_last).unwrap_or_default();
            let state = kept::state(store, &caller.organization).await?;
            let whole = page.into_iter().map(|(_, stored, _)| stored).filter(|stored| stored.is_whole);
            let models = whole.map(|stored| to_model(stored, &state)).collect();
            // Where nothing was ever learned there is nothing to tell.
            let learning = (state != State::default()).then(|| to_learning(state));
            Ok(wire::ListModelsResponse { models, next_page_token: next, learning })
        })
        .await
    }

    async fn get_model(
        &self,
        request: Request<wire::GetModelRequest>,
    ) -> Result<Response<wire::GetModelResponse>, Status> {
        answer(request, async |caller, request| {
            let plan = self.0.plan(&caller.organization)?;
            let id = model_id(&request.model_id)?;
            let stored = kept::find(self.0.store(), &caller.organization, &id).await?;
            let state = kept::state(self.0.store(), &caller.organization).await?;
            let figures = figures(&self.0, &plan, &stored).await?;
            Ok(wire::GetModelResponse { model: Some(to_model(stored, &state)), r#use: Some(figures) })
        })
        .await
    }

    async fn train(&self, request: Request<wire::TrainRequest>) -> Result<Response<wire::TrainResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "Train", &request.request_id, &request)?;
            let wire::TrainRequest { request_id: _, tickets } = request;
            let ask = self.0.once(&order, move |change| {
                Box::pin(async move {
                    if change.plan.learning().is_none() {
                        return Err(ModelRefused::NotPlanned.into());
                    }
                    let (mut state, read) = kept::load_state(change).await?;
                    state.asked = Some(tickets);
                    kept::save_state(change, &state, read).await?;
                    Ok(wire::TrainResponse { learning: Some(to_learning(state)) })
                })
            });
            ask.await
        })
        .await
    }

    async fn activate_model(
        &self,
        request: Request<wire::ActivateModelRequest>,
    ) -> Result<Response<wire::ActivateModelResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ActivateModel", &request.request_id, &request)?;
            let model = self.choose(&order, model_id(&request.model_id)?, activate).await?;
            Ok(wire::ActivateModelResponse { model })
        })
        .await
    }

    async fn shadow_model(
        &self,
        request: Request<wire::ShadowModelRequest>,
    ) -> Result<Response<wire::ShadowModelResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ShadowModel", &request.request_id, &request)?;
            let model = self.choose(&order, model_id(&request.model_id)?, shadow).await?;
            Ok(wire::ShadowModelResponse { model })
        })
        .await
    }

    async fn rest_model(
        &self,
        request: Request<wire::RestModelRequest>,
    ) -> Result<Response<wire::RestModelResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RestModel", &request.request_id, &request)?;
            let model = self.choose(&order, model_id(&request.model_id)?, rest).await?;
            Ok(wire::RestModelResponse { model })
        })
        .await
    }
}

/// What became of what a model said of the newest closed tickets.
async fn figures(desk: &Desk, plan: &Plan, stored: &Stored) -> Result<wire::ModelUse, Refused> {
    let (store, organization) = (desk.store(), plan.organization());
    let (mut figures, mut after, mut seen) = (wire::ModelUse::default(), None, 0);
    loop {
        let page = store.tickets(organization, &closed(), &Page { after, size: PAGE_SIZE_MAX }).await?;
        seen += page.tickets.len();
        // A model has said nothing of what was opened before it was made.
        let is_before = page.tickets.iter().any(|(ticket, _)| ticket.facts.opened_at < stored.made_at);
        for (ticket, _) in page.tickets.iter().filter(|(ticket, _)| ticket.facts.opened_at >= stored.made_at) {
            let home: Home = store.own(organization, ticket.facts.id).await?;
            let field = stored.field.name();
            let Some(said) = home.opinions.iter().find(|said| said.field == field && said.model == stored.id) else {
                continue;
            };
            let another = home.opinions.iter().find(|another| another.field == field && another.model != stored.id);
            let truth = truth(plan, ticket, &home, stored.field);
            count(&mut figures, said, another, truth.as_ref().map(|truth| truth.as_deref()));
        }
        after = page.next;
        if seen >= USE_TICKETS_MAX || is_before || after.is_none() {
            return Ok(figures);
        }
    }
}

fn count(figures: &mut wire::ModelUse, said: &Opinion, another: Option<&Opinion>, truth: Option<Option<&str>>) {
    if let Some(truth) = truth {
        let is_right = truth == Some(&said.value);
        let is_sure = said.threshold.is_some_and(|threshold| said.probability >= threshold);
        figures.said += 1;
        figures.right += u32::from(is_right);
        figures.sure += u32::from(is_sure);
        figures.sure_right += u32::from(is_sure && is_right);
    }
    if let Some(another) = another {
        figures.compared += 1;
        figures.agreed += u32::from(another.value == said.value);
    }
}
