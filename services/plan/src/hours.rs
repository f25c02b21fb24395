//! Working hours as a plan writes them.

use deadline::{DAY_MINUTES, Shift};

use crate::fault::Gathered;
use crate::place::{At, shorten};

/// The longest hours that go past midnight, in minutes: 16 hours. Longer ones are mostly written the wrong way round.
const NIGHT_MINUTES_MAX: u16 = 16 * 60;

/// The shifts of one day, sorted, with faults for those that are malformed or overlap.
pub(crate) fn shifts<'f>(hours: &'f [At<String>], gathered: &mut Gathered) -> Vec<(Shift, &'f At<String>)> {
    let mut sorted: Vec<(Shift, &At<String>)> =
        hours.iter().filter_map(|at| Some((shift(at, gathered)?, at))).collect();
    sorted.sort_by_key(|(shift, _)| *shift);
    for ((earlier, before), (later, at)) in sorted.iter().zip(sorted.iter().skip(1)) {
        if later.start < earlier.end {
            let message = format!("the hours {} overlap with {}", shorten(&at.value), shorten(&before.value));
            gathered.note(&at.span, message, "let them end before the next ones begin");
        }
    }
    sorted
}

fn shift(at: &At<String>, gathered: &mut Gathered) -> Option<Shift> {
    let Some((start, end)) = at.value.split_once('-').and_then(|(start, end)| Some((minute(start)?, minute(end)?)))
    else {
        let message = format!("`{}` are not hours", shorten(&at.value));
        gathered.note(
            &at.span,
            message,
            "write them as `09:00-18:00`, from 00:00 to 24:00, or `20:00-02:00` past midnight",
        );
        return None;
    };
    let past_midnight = if end < start { DAY_MINUTES } else { 0 };
    let shift = Shift { start, end: end + past_midnight };
    let lasts = shift.end - shift.start;
    if lasts == 0 {
        gathered.note(&at.span, format!("the hours {} are none", shorten(&at.value)), "let them end later");
        return None;
    }
    if past_midnight > 0 && lasts > NIGHT_MINUTES_MAX {
        let message = format!("the hours {} end before they begin", shorten(&at.value));
        let hours = NIGHT_MINUTES_MAX / 60;
        gathered.note(&at.span, message, format!("let them end later; past midnight they last at most {hours} hours"));
        return None;
    }
    Some(shift)
}

/// The minute of the day that `text` (`HH:MM`, up to 24:00) names.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= DAY_MINUTES).then_some(hour * 60 + minute)
}
