//! What was told, against what is known.

/// Something that the watch told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// An incident, by its number.
    Incident(usize),
    /// The announced mailing, as a wave.
    Wave,
    /// The announced mailing, as if it were an incident.
    WaveAsIncident,
    /// Nothing of the kind.
    Nothing,
}

/// How well the watch did.
#[derive(Debug, Clone, Default)]
pub struct Score {
    /// Weeks that were measured.
    pub weeks: i64,
    /// What was told, in order; growth of what was told already is left out.
    pub told: Vec<Told>,
    /// For each incident: minutes from its beginning until it was told, and how many had written by then.
    pub noticed: Vec<Option<(i64, u32)>>,
    /// For each incident, whether enough wrote for it to count as one: the plan's `least`.
    pub counts: Vec<u32>,
    begins: Vec<i64>,
}

impl Score {
    pub(super) fn over(begins: &[i64], weeks: i64) -> Self {
        let (told, noticed, counts) = (Vec::new(), vec![None; begins.len()], vec![0; begins.len()]);
        Self { weeks, told, noticed, counts, begins: begins.to_vec() }
    }

    pub(super) fn wrote(&mut self, measured: i64, incident: Option<usize>) {
        if let Some(count) = incident.and_then(|number| self.counts.get_mut(number))
            && measured >= 0
        {
            *count += 1;
        }
    }

    pub(super) fn told(&mut self, minute: i64, tickets: Vec<Option<usize>>, is_wave: bool, mailing: bool) {
        let most =
            (0..self.begins.len()).max_by_key(|number| tickets.iter().filter(|of| **of == Some(*number)).count());
        let share = |number: usize| tickets.iter().filter(|of| **of == Some(number)).count() * 2 >= tickets.len();
        let told = match most {
            Some(number) if share(number) && !is_wave => Told::Incident(number),
            _ if mailing && is_wave => Told::Wave,
            _ if mailing => Told::WaveAsIncident,
            _ => Told::Nothing,
        };
        if let Told::Incident(number) = told {
            let (begin, wrote) = (self.begins.get(number).copied(), self.counts.get(number).copied());
            match self.noticed.get_mut(number) {
                Some(noticed @ None) => *noticed = begin.zip(wrote).map(|(begin, wrote)| (minute - begin, wrote)),
                // Known already: it grew, or shows in other words too.
                _ => return,
            }
        }
        if told == Told::Wave && self.told.contains(&told) {
            return;
        }
        self.told.push(told);
    }

    /// Incidents for which at least `least` wrote.
    #[must_use]
    pub fn happened(&self, least: u32) -> usize {
        self.counts.iter().filter(|count| **count >= least).count()
    }

    /// How many of them were told.
    #[must_use]
    pub fn found(&self) -> usize {
        self.noticed.iter().flatten().count()
    }

    /// How often something was told that was no incident.
    #[must_use]
    pub fn false_alarms(&self) -> usize {
        self.told.iter().filter(|told| matches!(told, Told::Nothing | Told::WaveAsIncident)).count()
    }

    /// Of what was told as an incident, the part that was one; 1 when nothing was told.
    #[must_use]
    pub fn precision(&self) -> f64 {
        let told = self.found() + self.false_alarms();
        if told == 0 { 1.0 } else { self.found() as f64 / told as f64 }
    }

    /// Of the incidents for which at least `least` wrote, the part that was told.
    #[must_use]
    pub fn recall(&self, least: u32) -> f64 {
        let happened = self.happened(least);
        if happened == 0 { 1.0 } else { self.found() as f64 / happened as f64 }
    }
}
