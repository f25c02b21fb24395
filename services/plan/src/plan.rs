//! The plan as the services read it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use ticket::evidence::EvidenceField;
use ticket::priority::Matrix;
use ticket::{Impact, Line, OrganizationId, Priority, Topology, Urgency};

use crate::automation::{self, Replies, ReplyProfile, Thresholds};
use crate::calendar::{self, Calendar};
use crate::category::{Category, Checklist, check_categories, check_checklists};
use crate::fault::{Faults, Gathered};
use crate::file::File;
use crate::known::Known;
use crate::line::{self, LineRules, Target};
use crate::organization::Organization;
use crate::orphan::Orphan;
use crate::people::{Group, HopBudget, Zone, check_groups, check_zones};
use crate::place::Text;
use crate::timers::Timers;
use crate::vendor::{self, Vendor};
use crate::version::PlanVersion;

/// How an organization works, checked as a whole: every id that it mentions is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    version: PlanVersion,
    organization: Organization,
    topology: Topology,
    lines: BTreeMap<Line, LineRules>,
    groups: BTreeMap<String, Group>,
    zones: BTreeMap<String, Zone>,
    categories: BTreeMap<String, Category>,
    checklists: Vec<Checklist>,
    calendars: BTreeMap<String, Calendar>,
    timers: Timers,
    matrix: Matrix,
    thresholds: Option<Thresholds>,
    replies: Replies,
    vendors: BTreeMap<String, Vendor>,
    hop_budget: HopBudget,
}

impl Plan {
    /// The plan that `text` says; `name` is the file's name in messages.
    ///
    /// # Errors
    /// Every fault: of syntax if there is any, else of shape (keys and types), else of sense.
    pub fn parse(name: &str, text: &str) -> Result<Self, Faults> {
        let mut gathered = Gathered::default();
        let plan = File::read(text, &mut gathered).and_then(|file| Self::check(&file, text, &mut gathered));
        match plan {
            Some(plan) if gathered.is_empty() => Ok(plan),
            Some(_) | None => Err(gathered.into_faults(name, text)),
        }
    }

    /// The plan of `file`; none, or one not to be used, when there are faults.
    fn check(file: &File, text: &str, gathered: &mut Gathered) -> Option<Self> {
        let known = &Known::of(file);
        let organization = file.organization.check(gathered);
        let (topology, lines) = line::check(&file.lines, known, gathered);
        let groups = check_groups(&file.groups, &file.zones, known, gathered);
        let categories = check_categories(&file.categories, known, gathered);
        let mut of_zone: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for category in categories.values() {
            if let Some(zone) = &category.zone {
                of_zone.entry(zone.clone()).or_default().push(category.id.clone());
            }
        }
        let technical = lines.get(&Line::Technical);
        let needs_runs = technical.is_some_and(|rules| rules.required.contains(&EvidenceField::Checklist));
        let matrix = match &file.priorities {
            Some(at) => at.value.check(&at.span, gathered),
            None => Some(Matrix::default()),
        };
        let vendor_line = file.lines.iter().map(|entry| &entry.line).find(|at| at.peek() == Some(Line::Vendor));
        let zones = check_zones(&file.zones, &file.groups, &of_zone, known, gathered);
        let checklists = check_checklists(&file.checklists, &file.categories, needs_runs, known, gathered);
        let calendars = calendar::check(&file.calendars, gathered);
        let timers = file.timers.check(gathered);
        let thresholds = automation::check(file.automation.as_ref(), known, gathered);
        let replies = file.replies.check(known, gathered);
        let vendors = vendor::check(&file.vendors, vendor_line.map(|at| &at.span), known, gathered);
        let hop_budget = file.hop_budget.check(known, gathered);
        Some(Self {
            version: PlanVersion::of(text),
            organization: organization?,
            topology: topology?,
            lines,
            groups,
            zones,
            categories,
            checklists,
            calendars,
            timers,
            matrix: matrix?,
            thresholds,
            replies,
            vendors,
            hop_budget,
        })
    }

    /// Which plan this is.
    #[must_use]
    pub fn version(&self) -> &PlanVersion {
        &self.version
    }

    /// Whose plan this is.
    #[must_use]
    pub fn organization(&self) -> &OrganizationId {
        &self.organization.id
    }

    /// The organization with its name, time zone, language and supervisors.
    #[must_use]
    pub fn profile(&self) -> &Organization {
        &self.organization
    }

    /// Which lines there are and who comes after whom.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// The evidence without which `receiver` takes no ticket over; empty for a line the organization does not have.
    #[must_use]
    pub fn required(&self, receiver: Line) -> &[EvidenceField] {
        self.lines.get(&receiver).map_or(&[], |rules| &rules.required)
    }

    /// Every group, by id.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// The group `id`.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.get(id)
    }

    /// Every zone of responsibility, by id.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    /// The zone of responsibility `id`.
    #[must_use]
    pub fn zone(&self, id: &str) -> Option<&Zone> {
        self.zones.get(id)
    }

    /// The zone that answers for a request: the one that covers its product, else that of its category.
    ///
    /// The product is the narrower hint; it is compared without regard to case and outer white space.
    #[must_use]
    pub fn zone_for(&self, category: Option<&str>, product: Option<&str>) -> Option<&Zone> {
        let wanted = product.map(|product| product.trim().to_lowercase());
        let covers = |zone: &&Zone| zone.products.iter().any(|product| Some(product.to_lowercase()) == wanted);
        let by_category = || self.zone(self.category(category?)?.zone.as_deref()?);
        self.zones.values().find(covers).or_else(by_category)
    }

    /// Every category, by id.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// The category `id`.
    #[must_use]
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.categories.get(id)
    }

    /// The checklist of the category `category`.
    #[must_use]
    pub fn checklist_for(&self, category: &str) -> Option<&Checklist> {
        self.checklists.iter().find(|checklist| checklist.categories.iter().any(|id| id == category))
    }

    /// The calendar `id`.
    #[must_use]
    pub fn calendar(&self, id: &str) -> Option<&Calendar> {
        self.calendars.get(id)
    }

    /// The calendar of `line`; none for line 0, which never rests, and for a line the organization does not have.
    #[must_use]
    pub fn calendar_of(&self, line: Line) -> Option<&Calendar> {
        self.calendar(self.lines.get(&line)?.calendar.as_deref()?)
    }

    /// The priority of `impact` and `urgency`.
    #[must_use]
    pub fn priority(&self, impact: Impact, urgency: Urgency) -> Priority {
        self.matrix.priority(impact, urgency)
    }

    /// What `line` promises for `priority`; none for line 0 and for a line the organization does not have.
    #[must_use]
    pub fn target(&self, line: Line, priority: Priority) -> Option<Target> {
        self.lines.get(&line)?.targets.get(&priority).copied()
    }

    /// How long a ticket may stand in the queue of `line`: its response target.
    ///
    /// Where there is none (line 0, or a line the organization does not have) it is the bot's deadline, which is short:
    /// such a ticket should wake soon and move on.
    #[must_use]
    pub fn queue_deadline(&self, line: Line, priority: Priority) -> SignedDuration {
        self.target(line, priority).map_or(self.timers.bot_deadline, |target| target.response)
    }

    /// How long a bot may hold a ticket before it goes to a person.
    #[must_use]
    pub fn bot_deadline(&self) -> SignedDuration {
        self.timers.bot_deadline
    }

    /// How long a client may be silent before being reminded.
    #[must_use]
    pub fn client_silence(&self) -> SignedDuration {
        self.timers.client_silence
    }

    /// How long a vendor may be silent before being reminded.
    #[must_use]
    pub fn vendor_silence(&self) -> SignedDuration {
        self.timers.vendor_silence
    }

    /// How long a client may be silent before a resolved ticket closes itself.
    #[must_use]
    pub fn auto_close(&self) -> SignedDuration {
        self.timers.auto_close
    }

    /// How long after its end a ticket may be reopened.
    #[must_use]
    pub fn reopen_window(&self) -> SignedDuration {
        self.timers.reopen_window
    }

    /// How sure line 0 must be; none exactly where there is no line 0.
    #[must_use]
    pub fn thresholds(&self) -> Option<Thresholds> {
        self.thresholds
    }

    /// The profile of automatic replies at `at`, by the calendar of `replies`; force majeure is never the calendar's.
    #[must_use]
    pub fn reply_profile(&self, at: Timestamp) -> ReplyProfile {
        let local = self.organization.time_zone.to_datetime(at);
        match self.calendar(&self.replies.calendar) {
            Some(calendar) if calendar.is_open_or_break(local) => ReplyProfile::WorkingHours,
            Some(calendar) if calendar.holidays.contains(&local.date()) => ReplyProfile::Holiday,
            Some(_) | None => ReplyProfile::Night,
        }
    }

    /// What clients are told automatically under `profile`.
    #[must_use]
    pub fn reply(&self, profile: ReplyProfile) -> &Text {
        match profile {
            ReplyProfile::WorkingHours => &self.replies.working_hours,
            ReplyProfile::Night => &self.replies.night,
            ReplyProfile::Holiday => &self.replies.holiday,
            ReplyProfile::ForceMajeure => &self.replies.force_majeure,
        }
    }

    /// Every vendor, by id.
    pub fn vendors(&self) -> impl Iterator<Item = &Vendor> {
        self.vendors.values()
    }

    /// The vendor `id`.
    #[must_use]
    pub fn vendor(&self, id: &str) -> Option<&Vendor> {
        self.vendors.get(id)
    }

    /// How often two lines may pass a ticket back and forth, and who decides then.
    #[must_use]
    pub fn hop_budget(&self) -> &HopBudget {
        &self.hop_budget
    }

    /// What this plan lacks for open tickets, given by the line that holds each and its zone; each once, lines first.
    #[must_use]
    pub fn orphans(&self, held: &[(Line, Option<String>)]) -> Vec<Orphan> {
        let lines = held.iter().map(|(line, _)| *line).filter(|line| !self.topology.has(*line)).map(Orphan::Line);
        let zones = held.iter().filter_map(|(_, zone)| zone.as_ref());
        let zones = zones.filter(|zone| !self.zones.contains_key(*zone)).cloned().map(Orphan::Zone);
        lines.chain(zones).collect::<BTreeSet<_>>().into_iter().collect()
    }
}
