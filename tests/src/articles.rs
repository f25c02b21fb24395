//! Articles of line 0, as people write, approve and publish them.

use proto::line0 as wire;
use proto::line0::article_service_client::ArticleServiceClient;
use proto::line0::knowledge_service_client::KnowledgeServiceClient;
use rpc::{Caller, Channel, Role};
use ticket::Line;
use tonic::{Response, Status};

use crate::Stage;

/// What comes of a change of an article.
pub type Changed = Result<wire::KeptArticle, Status>;

/// An article for clients, in Russian.
#[must_use]
pub fn article(id: &str, title: &str, body: &str) -> wire::Article {
    wire::Article {
        article_id: id.into(),
        title: title.into(),
        body: body.into(),
        language: proto::ticket::Language::Russian as i32,
        ..wire::Article::default()
    }
}

/// A knowledge editor called so.
#[must_use]
pub fn editor(stage: &Stage, subject: &str) -> Caller {
    Caller { subject: subject.into(), ..stage.people().with_role(Role::KnowledgeEditor) }
}

/// The service, for `caller`.
#[must_use]
pub fn at(stage: &Stage, caller: &Caller) -> ArticleServiceClient<Channel> {
    ArticleServiceClient::new(stage.people().channel(Line::SelfService, caller))
}

fn changed(kept: Option<wire::KeptArticle>) -> wire::KeptArticle {
    kept.expect("a change answers with the article")
}

/// Writes a draft.
///
/// # Errors
/// The refusal.
pub async fn write(stage: &Stage, caller: &Caller, article: wire::Article) -> Changed {
    let request = wire::WriteArticleRequest {
        request_id: stage.people().request_id(),
        article: Some(article),
        expected_version: 0,
    };
    at(stage, caller).write_article(request).await.map(|response| changed(response.into_inner().article))
}

/// Approves a draft.
///
/// # Errors
/// The refusal.
pub async fn approve(stage: &Stage, caller: &Caller, id: &str) -> Changed {
    let request = wire::ApproveArticleRequest {
        request_id: stage.people().request_id(),
        article_id: id.into(),
        expected_version: 0,
    };
    at(stage, caller).approve_article(request).await.map(|response| changed(response.into_inner().article))
}

/// Publishes what is approved.
///
/// # Errors
/// The refusal.
pub async fn publish(stage: &Stage, caller: &Caller, id: &str) -> Changed {
    let request = wire::PublishArticleRequest {
        request_id: stage.people().request_id(),
        article_id: id.into(),
        expected_version: 0,
    };
    at(stage, caller).publish_article(request).await.map(|response| changed(response.into_inner().article))
}

/// Takes an article out of service.
///
/// # Errors
/// The refusal.
pub async fn retire(stage: &Stage, caller: &Caller, id: &str) -> Changed {
    let request = wire::RetireArticleRequest {
        request_id: stage.people().request_id(),
        article_id: id.into(),
        expected_version: 0,
    };
    at(stage, caller).retire_article(request).await.map(|response| changed(response.into_inner().article))
}

/// Writes, approves and publishes, each by another person.
///
/// # Panics
/// When it is refused.
pub async fn make(stage: &Stage, article: wire::Article) -> wire::KeptArticle {
    let id = article.article_id.clone();
    let [author, reviewer, publisher] = ["olga", "ivan", "petr"].map(|name| editor(stage, name));
    write(stage, &author, article).await.expect("anybody writes drafts");
    approve(stage, &reviewer, &id).await.expect("another approves it");
    publish(stage, &publisher, &id).await.expect("what is approved is published")
}

/// The articles with a version in this state.
///
/// # Panics
/// When it is refused.
pub async fn in_state(stage: &Stage, state: wire::ArticleState) -> Vec<wire::KeptArticle> {
    let request = wire::ListArticlesInStateRequest { state: state as i32, page_size: 200, page_token: String::new() };
    let listed = at(stage, &stage.people().supervisor()).list_articles_in_state(request).await;
    listed.expect("a supervisor sees all").into_inner().articles
}

/// The ids of what a client finds over this channel.
///
/// # Panics
/// When it is refused.
pub async fn found(channel: Channel, question: &str) -> Vec<String> {
    let request = wire::SearchArticlesRequest { question: question.into(), page_size: 0, page_token: String::new() };
    let found = KnowledgeServiceClient::new(channel).search_articles(request).await.map(Response::into_inner);
    found.expect("a client may search").offers.into_iter().map(|offer| offer.article_id).collect()
}
