//! Which priority an impact and an urgency make.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use ticket::Priority;
use ticket::priority::Matrix;

use crate::fault::Gathered;
use crate::place::{At, Named};

/// The priorities by impact; every cell must be there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Priorities")]
pub(crate) struct PrioritiesEntry {
    /// For what touches one person.
    low: Option<At<ByUrgencyEntry>>,
    /// For what touches a team or a department.
    medium: Option<At<ByUrgencyEntry>>,
    /// For what touches the organization.
    high: Option<At<ByUrgencyEntry>>,
}

/// The priorities of one impact by urgency.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ByUrgency")]
struct ByUrgencyEntry {
    /// When it can wait.
    low: Option<At<Named<Priority>>>,
    /// When work is hampered.
    medium: Option<At<Named<Priority>>>,
    /// When work stands still.
    high: Option<At<Named<Priority>>>,
}

impl PrioritiesEntry {
    /// The matrix; `span` is that of the section, for what is missing in it.
    pub(crate) fn check(&self, span: &Range<usize>, gathered: &mut Gathered) -> Option<Matrix> {
        let rows = [("low", &self.low), ("medium", &self.medium), ("high", &self.high)];
        let [low, medium, high] = rows.map(|(impact, row)| {
            if row.is_none() {
                let message = format!("the matrix has no row for the impact {impact}");
                gathered.note(span, message, "add it, or leave [priorities] out for the customary matrix");
            }
            row.as_ref().and_then(|row| row.value.check(impact, &row.span, gathered))
        });
        Some(Matrix::new([low?, medium?, high?]))
    }
}

impl ByUrgencyEntry {
    fn check(&self, impact: &str, span: &Range<usize>, gathered: &mut Gathered) -> Option<[Priority; 3]> {
        let cells = [("low", &self.low), ("medium", &self.medium), ("high", &self.high)];
        let [low, medium, high] = cells.map(|(urgency, cell)| {
            if cell.is_none() {
                let message = format!("the matrix has no priority for the impact {impact} and the urgency {urgency}");
                gathered.note(span, message, "add it: low, medium, high or critical");
            }
            cell.as_ref().and_then(|cell| cell.find(gathered))
        });
        Some([low?, medium?, high?])
    }
}
