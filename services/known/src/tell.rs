//! What line 3 and the lines below tell each other, within a change: written into the outbox with its cause.

use handover::wire::instant;
use handover::{Change, ExpertiseParcel, Parcel, Refused};
use proto::handover as wire;
use ticket::Line;

use crate::item::ItemNews;
use crate::trial::Trial;
use crate::wire::{to_item, to_outcome, to_test};

/// The lines below line 3, which are told what is known where the plan has them.
pub const BELOW: [Line; 3] = [Line::SelfService, Line::ServiceDesk, Line::Technical];

/// Tells each line below how an item stands. Called by line 3.
///
/// # Errors
/// What the database says.
pub async fn tell_item(change: &Change<'_>, news: &ItemNews) -> Result<(), Refused> {
    for to in BELOW.into_iter().filter(|line| change.plan.topology().has(*line)) {
        tell_item_to(change, to, news, &news.number.to_string()).await?;
    }
    Ok(())
}

/// Tells one line how an item stands; `step` tells this letter from others with the same news. Called by line 3.
///
/// # Errors
/// What the database says.
pub async fn tell_item_to(change: &Change<'_>, to: Line, news: &ItemNews, step: &str) -> Result<(), Refused> {
    let (parcel, about) = (Parcel::Expertise(ExpertiseParcel::Item), news.item.id.to_string());
    let letter = change.letter(to, parcel, &about, step);
    let message = wire::TellItemRequest {
        letter: Some(letter.clone()),
        item: Some(to_item(news.item.clone())),
        withdrawn: news.withdrawn,
        number: news.number,
    };
    change.send_letter(to, parcel, &about, &letter, &message).await
}

/// Brings a runbook to the line of whoever is to try it, or calls the test off. Called by line 3.
///
/// # Errors
/// What the database says.
pub async fn tell_test(change: &Change<'_>, to: Line, trial: Trial, called_off: bool) -> Result<(), Refused> {
    let (parcel, about) = (Parcel::Expertise(ExpertiseParcel::Test), trial.id.to_string());
    let letter = change.letter(to, parcel, &about, if called_off { "called-off" } else { "asked" });
    let message = wire::TellTestRequest { letter: Some(letter.clone()), test: Some(to_test(trial)), called_off };
    change.send_letter(to, parcel, &about, &letter, &message).await
}

/// Tells line 3 what came of a test.
pub(crate) async fn tell_outcome(
    change: &Change<'_>,
    trial: &Trial,
    passed: bool,
    remarks: String,
) -> Result<(), Refused> {
    let (parcel, about) = (Parcel::Expertise(ExpertiseParcel::Outcome), trial.id.to_string());
    let letter = change.letter(Line::Expert, parcel, &about, "recorded");
    let message = wire::TellOutcomeRequest {
        letter: Some(letter.clone()),
        runbook_id: trial.runbook.to_string(),
        test_id: trial.id.to_string(),
        outcome: to_outcome(passed),
        remarks,
        at: Some(instant(change.now)),
    };
    change.send_letter(Line::Expert, parcel, &about, &letter, &message).await
}
