//! What clients, lines and vendors are promised or promise.

use std::collections::BTreeMap;

use deadline::{Agreement, AgreementKind, Party, Percent, ties};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;
use ticket::{Line, Priority};

use crate::fault::Gathered;
use crate::known::Known;
use crate::line::{LineRules, RESOLUTION_MINUTES_MAX, RESPONSE_MINUTES_MAX};
use crate::place::{At, Named, bounded, id, refers, shorten, unique};
use crate::vendor::Vendor;

/// At which parts of a time somebody is warned when the plan does not say.
const WARNINGS: [Percent; 3] = [Percent(50), Percent(75), Percent(90)];

/// An agreement: an SLA with the clients, an OLA with a line, an underpinning contract with a vendor.
///
/// For a ticket the narrowest agreement holds: one for its priority and category goes before one for either, and that
/// before one for all. Two of which neither is narrower are a fault. What [lines.targets] say holds where no agreement
/// says otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Agreement")]
pub(crate) struct AgreementEntry {
    /// The agreement's id: 1 to 64 of a-z, 0-9 and `-`.
    id: At<String>,
    /// With whom it is: clients (`sla`), a line (`ola`) or a vendor (`underpinning-contract`).
    kind: At<Named<AgreementKind>>,
    /// The line of an OLA.
    line: Option<At<Named<Line>>>,
    /// The id of the vendor of an underpinning contract.
    vendor: Option<At<String>>,
    /// The priority it is for; all when left out.
    priority: Option<At<Named<Priority>>>,
    /// The id of the category it is for; all when left out.
    category: Option<At<String>>,
    /// Within how many minutes of working time somebody answers; left out, a wider agreement says it.
    #[schemars(range(min = 1, max = RESPONSE_MINUTES_MAX))]
    response_minutes: Option<At<i64>>,
    /// Within how many minutes of working time it is solved; left out, a wider agreement says it.
    #[schemars(range(min = 1, max = RESOLUTION_MINUTES_MAX))]
    resolution_minutes: Option<At<i64>>,
    /// The id of the calendar; left out, that of the line, of the service desk (SLA) or of the vendor line.
    calendar: Option<At<String>>,
    /// At how many per cent of the time somebody is warned, from 1 to 99; 50, 75 and 90 when left out.
    #[schemars(inner(range(min = 1, max = 99)))]
    warnings: Option<Vec<At<i64>>>,
}

/// The agreements in the order of the file.
pub(crate) fn check(
    entries: &[AgreementEntry],
    lines: &BTreeMap<Line, LineRules>,
    known: &Known<'_>,
    gathered: &mut Gathered,
) -> Vec<Agreement> {
    unique(entries.iter().map(|entry| &entry.id), "agreement", gathered);
    let agreements: Vec<Agreement> = entries.iter().filter_map(|entry| entry.check(lines, known, gathered)).collect();
    for tie in ties(&agreements) {
        let Some(at) = entries.iter().map(|entry| &entry.id).find(|at| at.value == tie.later) else { continue };
        let category =
            tie.category.map_or(String::new(), |category| format!(" and the category {}", shorten(&category)));
        let message = format!(
            "the agreements `{}` and `{}` both hold for the priority {}{category}, and neither is narrower",
            shorten(&tie.earlier),
            shorten(&tie.later),
            tie.priority,
        );
        let help = "let one say nothing about it, or add a narrower agreement with both a priority and a category";
        gathered.note(&at.span, message, help);
    }
    agreements
}

/// What the lines promise by their own targets, as agreements: an OLA with each, and that of the vendor line with every
/// vendor. They hold where no other agreement does.
pub(crate) fn of_lines(lines: &BTreeMap<Line, LineRules>, vendors: &BTreeMap<String, Vendor>) -> Vec<Agreement> {
    let mut agreements = Vec::new();
    for (line, rules) in lines {
        let Some(calendar) = &rules.calendar else { continue };
        let own = std::iter::once(Party::Line(*line));
        let with_vendors = vendors.keys().filter(|_| *line == Line::Vendor).cloned().map(Party::Vendor);
        for party in own.chain(with_vendors) {
            agreements.extend(rules.targets.iter().map(|(priority, target)| Agreement {
                // No id of an agreement has a full stop.
                id: format!("lines.{line}"),
                party: party.clone(),
                priority: Some(*priority),
                category: None,
                response: Some(target.response),
                resolution: Some(target.resolution),
                calendar: calendar.clone(),
                warnings: WARNINGS.to_vec(),
            }));
        }
    }
    agreements
}

impl AgreementEntry {
    fn check(
        &self,
        lines: &BTreeMap<Line, LineRules>,
        known: &Known<'_>,
        gathered: &mut Gathered,
    ) -> Option<Agreement> {
        let id = id(&self.id, "agreement", gathered);
        let party = self.party(known, gathered);
        let priority = self.priority.as_ref().map(|at| at.find(gathered));
        if let Some(category) = &self.category {
            refers(category, "categories", &known.categories, gathered);
        }
        if let Some(calendar) = &self.calendar {
            refers(calendar, "calendars", &known.calendars, gathered);
        }
        let (response, resolution) = self.times(gathered);
        let warnings = self.warnings(gathered);
        let party = party?;
        let line = match &party {
            Party::Client => Line::OWNER,
            Party::Line(line) => *line,
            Party::Vendor(_) => Line::Vendor,
        };
        let of_line = || lines.get(&line).and_then(|rules| rules.calendar.clone());
        let calendar = self.calendar.as_ref().map(|at| at.value.clone()).or_else(of_line);
        // Without a calendar there is a fault at the line already; so there is at a priority that is none.
        let priority = match priority {
            Some(priority) => Some(priority?),
            None => None,
        };
        let category = self.category.as_ref().map(|at| at.value.clone());
        Some(Agreement { id, party, priority, category, response, resolution, calendar: calendar?, warnings })
    }

    /// With whom it is; none with a fault when the kind does not fit the rest.
    fn party(&self, known: &Known<'_>, gathered: &mut Gathered) -> Option<Party> {
        let kind = self.kind.find(gathered)?;
        let unfit = [
            self.line.as_ref().filter(|_| kind != AgreementKind::Ola).map(|at| (&at.span, "line", "ola")),
            self.vendor
                .as_ref()
                .filter(|_| kind != AgreementKind::UnderpinningContract)
                .map(|at| (&at.span, "vendor", "underpinning-contract")),
        ];
        for (span, key, right) in unfit.into_iter().flatten() {
            let message = format!("an agreement of the kind {} has a {key}", kind.name());
            gathered.note(span, message, format!("remove `{key}`, or make it one of the kind {right}"));
        }
        match (kind, &self.line, &self.vendor) {
            (AgreementKind::Sla, ..) => Some(Party::Client),
            (AgreementKind::Ola, Some(at), _) => {
                let line = at.find(gathered)?;
                if line == Line::SelfService || !known.lines.contains(&line) {
                    let message = format!("the agreement is with {line}, which promises nothing");
                    gathered.note(&at.span, message, "choose a line that is under [[lines]], other than self-service");
                    return None;
                }
                Some(Party::Line(line))
            }
            (AgreementKind::UnderpinningContract, _, Some(at)) => {
                refers(at, "vendors", &known.vendors, gathered);
                Some(Party::Vendor(at.value.clone()))
            }
            (AgreementKind::Ola, None, _) => {
                gathered.note(&self.id.span, "an agreement of the kind ola has no line", "add `line`");
                None
            }
            (AgreementKind::UnderpinningContract, _, None) => {
                let message = "an agreement of the kind underpinning-contract has no vendor";
                gathered.note(&self.id.span, message, "add `vendor` with the id of one of the [[vendors]]");
                None
            }
        }
    }

    fn times(&self, gathered: &mut Gathered) -> (Option<SignedDuration>, Option<SignedDuration>) {
        let mut minutes = |at: &Option<At<i64>>, key, max| at.as_ref().map(|at| bounded(at, key, max, gathered));
        let response = minutes(&self.response_minutes, "response_minutes", RESPONSE_MINUTES_MAX);
        let resolution = minutes(&self.resolution_minutes, "resolution_minutes", RESOLUTION_MINUTES_MAX);
        match (response, resolution, &self.resolution_minutes) {
            (None, None, _) => {
                let message = format!("the agreement `{}` promises nothing", shorten(&self.id.value));
                gathered.note(&self.id.span, message, "add `response_minutes`, `resolution_minutes` or both");
            }
            (Some(response), Some(resolution), Some(at)) if at.value > 0 && response > resolution => {
                let message = "`resolution_minutes` is shorter than `response_minutes`";
                gathered.note(&at.span, message, format!("give {response} or more"));
            }
            (Some(_), _, _) | (_, Some(_), _) => {}
        }
        (response.map(SignedDuration::from_mins), resolution.map(SignedDuration::from_mins))
    }

    fn warnings(&self, gathered: &mut Gathered) -> Vec<Percent> {
        let Some(given) = &self.warnings else { return WARNINGS.to_vec() };
        let mut warnings: Vec<Percent> = Vec::new();
        for at in given {
            let percent = Percent(u8::try_from(bounded(at, "warnings", 99, gathered)).unwrap_or(u8::MAX));
            if i64::from(percent.0) != at.value {
                continue;
            }
            if warnings.last().is_some_and(|last| *last >= percent) {
                let message = format!("the warning at {} per cent does not come after the one before it", at.value);
                gathered.note(&at.span, message, "write them from the lowest to the highest, each once");
            }
            warnings.push(percent);
        }
        warnings
    }
}
