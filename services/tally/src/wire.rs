//! What was counted and told, on the wire.

use handover::wire::{Reader, enums, instant};
use proto::trends as wire;
use trends::cause::Cause;
use trends::watch::Change;
use trends::{Alarm, Measure, Period, Side};

use crate::alert::Alert;

/// A measure from the wire; none with a fault when it is none.
pub(crate) fn measure(reader: &mut Reader, given: i32) -> Option<Measure> {
    use wire::TrendMeasure as On;
    let measure = match On::try_from(given) {
        Ok(On::Registered) => Measure::Registered,
        Ok(On::ClosedAtOnce) => Measure::ClosedAtOnce,
        Ok(On::Deflected) => Measure::StaysClosed,
        Ok(On::HandedOver) => Measure::HandedOver,
        Ok(On::SentBack) => Measure::SentBack,
        Ok(On::Reopened) => Measure::Reopened,
        Ok(On::LateResponse) => Measure::LateResponse,
        Ok(On::LateResolution) => Measure::LateResolution,
        Ok(On::Resolved) => Measure::Resolved,
        Ok(On::Closed) => Measure::Closed,
        Ok(On::OriginalSentiment) => Measure::FirstMood,
        Ok(On::CurrentSentiment) => Measure::LastMood,
        Ok(On::HandlingTime) => Measure::HandlingTime,
        Ok(On::Rating) => Measure::Rating,
        Ok(On::Unspecified) | Err(_) => {
            reader.wrong("measures", format!("has {given}, which is no measure"));
            return None;
        }
    };
    Some(measure)
}

/// A measure on the wire.
pub(crate) fn to_measure(measure: Measure) -> i32 {
    use wire::TrendMeasure as On;
    let on = match measure {
        Measure::Registered => On::Registered,
        Measure::ClosedAtOnce => On::ClosedAtOnce,
        Measure::StaysClosed => On::Deflected,
        Measure::HandedOver => On::HandedOver,
        Measure::SentBack => On::SentBack,
        Measure::Reopened => On::Reopened,
        Measure::LateResponse => On::LateResponse,
        Measure::LateResolution => On::LateResolution,
        Measure::Resolved => On::Resolved,
        Measure::Closed => On::Closed,
        Measure::FirstMood => On::OriginalSentiment,
        Measure::LastMood => On::CurrentSentiment,
        Measure::HandlingTime => On::HandlingTime,
        Measure::Rating => On::Rating,
    };
    on as i32
}

/// A period from the wire; days with a fault when it is none.
pub(crate) fn period(reader: &mut Reader, given: i32) -> Period {
    match wire::TrendPeriod::try_from(given) {
        Ok(wire::TrendPeriod::Hour) => Period::Hour,
        Ok(wire::TrendPeriod::Day) => Period::Day,
        Ok(wire::TrendPeriod::Week) => Period::Week,
        Ok(wire::TrendPeriod::Month) => Period::Month,
        Ok(wire::TrendPeriod::Unspecified) | Err(_) => {
            reader.wrong("period", format!("is {given}, which is no period; say how much time a point takes in"));
            Period::Day
        }
    }
}

/// A side from the wire; none when it is not given.
pub(crate) fn side(reader: &mut Reader, given: i32) -> Option<Side> {
    match wire::TrendSide::try_from(given) {
        Ok(wire::TrendSide::Unspecified) => None,
        Ok(wire::TrendSide::Zone) => Some(Side::Zone),
        Ok(wire::TrendSide::Category) => Some(Side::Category),
        Ok(wire::TrendSide::Product) => Some(Side::Product),
        Ok(wire::TrendSide::Channel) => Some(Side::Channel),
        Ok(wire::TrendSide::Language) => Some(Side::Language),
        Err(_) => {
            reader.wrong("group_by", format!("is {given}, by which nothing is counted"));
            None
        }
    }
}

fn to_side(side: Side) -> i32 {
    let on = match side {
        Side::Zone => wire::TrendSide::Zone,
        Side::Category => wire::TrendSide::Category,
        Side::Product => wire::TrendSide::Product,
        Side::Channel => wire::TrendSide::Channel,
        Side::Language => wire::TrendSide::Language,
    };
    on as i32
}

fn to_alarm(alarm: Alarm) -> i32 {
    let on = match alarm {
        Alarm::Volume => wire::TrendAlarm::Volume,
        Alarm::Mood => wire::TrendAlarm::Mood,
        Alarm::Reopened => wire::TrendAlarm::Reopened,
        Alarm::Overdue => wire::TrendAlarm::Overdue,
        Alarm::HandedOver => wire::TrendAlarm::HandedOver,
        Alarm::Silence => wire::TrendAlarm::Silence,
    };
    on as i32
}

/// An alert on the wire.
pub(crate) fn to_alert(alert: Alert) -> wire::TrendAlert {
    let Alert { id, line, change, causes, ru, en, told_at, over_at, acknowledged, note, plan } = alert;
    let Change { alarm, end: _, hours, count, of, expected, chance } = change;
    let (acknowledged_by, acknowledged_at) = acknowledged.unzip();
    wire::TrendAlert {
        alert_id: id.to_string(),
        line: enums::to_line(line),
        alarm: to_alarm(alarm),
        told_at: Some(instant(told_at)),
        hours: u32::try_from(hours).unwrap_or_default(),
        count,
        of: of.unwrap_or_default(),
        expected,
        chance,
        causes: causes.into_iter().map(to_cause).collect(),
        ru,
        en,
        over_at: over_at.map(instant),
        acknowledged_by: acknowledged_by.unwrap_or_default(),
        acknowledged_at: acknowledged_at.map(instant),
        note,
        plan,
    }
}

fn to_cause(cause: Cause) -> wire::TrendCause {
    let Cause { side, name, count, expected, percent } = cause;
    wire::TrendCause { side: to_side(side), name, count, expected, percent }
}
