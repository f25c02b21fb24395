//! Counts by cell, and those by hour.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, Side};
use crate::count::{Count, Counts};
use crate::period::hour_of;

/// What was counted in each cell in some time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Cell, Counts)>", into = "Vec<(Cell, Counts)>")]
pub struct Page(BTreeMap<Cell, Counts>);

impl From<Vec<(Cell, Counts)>> for Page {
    fn from(all: Vec<(Cell, Counts)>) -> Self {
        Self(all.into_iter().collect())
    }
}

impl From<Page> for Vec<(Cell, Counts)> {
    fn from(page: Page) -> Self {
        page.0.into_iter().collect()
    }
}

impl Page {
    /// Adds `number` in `cell`.
    pub fn add(&mut self, cell: &Cell, count: Count, number: i64) {
        let counts = self.0.entry(cell.clone()).or_default();
        counts.add(count, number);
        if counts.is_empty() {
            self.0.remove(cell);
        }
    }

    /// Adds another page.
    pub fn merge(&mut self, other: &Self) {
        for (cell, counts) in &other.0 {
            let known = self.0.entry(cell.clone()).or_default();
            known.merge(counts);
            if known.is_empty() {
                self.0.remove(cell);
            }
        }
    }

    /// All cells together.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.sum(|_| true)
    }

    /// The cells for which `is_meant` together.
    #[must_use]
    pub fn sum(&self, is_meant: impl Fn(&Cell) -> bool) -> Counts {
        let mut sum = Counts::default();
        self.0.iter().filter(|(cell, _)| is_meant(cell)).for_each(|(_, counts)| sum.merge(counts));
        sum
    }

    /// The cells for which `is_meant` by what stands on one side of them.
    #[must_use]
    pub fn by(&self, side: Side, is_meant: impl Fn(&Cell) -> bool) -> BTreeMap<String, Counts> {
        let mut by: BTreeMap<String, Counts> = BTreeMap::new();
        for (cell, counts) in self.0.iter().filter(|(cell, _)| is_meant(cell)) {
            by.entry(side.of(cell).to_owned()).or_default().merge(counts);
        }
        by
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What was counted in each hour since 1970: the difference that events make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet(BTreeMap<i64, Page>);

impl Sheet {
    /// Adds `number` at an instant.
    pub fn add(&mut self, at: Timestamp, cell: &Cell, count: Count, number: i64) {
        self.0.entry(hour_of(at)).or_default().add(cell, count, number);
    }

    /// Adds another sheet.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(hour, page)| self.0.entry(*hour).or_default().merge(page));
    }

    /// The hours in which something is otherwise, each with what.
    pub fn hours(&self) -> impl Iterator<Item = (i64, &Page)> {
        self.0.iter().filter(|(_, page)| !page.is_empty()).map(|(hour, page)| (*hour, page))
    }
}
