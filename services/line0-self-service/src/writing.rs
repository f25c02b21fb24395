//! `ArticleService`: the life of articles.

use handover::wire::{Reader, instant};
use handover::{Change, Desk, Order, Refused, answer, page_size};
use knowledge::life::{Kept, Unfit, Version};
use proto::line0 as wire;
use proto::line0::article_service_server::ArticleService;
use tonic::{Request, Response, Status, async_trait};

use crate::article_wire::{article_id, from_wire, read_state, to_kept, to_version};
use crate::articles::{AFTER, last_seen};
use crate::asked::{BY_COUNT, GROUP, Group};
use crate::kept::{self, ARTICLE, ArticleRefused, BY_ARTICLE, BY_STATE, Revision, VERSION};

/// Serves `ArticleService`.
pub(crate) struct Writing(pub(crate) Desk);

type Answer<T> = Result<Response<T>, Status>;

/// What becomes of an article; returns the version that is over by it.
type Deed = fn(&mut Kept, &str, jiff::Timestamp) -> Result<Option<Version>, Unfit>;

impl Writing {
    /// Does something to an article that is there, once.
    async fn alter(
        &self,
        order: &Order,
        id: &str,
        expected: u64,
        deed: Deed,
    ) -> Result<Option<wire::KeptArticle>, Refused> {
        let mut reader = Reader::default();
        let id = article_id(&mut reader, id);
        let id = reader.finish(Some(id))?;
        let by = order.caller.subject.clone();
        let done: wire::GetArticleResponse =
            self.0.once(order, move |change| Box::pin(alter(change, id, expected, by, deed))).await?;
        Ok(done.article)
    }
}

async fn alter(
    change: &Change<'_>,
    id: String,
    expected: u64,
    by: String,
    deed: Deed,
) -> Result<wire::GetArticleResponse, Refused> {
    let revision = Revision::begin(change).await?;
    let Some((mut kept, read)) = revision.load(&id, expected).await? else {
        return Err(ArticleRefused::NotFound(id).into());
    };
    let over = deed(&mut kept, &by, change.now).map_err(|why| ArticleRefused::Unfit { id, why })?;
    let version = revision.save(&kept, Some(read), over).await?;
    Ok(wire::GetArticleResponse { article: Some(to_kept(kept, version)) })
}

#[async_trait]
impl ArticleService for Writing {
    async fn write_article(&self, request: Request<wire::WriteArticleRequest>) -> Answer<wire::WriteArticleResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "WriteArticle", &request.request_id, &request)?;
            let wire::WriteArticleRequest { request_id: _, article, expected_version } = request;
            let mut reader = Reader::default();
            let given = reader.given("article", article);
            let edition = given.and_then(|given| from_wire(&mut reader, "article", given));
            let edition = reader.finish(edition)?;
            let by = caller.subject.clone();
            self.0
                .once(&order, move |change| {
                    Box::pin(async move {
                        let revision = Revision::begin(change).await?;
                        let known = revision.load(&edition.article.id, expected_version).await?;
                        let (kept, read, over) = match known {
                            Some((mut kept, read)) => {
                                let over = kept.write(edition, &by, change.now);
                                (kept, Some(read), over)
                            }
                            None => (Kept::draft(edition, &by, None, change.now), None, None),
                        };
                        let version = revision.save(&kept, read, over).await?;
                        Ok(wire::WriteArticleResponse { article: Some(to_kept(kept, version)) })
                    })
                })
                .await
        })
        .await
    }

    async fn approve_article(
        &self,
        request: Request<wire::ApproveArticleRequest>,
    ) -> Answer<wire::ApproveArticleResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "ApproveArticle", &request.request_id, &request)?;
            let wire::ApproveArticleRequest { request_id: _, article_id, expected_version } = request;
            let deed: Deed = |kept, by, now| kept.approve(by, now).map(|()| None);
            Ok(wire::ApproveArticleResponse { article: self.alter(&order, &article_id, expected_version, deed).await? })
        })
        .await
    }

    async fn publish_article(
        &self,
        request: Request<wire::PublishArticleRequest>,
    ) -> Answer<wire::PublishArticleResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "PublishArticle", &request.request_id, &request)?;
            let wire::PublishArticleRequest { request_id: _, article_id, expected_version } = request;
            let deed: Deed = |kept, _, now| kept.publish(now);
            Ok(wire::PublishArticleResponse { article: self.alter(&order, &article_id, expected_version, deed).await? })
        })
        .await
    }

    async fn retire_article(
        &self,
        request: Request<wire::RetireArticleRequest>,
    ) -> Answer<wire::RetireArticleResponse> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "RetireArticle", &request.request_id, &request)?;
            let wire::RetireArticleRequest { request_id: _, article_id, expected_version } = request;
            let deed: Deed = |kept, _, now| kept.retire(now);
            Ok(wire::RetireArticleResponse { article: self.alter(&order, &article_id, expected_version, deed).await? })
        })
        .await
    }

    async fn get_article(&self, request: Request<wire::GetArticleRequest>) -> Answer<wire::GetArticleResponse> {
        answer(request, async |caller, request| {
            let mut reader = Reader::default();
            let id = article_id(&mut reader, &request.article_id);
            let id = reader.finish(Some(id))?;
            let (kept, version) = kept::find(self.0.store(), &caller.organization, &id).await?;
            Ok(wire::GetArticleResponse { article: Some(to_kept(kept, version)) })
        })
        .await
    }

    async fn list_article_versions(
        &self,
        request: Request<wire::ListArticleVersionsRequest>,
    ) -> Answer<wire::ListArticleVersionsResponse> {
        answer(request, async |caller, request| {
            let wire::ListArticleVersionsRequest { article_id: id, page_size: size, page_token } = request;
            let mut reader = Reader::default();
            let id = article_id(&mut reader, &id);
            let id = reader.finish(Some(id))?;
            let (size, after) = (page_size(size)?, last_seen(&page_token)?);
            let (store, organization) = (self.0.store(), &caller.organization);
            kept::find(store, organization, &id).await?;
            let after = after.as_deref();
            let found = store.documents_by::<Version>(organization, VERSION, BY_ARTICLE, &id, after, size).await?;
            let next_page_token = token_after(found.last().map(|(id, ..)| id), found.len(), size);
            let versions = found.into_iter().map(|(_, version, _)| to_version(version)).collect();
            Ok(wire::ListArticleVersionsResponse { versions, next_page_token })
        })
        .await
    }

    async fn list_articles_in_state(
        &self,
        request: Request<wire::ListArticlesInStateRequest>,
    ) -> Answer<wire::ListArticlesInStateResponse> {
        answer(request, async |caller, request| {
            let wire::ListArticlesInStateRequest { state, page_size: size, page_token } = request;
            let mut reader = Reader::default();
            let state = read_state(&mut reader, state);
            let state = reader.finish(Some(state.name()))?;
            let (size, after) = (page_size(size)?, last_seen(&page_token)?);
            let (store, after) = (self.0.store(), after.as_deref());
            let found = store.documents_by::<Kept>(&caller.organization, ARTICLE, BY_STATE, state, after, size).await?;
            let next_page_token = token_after(found.last().map(|(id, ..)| id), found.len(), size);
            let articles = found.into_iter().map(|(_, kept, version)| to_kept(kept, version)).collect();
            Ok(wire::ListArticlesInStateResponse { articles, next_page_token })
        })
        .await
    }

    async fn list_gaps(&self, request: Request<wire::ListGapsRequest>) -> Answer<wire::ListGapsResponse> {
        answer(request, async |caller, request| {
            let wire::ListGapsRequest { page_size: size, page_token } = request;
            let (size, last) = (page_size(size)?, last_seen(&page_token)?);
            let after = last.as_deref().map(|last| last.split_once('/').ok_or(Refused::PageToken)).transpose()?;
            let (store, range) = (self.0.store(), ("", ":"));
            let found =
                store.documents_between::<Group>(&caller.organization, GROUP, BY_COUNT, range, after, size).await?;
            let last = found.last().map(|(count, id, ..)| format!("{count}/{id}"));
            let next_page_token = token_after(last.as_ref(), found.len(), size);
            let gaps = found.into_iter().map(|(_, id, group, _)| to_gap(id, group)).collect();
            Ok(wire::ListGapsResponse { gaps, next_page_token })
        })
        .await
    }
}

/// A group on the wire.
fn to_gap(id: String, group: Group) -> wire::Gap {
    let Group { gist: _, examples, count, handed_over, disliked, last, proposed } = group;
    wire::Gap {
        gap_id: id,
        count,
        handed_over,
        disliked,
        examples,
        last_asked_at: Some(instant(last)),
        article_id: proposed.unwrap_or_default(),
    }
}

/// The token of the page after one that ends with `last`; empty when there is none.
fn token_after(last: Option<&String>, got: usize, size: u32) -> String {
    last.filter(|_| got == size as usize).map(|id| format!("{AFTER}{id}")).unwrap_or_default()
}
