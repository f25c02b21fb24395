//! Real requests through line 0: how many it answers, how many it hands over, how fast.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::StreamExt;
use knowledge::Article;
use knowledge::life::{About, Edition};
use plan::Plan;
use proto::line0::{self, reply::Outcome};
use proto::ticket::Channel;
use rpc::{Limits, tuned};
use serde::Serialize;
use ticket::Line;

use crate::article_wire::to_wire;
use crate::demo::input::Row;
use crate::demo::play::client;
use crate::demo::progress;
use crate::failure::Failure;
use crate::lines;
use crate::people;
use crate::suite::Suite;

/// As many articles as one call takes.
const ARTICLES_AT_ONCE: usize = 200;

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long handovers may take to be delivered when all requests were asked.
const DELIVERY_LOOKS_MAX: u32 = 600;
const DELIVERY_LOOK_EVERY: Duration = Duration::from_millis(100);

/// What came of a file of requests.
#[derive(Debug, Default, Serialize)]
struct Summary {
    requests: usize,
    articles: usize,
    /// Closed at line 0.
    answered: usize,
    /// Of those, how many with the article that the file names; none when it names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_right: Option<usize>,
    handed_over: usize,
    /// Offered articles, or asked a question back; these wait for the client.
    waiting: usize,
    /// Refused, with the reasons.
    failed: BTreeMap<String, usize>,
    /// Tickets by the line that holds them.
    by_line: BTreeMap<String, u64>,
    seconds: f64,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Broken invariants; none is expected.
    broken: Vec<String>,
}

/// What came of one request.
struct Answer {
    outcome: Result<Outcome, String>,
    right: Option<bool>,
    took: Duration,
}

/// Puts `articles` into line 0's knowledge.
///
/// # Errors
/// When line 0 refuses them.
pub(super) async fn put_articles(suite: &Suite, plan: &Plan, articles: Vec<Article>) -> Result<(), Failure> {
    let channel = suite.as_caller(Line::SelfService, &people::knowledge_editor(plan));
    let mut shelf = client!(line0::knowledge_service_client::KnowledgeServiceClient, channel);
    for (index, some) in articles.chunks(ARTICLES_AT_ONCE).enumerate() {
        let request = line0::PutArticlesRequest {
            request_id: format!("articles-{index}"),
            articles: some.iter().cloned().map(published).collect(),
        };
        shelf.put_articles(request).await?;
    }
    Ok(())
}

fn published(article: Article) -> line0::Article {
    to_wire(Edition { article, about: About::default() })
}

/// Asks every row of `input` at line 0 and prints a summary. Returns whether all were taken and nothing broke.
///
/// # Errors
/// When the knowledge is refused or a database cannot be read.
pub(super) async fn run(
    suite: &Suite,
    plan: &Plan,
    input: &[Row],
    articles: Vec<Article>,
    at_once: u16,
    json: bool,
) -> Result<bool, Failure> {
    let mut summary = Summary { requests: input.len(), articles: articles.len(), ..Summary::default() };
    put_articles(suite, plan, articles).await?;
    let bar = progress(input.len() as u64);
    let begun = Instant::now();
    let answers: Vec<Answer> = futures::stream::iter(input.iter().enumerate())
        .map(|(index, row)| {
            let bar = &bar;
            async move {
                let answer = ask(suite, plan, index, row).await;
                bar.inc(1);
                answer
            }
        })
        .buffer_unordered(usize::from(at_once))
        .collect()
        .await;
    summary.seconds = begun.elapsed().as_secs_f64();
    bar.finish_and_clear();
    #[expect(clippy::cast_precision_loss, reason = "a rate; nobody asks more than 2^52 requests")]
    let asked = input.len() as f64;
    summary.per_second = asked / summary.seconds.max(f64::EPSILON);
    gather(&mut summary, answers);
    delivered(suite).await?;
    for line in Line::ALL {
        let Some(desk) = suite.desk(line) else { continue };
        let figures = desk.store().figures(None).await.map_err(|error| Failure::Store { line, error })?;
        summary.by_line.insert(lines::name(lines::to_wire(line)), figures.held.values().sum());
    }
    summary.broken = suite.audit().await?.broken;
    print(&summary, json)?;
    Ok(summary.failed.is_empty() && summary.broken.is_empty())
}

async fn ask(suite: &Suite, plan: &Plan, index: usize, row: &Row) -> Answer {
    let caller = people::client(plan, row.client.as_deref().filter(|client| !client.is_empty()).unwrap_or("client-1"));
    let mut self_service = client!(
        line0::self_service_service_client::SelfServiceServiceClient,
        suite.as_caller(Line::SelfService, &caller)
    );
    let mut request = tonic::Request::new(line0::AskRequest {
        request_id: format!("row-{index}"),
        text: row.text.clone(),
        channel: Channel::WebForm as i32,
        ..line0::AskRequest::default()
    });
    request.set_timeout(PATIENCE);
    let begun = Instant::now();
    let answered = self_service.ask(request).await;
    let took = begun.elapsed();
    match answered {
        Ok(answer) => {
            let reply = answer.into_inner().reply.unwrap_or_default();
            let outcome = reply.outcome();
            let right = row.expected.as_ref().filter(|_| outcome == Outcome::Answered);
            Answer { outcome: Ok(outcome), right: right.map(|expected| *expected == reply.article_id), took }
        }
        Err(status) => {
            let reason = rpc::reason_of(&status).map(|reason| reason.as_str_name().to_owned());
            Answer { outcome: Err(reason.unwrap_or_else(|| status.to_string())), right: None, took }
        }
    }
}

fn gather(summary: &mut Summary, answers: Vec<Answer>) {
    let mut times: Vec<f64> = answers.iter().map(|answer| answer.took.as_secs_f64() * 1000.0).collect();
    times.sort_by(f64::total_cmp);
    let share = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
    (summary.p50_ms, summary.p99_ms) = (share(50).copied().unwrap_or(0.0), share(99).copied().unwrap_or(0.0));
    for Answer { outcome, right, took: _ } in answers {
        match outcome {
            Ok(Outcome::Answered) => summary.answered += 1,
            Ok(Outcome::HandedOver | Outcome::Forwarded) => summary.handed_over += 1,
            Ok(Outcome::Offered | Outcome::AskedBack | Outcome::Acknowledged | Outcome::Working) => {
                summary.waiting += 1
            }
            Ok(Outcome::Unspecified) => *summary.failed.entry("no outcome".to_owned()).or_default() += 1,
            Err(reason) => *summary.failed.entry(reason).or_default() += 1,
        }
        if let Some(right) = right {
            *summary.answered_right.get_or_insert(0) += usize::from(right);
        }
    }
}

/// Waits until every outbox is empty.
async fn delivered(suite: &Suite) -> Result<(), Failure> {
    for _ in 0..DELIVERY_LOOKS_MAX {
        let mut waiting = 0;
        for line in Line::ALL {
            let Some(desk) = suite.desk(line) else { continue };
            let figures = desk.store().figures(None).await.map_err(|error| Failure::Store { line, error })?;
            waiting += figures.outbox_pending;
        }
        if waiting == 0 {
            return Ok(());
        }
        tokio::time::sleep(DELIVERY_LOOK_EVERY).await;
    }
    Err(Failure::Late("the delivery of all handovers".to_owned()))
}

fn print(summary: &Summary, json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", serde_json::to_string(summary).map_err(|error| Failure::Given(error.to_string()))?);
        return Ok(());
    }
    #[expect(clippy::cast_precision_loss, reason = "a share; nobody asks more than 2^52 requests")]
    let share = |count: usize| 100.0 * count as f64 / (summary.requests.max(1)) as f64;
    println!("{:>8}  requests, {} articles known", summary.requests, summary.articles);
    println!("{:>8}  answered at line 0 ({:.1} %)", summary.answered, share(summary.answered));
    if let Some(right) = summary.answered_right {
        println!("{right:>8}  of those with the article that the file names");
    }
    println!("{:>8}  handed over ({:.1} %)", summary.handed_over, share(summary.handed_over));
    println!("{:>8}  wait for the client's choice or answer ({:.1} %)", summary.waiting, share(summary.waiting));
    for (reason, count) in &summary.failed {
        println!("{count:>8}  failed: {reason}");
    }
    for (line, count) in summary.by_line.iter().filter(|(_, count)| **count > 0) {
        println!("{count:>8}  held by {line}");
    }
    println!(
        "{:>8.0}  a second, {:.1} s in all; half within {:.1} ms, 99 % within {:.1} ms",
        summary.per_second, summary.seconds, summary.p50_ms, summary.p99_ms
    );
    for broken in &summary.broken {
        println!("BROKEN {broken}");
    }
    Ok(())
}
