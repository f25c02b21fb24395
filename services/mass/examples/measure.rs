//! Measures the watch over many simulated organizations: `cargo run --release -p mass --example measure`.

use mass::simulation::{Volume, run};

const LEAST: u32 = 5;
const SEEDS: u64 = 3;

fn main() {
    println!("volume    incidents found false/week precision recall  minutes to notice (median, worst)  wrote by then");
    for volume in Volume::ALL {
        let scores: Vec<_> = (0..SEEDS).map(|seed| run(volume, 1_000 + seed)).collect();
        let happened: usize = scores.iter().map(|score| score.happened(LEAST)).sum();
        let found: usize = scores.iter().map(|score| score.found()).sum();
        let wrong: usize = scores.iter().map(|score| score.false_alarms()).sum();
        let weeks: i64 = scores.iter().map(|score| score.weeks).sum();
        let mut noticed: Vec<(i64, u32)> =
            scores.iter().flat_map(|score| score.noticed.iter().flatten().copied()).collect();
        noticed.sort_unstable();
        let median = noticed.get(noticed.len() / 2).copied().unwrap_or_default();
        let worst = noticed.last().copied().unwrap_or_default();
        let mut wrote: Vec<u32> = noticed.iter().map(|(_, wrote)| *wrote).collect();
        wrote.sort_unstable();
        println!(
            "{:<9} {happened:>9} {found:>5} {:>10.2} {:>9.3} {:>6.3}  {:>6} {:>6} {:>32}",
            format!("{volume:?}"),
            wrong as f64 / weeks as f64,
            found as f64 / (found + wrong).max(1) as f64,
            found as f64 / happened.max(1) as f64,
            median.0,
            worst.0,
            wrote.get(wrote.len() / 2).copied().unwrap_or_default(),
        );
    }
}
