//! By what is counted.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// So many different zones, categories and products of an organization are told apart; what comes later is [`OTHERS`], so
/// that no client can make the pages grow by inventing names.
pub const NAMES_MAX: usize = 100;

/// What stands for all names beyond those.
pub const OTHERS: &str = "*";

/// Names are told apart by so many bytes.
const NAME_BYTES_MAX: usize = 80;

/// What a ticket is counted under. Empty is what nobody has said.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "[String; 5]", into = "[String; 5]")]
pub struct Cell {
    /// The zone of responsibility.
    pub zone: String,
    /// The category.
    pub category: String,
    /// The product.
    pub product: String,
    /// By which way it came.
    pub channel: String,
    /// The client's language.
    pub language: String,
}

impl From<[String; 5]> for Cell {
    fn from([zone, category, product, channel, language]: [String; 5]) -> Self {
        Self { zone, category, product, channel, language }
    }
}

impl From<Cell> for [String; 5] {
    fn from(Cell { zone, category, product, channel, language }: Cell) -> Self {
        [zone, category, product, channel, language]
    }
}

/// A side of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The zone of responsibility.
    Zone,
    /// The category.
    Category,
    /// The product.
    Product,
    /// By which way it came.
    Channel,
    /// The client's language.
    Language,
}

impl Side {
    /// Every side, those first by which a cause is best told.
    pub const ALL: [Self; 5] = [Self::Category, Self::Product, Self::Zone, Self::Channel, Self::Language];

    /// What stands on this side of `cell`.
    #[must_use]
    pub fn of(self, cell: &Cell) -> &str {
        match self {
            Self::Zone => &cell.zone,
            Self::Category => &cell.category,
            Self::Product => &cell.product,
            Self::Channel => &cell.channel,
            Self::Language => &cell.language,
        }
    }
}

/// The names that are told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    zones: BTreeSet<String>,
    categories: BTreeSet<String>,
    products: BTreeSet<String>,
}

impl Names {
    /// `cell` with names that are told apart; new ones are as long as there is room.
    pub fn admit(&mut self, cell: Cell) -> Cell {
        let Cell { zone, category, product, channel, language } = cell;
        let (zone, category) = (admit(&mut self.zones, zone), admit(&mut self.categories, category));
        Cell { zone, category, product: admit(&mut self.products, product), channel, language }
    }
}

fn admit(known: &mut BTreeSet<String>, name: String) -> String {
    let name = &name[..name.floor_char_boundary(NAME_BYTES_MAX)];
    if !name.is_empty() && !known.contains(name) {
        if known.len() >= NAMES_MAX {
            return OTHERS.to_owned();
        }
        known.insert(name.to_owned());
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_names_do_not_make_pages_grow() {
        let mut names = Names::default();
        let cell = |product: String| Cell { product, ..Cell::default() };
        let first = names.admit(cell("Роутер".into()));
        let all: BTreeSet<Cell> = (0..10_000).map(|number| names.admit(cell(format!("выдумка {number}")))).collect();
        assert_eq!(all.len(), NAMES_MAX, "those with a name, one of them of all others");
        assert!(all.contains(&cell(OTHERS.into())));
        assert_eq!(names.admit(cell("Роутер".into())), first);
        assert!(names.admit(cell("ю".repeat(500))).product.len() <= NAME_BYTES_MAX);
    }
}
