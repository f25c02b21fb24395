//! `KnowledgeService`: what line 0 answers from.

use handover::wire::Reader;
use handover::{Change, Desk, Order, Refused, answer, page_size};
use knowledge::life::{Edition, Kept};
use knowledge::{ARTICLE_ID_BYTES_MAX, Hit, Viewer};
use proto::line0 as wire;
use proto::line0::knowledge_service_server::KnowledgeService;
use rpc::Role;
use ticket::Line;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation, required};
use tonic::{Request, Response, Status, async_trait};

use crate::article_wire::{from_wire, to_wire};
use crate::kept::{ARTICLE, Revision, is_published};
use crate::shelf::Shelves;

/// How many hits a search returns when the caller does not say, and at most.
const HITS: (i32, i32) = (10, 50);

/// Begins the page tokens of lists of articles; the last document's id follows.
pub(crate) const AFTER: &str = "after:";

/// Serves `KnowledgeService`.
pub(crate) struct Articles {
    pub(crate) desk: Desk,
    pub(crate) shelves: Shelves,
}

pub(crate) fn offer(hit: Hit) -> wire::Offer {
    let Hit { article_id, title, score, matched } = hit;
    wire::Offer { article_id, title, score, matched }
}

#[async_trait]
impl KnowledgeService for Articles {
    async fn put_articles(
        &self,
        request: Request<wire::PutArticlesRequest>,
    ) -> Result<Response<wire::PutArticlesResponse>, Status> {
        answer(request, async |caller, request| {
            let order = Order::of(&caller, "PutArticles", &request.request_id, &request)?;
            let mut reader = Reader::default();
            let given = reader.list("articles", request.articles);
            if given.is_empty() {
                reader.wrong("articles", "is empty; give at least one");
            }
            let editions: Vec<Edition> =
                given.into_iter().filter_map(|one| from_wire(&mut reader, "articles", one)).collect();
            let editions = reader.finish(Some(editions))?;
            let by = caller.subject.clone();
            let done: wire::PutArticlesResponse =
                self.desk.once(&order, move |change| Box::pin(import(change, editions, by))).await?;
            let total = self.shelves.of(&caller.organization).await?.count();
            Ok(wire::PutArticlesResponse { total: total as u64, ..done })
        })
        .await
    }

    async fn search_articles(
        &self,
        request: Request<wire::SearchArticlesRequest>,
    ) -> Result<Response<wire::SearchArticlesResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::SearchArticlesRequest { question, page_size, page_token } = request;
            let mut reader = Reader::default();
            let question = reader.text("question", &question, TEXT_BYTES_MAX);
            let most = if page_size == 0 { HITS.0 } else { page_size };
            if !(1..=HITS.1).contains(&most) {
                reader.wrong(
                    "page_size",
                    format!("is {page_size}; it must be from 1 to {}, or 0 for {}", HITS.1, HITS.0),
                );
            }
            let most = reader.finish(usize::try_from(most).ok())?;
            if !page_token.is_empty() {
                return Err(Refused::PageToken);
            }
            self.desk.plan(&caller.organization)?;
            let viewer = if caller.role == Role::Client { Viewer::Client } else { Viewer::Staff };
            let hits = self.shelves.of(&caller.organization).await?.find(viewer, question, most).await?;
            let offers = hits.into_iter().map(offer).collect();
            Ok(wire::SearchArticlesResponse { offers, next_page_token: String::new() })
        })
        .await
    }

    async fn list_articles(
        &self,
        request: Request<wire::ListArticlesRequest>,
    ) -> Result<Response<wire::ListArticlesResponse>, Status> {
        answer(request, async |caller, request| {
            let wire::ListArticlesRequest { page_size: size, page_token } = request;
            let size = page_size(size)?;
            let after = last_seen(&page_token)?;
            let page =
                self.desk.store().documents::<Kept>(&caller.organization, ARTICLE, after.as_deref(), size).await?;
            let is_last = u32::try_from(page.len()).is_ok_and(|got| got < size);
            let next_page_token =
                page.last().filter(|_| !is_last).map(|(id, ..)| format!("{AFTER}{id}")).unwrap_or_default();
            let published = page.into_iter().map(|(_, kept, _)| kept).filter(is_published);
            let articles = published.map(|kept| to_wire(kept.present.edition)).collect();
            Ok(wire::ListArticlesResponse { articles, next_page_token })
        })
        .await
    }
}

/// Publishes what says something else than before.
async fn import(change: &Change<'_>, editions: Vec<Edition>, by: String) -> Result<wire::PutArticlesResponse, Refused> {
    let revision = Revision::begin(change).await?;
    let mut changed = 0;
    for edition in editions {
        let (kept, read, over) = match revision.load(&edition.article.id, 0).await? {
            Some((kept, _)) if kept.says(&edition) => continue,
            Some((mut kept, read)) => {
                let over = kept.import(edition, &by, change.now);
                (kept, Some(read), Some(over))
            }
            None => (Kept::imported(edition, &by, change.now), None, None),
        };
        revision.save(&kept, read, over).await?;
        changed += 1;
    }
    Ok(wire::PutArticlesResponse { changed, ..wire::PutArticlesResponse::default() })
}

/// The document that a page token names as the last of the page before; none for the first page.
pub(crate) fn last_seen(page_token: &str) -> Result<Option<String>, Refused> {
    if page_token.is_empty() {
        return Ok(None);
    }
    let id = page_token.strip_prefix(AFTER).and_then(|id| required("page_token", id, ARTICLE_ID_BYTES_MAX).ok());
    id.map(Some).ok_or(Refused::PageToken)
}

/// Who asks line 0: a client for themselves, a service for the client it names.
pub(crate) fn client_of(caller: &rpc::Caller, named: &str) -> Result<String, Refused> {
    match caller.role {
        Role::Client => Ok(caller.subject.clone()),
        _ => required("client", named, LINE_BYTES_MAX).map_err(|v: Violation| Refused::Fields(vec![v])),
    }
}

/// Line 0's own place, for errors.
pub(crate) const HERE: Line = Line::SelfService;
