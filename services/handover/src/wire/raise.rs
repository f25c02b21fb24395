//! What raises a ticket, both ways.

use proto::ticket as wire;
use ticket::field::LINE_BYTES_MAX;
use ticket::raise::RAISES_MAX;
use ticket::{Raise, RaiseCause};

use super::Reader;

/// What raises a ticket, on the wire.
pub(super) fn to_raise(raise: Raise) -> wire::Raise {
    let cause = match raise.cause {
        RaiseCause::Rule { .. } => wire::RaiseCause::Rule,
        RaiseCause::Mood => wire::RaiseCause::Mood,
        RaiseCause::Mass { .. } => wire::RaiseCause::Mass,
        RaiseCause::ForceMajeure { .. } => wire::RaiseCause::ForceMajeure,
    };
    let id = raise.cause.id().to_owned();
    wire::Raise { cause: cause as i32, id, steps: raise.steps.into(), ru: raise.ru, en: raise.en }
}

/// What raises a ticket, from the wire.
pub(super) fn raises(reader: &mut Reader, name: &str, given: Vec<wire::Raise>) -> Vec<Raise> {
    if given.len() > RAISES_MAX {
        reader.wrong(name, format!("has {} causes; at most {RAISES_MAX} count", given.len()));
        return Vec::new();
    }
    given.into_iter().filter_map(|raise| read(reader, name, raise)).collect()
}

fn read(reader: &mut Reader, name: &str, given: wire::Raise) -> Option<Raise> {
    let wire::Raise { cause, id, steps, ru, en } = given;
    let id = reader.optional(name, &id, LINE_BYTES_MAX).unwrap_or_default();
    let ru = reader.text(name, &ru, LINE_BYTES_MAX);
    let en = reader.text(name, &en, LINE_BYTES_MAX);
    let Ok(steps) = u8::try_from(steps) else {
        reader.wrong(name, format!("{steps} steps are more than a priority has"));
        return None;
    };
    let cause = match wire::RaiseCause::try_from(cause) {
        Ok(wire::RaiseCause::Rule) => RaiseCause::Rule { id },
        Ok(wire::RaiseCause::Mood) => RaiseCause::Mood,
        Ok(wire::RaiseCause::Mass) => RaiseCause::Mass { incident: id },
        Ok(wire::RaiseCause::ForceMajeure) => RaiseCause::ForceMajeure { profile: id },
        Ok(wire::RaiseCause::Unspecified) | Err(_) => {
            reader.wrong(name, format!("{cause} is not a cause that is known here"));
            return None;
        }
    };
    Some(Raise { cause, steps, ru, en })
}
