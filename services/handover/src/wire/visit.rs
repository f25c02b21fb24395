//! How a visit stands, both ways.

use proto::handover as hand;
use ticket::VisitId;
use ticket::event::{VisitNews, Window};
use ticket::field::TEXT_BYTES_MAX;

use super::{Reader, enums, instant, to_instant};

/// How a visit stands, from the wire.
pub fn news(reader: &mut Reader, given: Option<hand::VisitNews>) -> Option<VisitNews> {
    let hand::VisitNews { visit_id, sequence, state, begins, ends, purpose, why_cancelled } =
        reader.given("news", given)?;
    let visit = reader.id::<VisitId>("news.visit_id", &visit_id);
    let state = enums::visit_state(reader, "news.state", state, true);
    let begins = to_instant(reader, "news.begins", begins);
    let ends = to_instant(reader, "news.ends", ends);
    let purpose = reader.text("news.purpose", &purpose, TEXT_BYTES_MAX);
    let why_cancelled = reader.optional("news.why_cancelled", &why_cancelled, TEXT_BYTES_MAX).unwrap_or_default();
    let window = Window { begins: begins?, ends: ends? };
    Some(VisitNews { visit: visit?, sequence, state: state?, window, purpose, why_cancelled })
}

/// How a visit stands, on the wire.
#[must_use]
pub fn to_news(news: VisitNews) -> hand::VisitNews {
    let VisitNews { visit, sequence, state, window: Window { begins, ends }, purpose, why_cancelled } = news;
    hand::VisitNews {
        visit_id: visit.to_string(),
        sequence,
        state: enums::to_visit_state(state),
        begins: Some(instant(begins)),
        ends: Some(instant(ends)),
        purpose,
        why_cancelled,
    }
}
