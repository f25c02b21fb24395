//! The calendars of an organization, each in the versions it has had.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::calendar::Calendar;

/// Every calendar of an organization. An edit holds from an instant on and leaves the past as it was, unless the past
/// is rewritten on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendars(BTreeMap<String, Versions>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Versions {
    first: Calendar,
    /// In force from an instant on.
    later: BTreeMap<Timestamp, Calendar>,
}

impl Calendars {
    /// Puts `calendar` in force for all time, past and future, in place of every version of its id.
    pub fn rewrite(&mut self, calendar: Calendar) {
        self.0.insert(calendar.id.clone(), Versions { first: calendar, later: BTreeMap::new() });
    }

    /// Puts `calendar` in force from `since` on, in place of the versions of its id from then on; what was before
    /// stays. The first version of an id is in force for all time.
    pub fn edit(&mut self, calendar: Calendar, since: Timestamp) {
        let Some(Versions { first, later }) = self.0.get_mut(&calendar.id) else {
            return self.rewrite(calendar);
        };
        later.split_off(&since);
        let last = later.last_key_value().map_or(&*first, |(_, last)| last);
        if *last != calendar {
            later.insert(since, calendar);
        }
    }

    /// The version of the calendar `id` in force at `at`.
    #[must_use]
    pub fn at(&self, id: &str, at: Timestamp) -> Option<&Calendar> {
        self.in_force(id, at).map(|(calendar, _)| calendar)
    }

    /// The version in force at `at`, and when the next one takes over.
    pub(crate) fn in_force(&self, id: &str, at: Timestamp) -> Option<(&Calendar, Option<Timestamp>)> {
        let Versions { first, later } = self.0.get(id)?;
        let calendar = later.range(..=at).next_back().map_or(first, |(_, calendar)| calendar);
        let next = later.range((std::ops::Bound::Excluded(at), std::ops::Bound::Unbounded)).next();
        Some((calendar, next.map(|(since, _)| *since)))
    }
}

impl FromIterator<Calendar> for Calendars {
    /// Each in force for all time.
    fn from_iter<I: IntoIterator<Item = Calendar>>(all: I) -> Self {
        let mut calendars = Self::default();
        all.into_iter().for_each(|calendar| calendars.rewrite(calendar));
        calendars
    }
}
