//! What the encoder makes of requests: of one that comes in, in time or not at all, and of all that are learned from.
//!
//! Only the text goes there, cut as for the models, and only to the address of the settings.

use std::time::Duration;

use backends::{BATCH_MAX, Encoded, Encoder, Failed};
use jiff::Timestamp;

use super::lesson::Lesson;
use super::{Asked, Sorter};

/// How long the vectors of one batch are waited for in a training, which nobody waits for.
const BATCH_PATIENCE: Duration = Duration::from_secs(30);

/// How often a batch is tried.
const TRIES: usize = 2;

/// How long all of them together may take; well inside of a training's lease.
const ALL_PATIENCE: Duration = Duration::from_secs(15 * 60);

/// The vector of a request, where any of `sorters` learned from vectors and the encoder answers in time.
pub(super) async fn of_request(
    encoder: Option<&Encoder>,
    sorters: &[Sorter],
    asked: &Asked,
    now: Timestamp,
) -> Option<Encoded> {
    let wanting = sorters.iter().any(|sorter| sorter.model.encoder().is_some());
    encoder.filter(|_| wanting)?.vector(&asked.text, now).await
}

/// The same, where the answer is worth waiting for.
pub(crate) async fn surely(encoder: &Encoder, sorters: &[Sorter], asked: &Asked) -> Result<Option<Encoded>, Failed> {
    if !sorters.iter().any(|sorter| sorter.model.encoder().is_some()) {
        return Ok(None);
    }
    encoder.encode(&[&asked.text], BATCH_PATIENCE).await.map(Some)
}

/// Gives all lessons their vectors, and says what made them; all or none, since a model of half of them would be measured on
/// that half.
pub(super) async fn of_lessons(encoder: &Encoder, lessons: &mut [Lesson]) -> Result<triage::Encoder, Failed> {
    let made = rpc::deadline::within(ALL_PATIENCE, all_of(encoder, lessons)).await;
    made.unwrap_or_else(|_| Err(Failed::not_now("all vectors together took too long")))
}

async fn all_of(encoder: &Encoder, lessons: &mut [Lesson]) -> Result<triage::Encoder, Failed> {
    let mut maker: Option<triage::Encoder> = None;
    let mut all = Vec::with_capacity(lessons.len());
    for batch in lessons.chunks(BATCH_MAX) {
        let texts: Vec<&str> = batch.iter().map(|lesson| lesson.asked.text.as_str()).collect();
        let Encoded { encoder: name, vectors } = batch_of(encoder, &texts).await?;
        let of_batch = triage::Encoder { name, dimensions: vectors.first().map_or(0, Vec::len) };
        if maker.as_ref().is_some_and(|maker| *maker != of_batch) {
            return Err(Failed::not_now("it changed while it was asked"));
        }
        maker = Some(of_batch);
        all.extend(vectors);
    }
    lessons.iter_mut().zip(all).for_each(|(lesson, vector)| lesson.vector = Some(vector));
    maker.ok_or_else(|| Failed::not_now("there is nothing to learn from"))
}

async fn batch_of(encoder: &Encoder, texts: &[&str]) -> Result<Encoded, Failed> {
    let mut made = encoder.encode(texts, BATCH_PATIENCE).await;
    for _ in 1..TRIES {
        if made.is_ok() {
            break;
        }
        made = encoder.encode(texts, BATCH_PATIENCE).await;
    }
    made
}
