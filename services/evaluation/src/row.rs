//! What is reported: rows, as a table for people and as data.

use std::fmt;

use serde::Serialize;

/// What was measured on one task of a set. Shares are in [0, 1].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// The set and the task.
    pub name: String,
    /// Examples learned from.
    pub trained: usize,
    /// Requests judged.
    pub tested: usize,
    /// The share of requests in scope that were sorted right.
    pub accuracy: f32,
    /// The mean over labels of F1.
    pub macro_f1: f32,
    /// Answering only where the training part showed 95 % precision.
    pub at_95: Option<AtPrecision>,
    /// The same at 98 %.
    pub at_98: Option<AtPrecision>,
    /// The share of out-of-scope requests that were refused.
    pub out_of_scope_refused: Option<f32>,
    /// Expected calibration error of the confidence in the best label.
    pub calibration_error: f32,
    /// Median time of one decision, microseconds.
    pub decision_us: f32,
    /// Time of the training with its calibration, seconds.
    pub training_s: f32,
    /// The model in memory, bytes.
    pub model_bytes: usize,
}

/// What a threshold chosen beforehand did on the test part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtPrecision {
    /// The confidence from which on answers were given.
    pub confidence: f32,
    /// The precision that was reached.
    pub precision: f32,
    /// The share of requests answered.
    pub coverage: f32,
}

/// What was measured of a search for the article that answers. Shares are in [0, 1].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct SearchRow {
    /// The set, and whether the search had learned.
    pub name: String,
    /// Articles searched.
    pub articles: usize,
    /// Solved requests learned from.
    pub learned: usize,
    /// Questions asked.
    pub asked: usize,
    /// The share of questions whose article came first (R@1).
    pub first: f32,
    /// The share whose article was among the first three (R@3).
    pub third: f32,
    /// The mean of one over the rank of the right article, up to the tenth (MRR).
    pub mean_reciprocal_rank: f32,
    /// Answering only where what was learned promised 90 % precision, with a third of the articles missing.
    pub at_90: Option<AtPrecision>,
    /// Median time of one question, microseconds.
    pub question_us: f32,
    /// Time of indexing, or of learning, seconds.
    pub learning_s: f32,
}

/// What was measured of the watch for mass incidents. Shares are in [0, 1].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WatchRow {
    /// The size of the organizations, or what happened.
    pub name: String,
    /// Incidents of which enough clients wrote.
    pub happened: usize,
    /// Those that were told.
    pub found: usize,
    /// The share of incidents that were told.
    pub recall: f32,
    /// The share of what was told that was an incident; none for a single kind of incident.
    pub precision: Option<f32>,
    /// What was told and was none, a week of one organization.
    pub false_alarms_a_week: Option<f32>,
    /// Median time from the first request until it was told, minutes.
    pub minutes: Option<i64>,
    /// The longest.
    pub minutes_worst: Option<i64>,
    /// How many had written by then; the median.
    pub wrote: Option<u32>,
}

/// What was measured of the watch over trends. Shares are in [0, 1].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TrendRow {
    /// What changed.
    pub name: String,
    /// Requests a day.
    pub a_day: u32,
    /// Organizations in which it changed.
    pub changed: usize,
    /// Those in which that was told.
    pub told: usize,
    /// Median time until it was told, hours.
    pub hours: Option<i64>,
    /// The longest.
    pub hours_worst: Option<i64>,
    /// The share of what was told that named the right cause first; none where there is no single one.
    pub cause_named: Option<f32>,
    /// What was told and was no change, a week of one organization.
    pub false_alarms_a_week: f32,
}

/// All rows, and what could not be measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// A row for each task of sorting.
    pub rows: Vec<Row>,
    /// A row for each search.
    pub searches: Vec<SearchRow>,
    /// Rows of the watch for mass incidents.
    pub watches: Vec<WatchRow>,
    /// Rows of the watch over trends.
    pub trends: Vec<TrendRow>,
    /// What is missing in the folder.
    pub missing: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.rows.is_empty() {
            self.sorting(to)?;
        }
        if !self.searches.is_empty() {
            self.searching(to)?;
        }
        if !self.watches.is_empty() {
            self.watching(to)?;
        }
        if !self.trends.is_empty() {
            self.changing(to)?;
        }
        for missing in &self.missing {
            writeln!(to, "not measured: {missing}")?;
        }
        Ok(())
    }
}

fn at(at: Option<AtPrecision>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| format!("{} of {}", percent(at.precision), percent(at.coverage)))
}

impl Report {
    fn sorting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["task", "trained", "tested", "accuracy", "F1", "at 95 %", "at 98 %", "refused", "ECE"];
        let tail = ["µs", "train s", "MB"];
        writeln!(
            to,
            "{:<34} {:>7} {:>6} {:>8} {:>5} {:>12} {:>12} {:>7} {:>4} {:>6} {:>7} {:>6}",
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7], head[8], tail[0], tail[1], tail[2]
        )?;
        for row in &self.rows {
            writeln!(
                to,
                "{:<34} {:>7} {:>6} {:>8} {:>5} {:>12} {:>12} {:>7} {:>4} {:>6.0} {:>7.1} {:>6.1}",
                row.name,
                row.trained,
                row.tested,
                percent(row.accuracy),
                percent(row.macro_f1),
                at(row.at_95),
                at(row.at_98),
                row.out_of_scope_refused.map_or_else(|| "-".to_owned(), percent),
                percent(row.calibration_error),
                row.decision_us,
                row.training_s,
                row.model_bytes as f32 / 1e6,
            )?;
        }
        Ok(())
    }

    fn searching(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["search", "articles", "learned", "asked", "R@1", "R@3", "MRR", "at 90 %", "µs", "s"];
        writeln!(
            to,
            "{:<34} {:>8} {:>7} {:>6} {:>5} {:>5} {:>5} {:>12} {:>6} {:>6}",
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7], head[8], head[9]
        )?;
        for row in &self.searches {
            writeln!(
                to,
                "{:<34} {:>8} {:>7} {:>6} {:>5} {:>5} {:>5.3} {:>12} {:>6.0} {:>6.1}",
                row.name,
                row.articles,
                row.learned,
                row.asked,
                percent(row.first),
                percent(row.third),
                row.mean_reciprocal_rank,
                at(row.at_90),
                row.question_us,
                row.learning_s,
            )?;
        }
        Ok(())
    }

    fn watching(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["watch", "happened", "found", "recall", "precision", "false/week", "minutes", "worst", "wrote"];
        writeln!(
            to,
            "{:<34} {:>8} {:>5} {:>6} {:>9} {:>10} {:>7} {:>5} {:>5}",
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7], head[8]
        )?;
        for row in &self.watches {
            writeln!(
                to,
                "{:<34} {:>8} {:>5} {:>6} {:>9} {:>10} {:>7} {:>5} {:>5}",
                row.name,
                row.happened,
                row.found,
                percent(row.recall),
                row.precision.map_or_else(|| "-".to_owned(), percent),
                or_none(row.false_alarms_a_week.map(|a_week| format!("{a_week:.2}"))),
                or_none(row.minutes),
                or_none(row.minutes_worst),
                or_none(row.wrote),
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn changing(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["trend", "a day", "changed", "told", "hours", "worst", "cause named", "false/week"];
        writeln!(
            to,
            "{:<42} {:>6} {:>7} {:>5} {:>5} {:>5} {:>11} {:>10}",
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7]
        )?;
        for row in &self.trends {
            writeln!(
                to,
                "{:<42} {:>6} {:>7} {:>5} {:>5} {:>5} {:>11} {:>10.2}",
                row.name,
                row.a_day,
                row.changed,
                row.told,
                or_none(row.hours),
                or_none(row.hours_worst),
                or_none(row.cause_named.map(percent)),
                row.false_alarms_a_week,
            )?;
        }
        Ok(())
    }
}

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn percent(share: f32) -> String {
    format!("{:.1}", share * 100.0)
}
