//! A slow and obvious reckoning: half minute by half minute, by what the clock on the wall shows. It shares no code with the crate.

use deadline::{Calendar, Emergency, Fact, Measure, What};
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Whether somebody at the desk, looking at the clock on the wall, would be working.
pub(crate) fn works(calendar: &Calendar, at: Timestamp) -> bool {
    let wall = calendar.zone.to_datetime(at);
    if calendar.closures.iter().any(|closure| closure.from <= wall && wall < closure.to) {
        return false;
    }
    begun_on(calendar, wall, 0) || begun_on(calendar, wall, 1)
}

/// Whether a shift that began `days_ago` covers `wall`.
fn begun_on(calendar: &Calendar, wall: DateTime, days_ago: i64) -> bool {
    let day = wall.date() - days_ago.days();
    let minute = i64::from(wall.hour()) * 60 + i64::from(wall.minute()) + days_ago * 24 * 60;
    let shifts = if let Some(special) = calendar.special.get(&day) {
        special
    } else if calendar.holidays.contains(&day) {
        &Vec::new()
    } else {
        &calendar.week[day.weekday().to_monday_zero_offset() as usize]
    };
    shifts.iter().any(|shift| i64::from(shift.start) <= minute && minute < i64::from(shift.end))
}

/// Half a minute: under twice the target a minute counts as so much, and nothing that is asked here is finer.
const STEP: SignedDuration = SignedDuration::from_secs(30);

/// A clock on the wall of the desk, moved by hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Desk {
    pub(crate) counted: SignedDuration,
    pub(crate) breached: Option<Timestamp>,
    pub(crate) held: bool,
    pub(crate) ended: bool,
    within: Option<SignedDuration>,
    calendar: String,
}

impl Desk {
    /// The desk at `now`, having gone through every minute and every fact up to then. Facts and emergencies, which double
    /// the target, stand on whole minutes.
    pub(crate) fn at<'c>(
        measure: Measure,
        facts: &[Fact],
        emergencies: &[Emergency],
        in_force: impl Fn(&str, Timestamp) -> &'c Calendar,
        now: Timestamp,
    ) -> Self {
        let mut desk = Self::default();
        let Some(first) = facts.first() else { return desk };
        let mut minute = first.at;
        loop {
            for fact in facts.iter().filter(|fact| fact.at == minute) {
                desk.happens(measure, fact);
            }
            let within = desk.within.expect("it has started");
            if !desk.held && !desk.ended && desk.counted >= within && desk.breached.is_none() {
                desk.breached = Some(minute);
            }
            if minute >= now {
                return desk;
            }
            if !desk.held && !desk.ended && works(in_force(&desk.calendar, minute), minute) {
                let doubled = emergencies.iter().any(|one| one.from <= minute && minute < one.to);
                desk.counted += if doubled { STEP / 2 } else { STEP };
            }
            minute += STEP;
        }
    }

    fn happens(&mut self, measure: Measure, fact: &Fact) {
        match &fact.what {
            What::Started { target } if self.within.is_none() => {
                self.within = Some(target.within);
                self.calendar = target.calendar.clone();
            }
            What::Started { .. } => {}
            What::TargetChanged { target } => {
                self.within = Some(target.within);
                self.calendar = target.calendar.clone();
                self.breached = None;
            }
            What::CalendarChanged { calendar } => self.calendar = calendar.clone(),
            What::Reopened => {
                if measure == Measure::Resolution && self.ended {
                    self.ended = false;
                    self.held = false;
                }
            }
            What::Held { stops, .. } if !self.ended => self.held = *stops,
            What::Resumed if !self.ended => self.held = false,
            What::Met | What::Stopped if !self.ended => {
                self.ended = true;
                self.held = false;
            }
            What::Held { .. } | What::Resumed | What::Met | What::Stopped => {}
        }
    }
}
