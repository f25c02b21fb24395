//! News of problems, both ways.

use proto::ticket as wire;
use ticket::ProblemId;
use ticket::event::{ProblemNews, ProblemStage};
use ticket::field::{LINE_BYTES_MAX, TEXT_BYTES_MAX};

use super::Reader;

/// A stage on the wire.
#[must_use]
pub fn to_stage(stage: ProblemStage) -> wire::ProblemStage {
    match stage {
        ProblemStage::Investigating => wire::ProblemStage::Investigating,
        ProblemStage::KnownError => wire::ProblemStage::KnownError,
        ProblemStage::Resolving => wire::ProblemStage::Resolving,
        ProblemStage::Resolved => wire::ProblemStage::Resolved,
        ProblemStage::Cancelled => wire::ProblemStage::Cancelled,
    }
}

/// A stage from the wire; none when it is unset or unknown, which is a fault if it is `required`.
pub fn stage(reader: &mut Reader, name: &str, number: i32, required: bool) -> Option<ProblemStage> {
    match wire::ProblemStage::try_from(number) {
        Ok(wire::ProblemStage::Unspecified) if required => reader.wrong(name, "is unset; it is required"),
        Ok(wire::ProblemStage::Unspecified) => {}
        Ok(given) => return ProblemStage::ALL.into_iter().find(|stage| to_stage(*stage) == given),
        Err(_) => reader.wrong(name, format!("{number} is not a value of this enum")),
    }
    None
}

/// News on the wire.
pub(crate) fn to_news(news: ProblemNews) -> wire::ProblemNews {
    let ProblemNews { problem, linked, title, stage, workaround, cause, done, how_to_verify, number } = news;
    let (problem_id, stage) = (problem.to_string(), to_stage(stage) as i32);
    wire::ProblemNews { problem_id, linked, title, stage, workaround, cause, done, how_to_verify, number }
}

/// News from the wire.
pub(crate) fn news(reader: &mut Reader, given: Option<wire::ProblemNews>) -> Option<ProblemNews> {
    let wire::ProblemNews { problem_id, linked, title, stage: at, workaround, cause, done, how_to_verify, number } =
        reader.given("news", given)?;
    let problem = reader.id::<ProblemId>("news.problem_id", &problem_id);
    let title = reader.text("news.title", &title, LINE_BYTES_MAX);
    let stage = stage(reader, "news.stage", at, true);
    let workaround = reader.optional("news.workaround", &workaround, TEXT_BYTES_MAX).unwrap_or_default();
    let cause = reader.optional("news.cause", &cause, TEXT_BYTES_MAX).unwrap_or_default();
    let done = reader.list("news.done", done);
    let done = done.iter().map(|step| reader.text("news.done", step, TEXT_BYTES_MAX)).collect();
    let how_to_verify = reader.optional("news.how_to_verify", &how_to_verify, TEXT_BYTES_MAX).unwrap_or_default();
    let (problem, stage) = (problem?, stage?);
    Some(ProblemNews { problem, linked, title, stage, workaround, cause, done, how_to_verify, number })
}
