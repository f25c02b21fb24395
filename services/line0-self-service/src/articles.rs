//! `KnowledgeService`: what line 0 answers from.

use handover::wire::{Reader, enums};
use handover::{Desk, Order, Refused, answer, page_size};
use knowledge::{ARTICLE_BYTES_MAX, ARTICLE_ID_BYTES_MAX, Article, Audience, Hit, Viewer};
use proto::line0 as wire;
use proto::line0::knowledge_service_server::KnowledgeService;
use rpc::Role;
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX, Violation, required};
use ticket::{Language, Line};
use tonic::{Request, Response, Status, async_trait};

use crate::shelf::{ARTICLE, Shelves};

/// How many hits a search returns when the caller does not say, and at most.
const HITS: (i32, i32) = (10, 50);

/// Begins the page tokens of the list of articles; the last article's id follows.
const AFTER: &str = "after:";

/// Serves `KnowledgeService`.
pub(crate) struct Articles {
    pub(crate) desk: Desk,
    pub(crate) shelves: Shelves,
}

pub(crate) fn language(language: Language) -> knowledge::Language {
    match language {
        Language::Russian => knowledge::Language::Russian,
        Language::English => knowledge::Language::English,
    }
}

fn to_wire(article: Article) -> wire::Article {
    let Article { id, title, body, questions, language, tags, synonyms, audience } = article;
    let language = match language {
        knowledge::Language::Russian => Language::Russian,
        knowledge::Language::English => Language::English,
    };
    let audience = match audience {
        Audience::Client => wire::Audience::Client,
        Audience::Internal => wire::Audience::Internal,
    };
    wire::Article {
        article_id: id,
        title,
        body,
        questions,
        language: enums::to_language(language),
        tags,
        synonyms,
        audience: audience as i32,
    }
}

fn from_wire(reader: &mut Reader, given: wire::Article) -> Option<Article> {
    let wire::Article { article_id, title, body, questions, language: spoken, tags, synonyms, audience } = given;
    let spoken = enums::language(reader, "articles.language", spoken, true);
    let article = Article {
        id: reader.text("articles.article_id", &article_id, ARTICLE_ID_BYTES_MAX / 2),
        title: reader.text("articles.title", &title, LINE_BYTES_MAX),
        body: reader.text("articles.body", &body, TEXT_BYTES_MAX),
        questions: reader
            .list("articles.questions", questions)
            .iter()
            .map(|question| reader.text("articles.questions", question, LINE_BYTES_MAX * 8))
            .collect(),
        language: language(spoken?),
        tags: reader
            .list("articles.tags", tags)
            .iter()
            .map(|tag| reader.text("articles.tags", tag, LINE_BYTES_MAX))
            .collect(),
        synonyms: reader
            .list("articles.synonyms", synonyms)
            .iter()
            .map(|synonym| reader.text("articles.synonyms", synonym, LINE_BYTES_MAX))
            .collect(),
        audience: read_audience(reader, audience),
    };
    let bytes = article.body.len() + article.title.len() + article.questions.iter().map(String::len).sum::<usize>();
    if bytes > ARTICLE_BYTES_MAX {
        reader.wrong("articles", format!("`{}` has {bytes} bytes; at most {ARTICLE_BYTES_MAX} are taken", article.id));
    }
    Some(article)
}

fn read_audience(reader: &mut Reader, given: i32) -> Audience {
    match wire::Audience::try_from(given) {
        Ok(wire::Audience::Unspecified | wire::Audience::Client) => Audience::Client,
        Ok(wire::Audience::Internal) => Audience::Internal,
        Err(_) => {
            reader.wrong("articles.audience", format!("{given} is not a value of this enum"));
            Audience::Internal
        }
    }
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
            let articles: Vec<Article> = given.into_iter().filter_map(|one| from_wire(&mut reader, one)).collect();
            let articles = reader.finish(Some(articles))?;
            let kept = articles.clone();
            self.desk
                .once(&order, move |change| {
                    Box::pin(async move {
                        for article in &kept {
                            let organization = change.organization();
                            let known = change.work.document::<Article>(organization, ARTICLE, &article.id).await?;
                            let read = known.map(|(_, version)| version);
                            change.work.put_document(organization, ARTICLE, &article.id, article, read).await?;
                        }
                        Ok(wire::PutArticlesResponse::default())
                    })
                })
                .await?;
            let total = self.shelves.put(self.desk.store(), &caller.organization, articles).await?;
            Ok(wire::PutArticlesResponse { total: total as u64 })
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
            let hits = self.shelves.find(self.desk.store(), &caller.organization, viewer, question, most).await?;
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
                self.desk.store().documents::<Article>(&caller.organization, ARTICLE, after.as_deref(), size).await?;
            let is_last = u32::try_from(page.len()).is_ok_and(|got| got < size);
            let next_page_token =
                page.last().filter(|_| !is_last).map(|(id, ..)| format!("{AFTER}{id}")).unwrap_or_default();
            let articles = page.into_iter().map(|(_, article, _)| to_wire(article)).collect();
            Ok(wire::ListArticlesResponse { articles, next_page_token })
        })
        .await
    }
}

/// The article that a page token names as the last of the page before; none for the first page.
fn last_seen(page_token: &str) -> Result<Option<String>, Refused> {
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
