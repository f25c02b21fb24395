//! Trends: made-up weeks of organizations of three sizes, of which it is known what changed.

use trends::simulation::{MEASURED_WEEKS, Scenario, Score, run};

use crate::row::TrendRow;

/// Requests a day.
const SIZES: [f64; 3] = [60.0, 600.0, 4_000.0];

/// Organizations of each size.
const ORGANIZATIONS: u64 = 4;

/// What is taken, over all that is watched.
const FALSE_ALARMS_A_MONTH: f64 = 1.0;

/// A row for each scenario and size.
pub(crate) fn rows() -> Vec<TrendRow> {
    rows_of(&SIZES, ORGANIZATIONS)
}

fn rows_of(sizes: &[f64], organizations: u64) -> Vec<TrendRow> {
    let all = Scenario::ALL.iter().flat_map(|scenario| sizes.iter().map(move |a_day| (*scenario, *a_day)));
    all.map(|(scenario, a_day)| {
        let seeds = 1..=organizations;
        let scores: Vec<Score> = seeds.map(|seed| run(a_day, scenario, FALSE_ALARMS_A_MONTH, seed)).collect();
        row(scenario, a_day, &scores)
    })
    .collect()
}

fn row(scenario: Scenario, a_day: f64, scores: &[Score]) -> TrendRow {
    let mut hours: Vec<i64> = scores.iter().filter_map(|score| score.hours).collect();
    hours.sort_unstable();
    let named: Vec<bool> = scores.iter().filter_map(|score| score.named).collect();
    let weeks = scores.len() as i64 * MEASURED_WEEKS;
    let false_alarms: usize = scores.iter().map(|score| score.false_alarms).sum();
    TrendRow {
        name: format!("trends / {}", scenario.name()),
        a_day: a_day as u32,
        changed: if scenario == Scenario::Quiet { 0 } else { scores.len() },
        told: hours.len(),
        hours: hours.get(hours.len() / 2).copied(),
        hours_worst: hours.last().copied(),
        cause_named: (!named.is_empty())
            .then(|| named.iter().filter(|named| **named).count() as f32 / named.len() as f32),
        false_alarms_a_week: false_alarms as f32 / weeks.max(1) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Report;

    #[test]
    fn each_scenario_has_a_row_and_the_same_seed_tells_the_same() {
        let rows = rows_of(&[600.0], 1);
        assert_eq!(rows.len(), Scenario::ALL.len());
        let report = Report { trends: rows, ..Report::default() };
        assert!(report.trends.iter().filter(|row| row.changed > 0).all(|row| row.told == row.changed), "{report}");
        assert!(report.to_string().contains("trends / quiet weeks"), "{report}");
    }
}
