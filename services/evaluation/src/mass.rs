//! Mass incidents: made-up weeks of organizations of four sizes, of which it is known what was an incident.

use mass::simulation::{SCENARIOS, Score, Told, Volume, run};

use crate::row::WatchRow;

/// So many clients make a candidate; what fewer wrote of counts as no incident.
const LEAST: u32 = 5;

/// Organizations of each size.
const ORGANIZATIONS: u64 = 3;

/// A row for each size of organization, and one for each thing that happens, over all sizes.
pub(crate) fn rows() -> Vec<WatchRow> {
    rows_of(&Volume::ALL, ORGANIZATIONS)
}

fn rows_of(volumes: &[Volume], organizations: u64) -> Vec<WatchRow> {
    let scores_of = |volume: &Volume| (*volume, (0..organizations).map(|seed| run(*volume, 1_000 + seed)).collect());
    let scores: Vec<(Volume, Vec<Score>)> = volumes.iter().map(scores_of).collect();
    let mut rows: Vec<WatchRow> = scores.iter().map(|(volume, scores)| of_size(*volume, scores)).collect();
    let all: Vec<&Score> = scores.iter().flat_map(|(_, scores)| scores).collect();
    rows.extend(SCENARIOS.iter().enumerate().map(|(number, name)| of_scenario(number, name, &all)));
    rows.push(of_newsletter(&all));
    rows
}

fn of_size(volume: Volume, scores: &[Score]) -> WatchRow {
    let sum = |of: fn(&Score) -> usize| scores.iter().map(of).sum::<usize>();
    let (happened, found) = (sum(|score| score.happened(LEAST)), sum(Score::found));
    let weeks: i64 = scores.iter().map(|score| score.weeks).sum();
    let wrong = sum(Score::false_alarms);
    let noticed = scores.iter().flat_map(|score| score.noticed.iter().flatten().copied()).collect();
    let (precision, a_week) = (share(found, found + wrong), wrong as f32 / weeks.max(1) as f32);
    let name = format!("mass / {}", format!("{volume:?}").to_lowercase());
    WatchRow { precision: Some(precision), false_alarms_a_week: Some(a_week), ..row(name, happened, found, noticed) }
}

fn of_scenario(number: usize, name: &str, scores: &[&Score]) -> WatchRow {
    let happened = scores.iter().filter(|score| score.counts.get(number).is_some_and(|count| *count >= LEAST)).count();
    let noticed: Vec<_> = scores.iter().filter_map(|score| score.noticed.get(number).copied().flatten()).collect();
    row(format!("mass / {name}"), happened, noticed.len(), noticed)
}

/// The newsletter is no incident: what counts is that it was told as what was announced.
fn of_newsletter(scores: &[&Score]) -> WatchRow {
    let told = |what: Told| scores.iter().filter(|score| score.told.contains(&what)).count();
    let (known, mistaken) = (told(Told::Wave), told(Told::WaveAsIncident));
    let row = row("mass / announced newsletter".to_owned(), known + mistaken, known, Vec::new());
    WatchRow { precision: Some(share(known, known + mistaken)), ..row }
}

fn row(name: String, happened: usize, found: usize, mut noticed: Vec<(i64, u32)>) -> WatchRow {
    noticed.sort_unstable();
    let mut wrote: Vec<u32> = noticed.iter().map(|(_, wrote)| *wrote).collect();
    wrote.sort_unstable();
    WatchRow {
        name,
        happened,
        found,
        recall: share(found, happened),
        precision: None,
        false_alarms_a_week: None,
        minutes: noticed.get(noticed.len() / 2).map(|(minutes, _)| *minutes),
        minutes_worst: noticed.last().map(|(minutes, _)| *minutes),
        wrote: wrote.get(wrote.len() / 2).copied(),
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 1.0 } else { part as f32 / whole as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;

    #[test]
    fn a_size_and_each_thing_that_happens_have_a_row() {
        let report = Report { watches: rows_of(&[Volume::Middling], 1), ..Report::default() };
        assert_eq!(report.watches.len(), 1 + SCENARIOS.len() + 1, "{report}");
        let all = &report.watches[0];
        assert!(all.recall > 0.8 && all.precision > Some(0.8) && all.minutes.is_some(), "{report}");
        let of_scenarios: usize = report.watches[1..=SCENARIOS.len()].iter().map(|row| row.found).sum();
        assert_eq!(of_scenarios, all.found, "{report}");
        assert!(report.to_string().contains("mass / announced newsletter"), "{report}");
    }
}
