//! The plan as the services read it.

use std::collections::BTreeMap;
use std::sync::Arc;

use deadline::{Agreement, Calendar, Calendars, Ledger, Measure, Party, What, agreement_for};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ticket::evidence::EvidenceField;
use ticket::priority::Matrix;
use ticket::{Impact, Line, OrganizationId, Priority, Topology, Urgency};

use crate::agreement;
use crate::attachments::{self, AttachmentRules};
use crate::automation::{self, Replies, Thresholds};
use crate::calendar;
use crate::category::{Category, check_categories};
use crate::checklist::{Checklist, check_checklists};
use crate::clarification::{self, Clarifications};
use crate::conversation::{self, ConversationRules};
use crate::fault::{Faults, Gathered};
use crate::file::File;
use crate::force_majeure::{self, ForceMajeureProfile};
use crate::hold::{self, HoldReason};
use crate::knowledge::{self, KnowledgeRules};
use crate::known::Known;
use crate::learning::{self, LearnRules};
use crate::line::{self, LineRules, Target};
use crate::mass::{self, MassRules};
use crate::notices::{self, NoticeRules};
use crate::organization::Organization;
use crate::people::{Group, HopBudget, Zone, check_groups, check_zones};
use crate::place::Text;
use crate::rule::{self, SortingRule};
use crate::scenario::{self, Scenario};
use crate::sorting::{self, MoodStep};
use crate::staff::{self, Demand, Staff};
use crate::technical::{self, TechnicalRules};
use crate::template::{self, Template};
use crate::timers::Timers;
use crate::trends::{self, TrendRules};
use crate::vendor::{self, Vendor};
use crate::version::PlanVersion;

/// How an organization works, checked as a whole: every id that it mentions is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    version: PlanVersion,
    text: Arc<str>,
    organization: Organization,
    topology: Topology,
    lines: BTreeMap<Line, LineRules>,
    groups: BTreeMap<String, Group>,
    zones: BTreeMap<String, Zone>,
    categories: BTreeMap<String, Category>,
    checklists: Vec<Checklist>,
    calendars: BTreeMap<String, Calendar>,
    in_force: Calendars,
    closures: BTreeMap<String, Text>,
    agreements: Vec<Agreement>,
    /// What holds where no agreement does.
    line_targets: Vec<Agreement>,
    hold_reasons: BTreeMap<String, HoldReason>,
    pub(crate) clarifications: Clarifications,
    pub(crate) technical: TechnicalRules,
    pub(crate) knowledge: KnowledgeRules,
    pub(crate) conversation: ConversationRules,
    pub(crate) templates: BTreeMap<String, Template>,
    pub(crate) rules: Vec<SortingRule>,
    pub(crate) mood_steps: Vec<MoodStep>,
    pub(crate) learning: Option<LearnRules>,
    pub(crate) mass: Option<MassRules>,
    pub(crate) trends: TrendRules,
    pub(crate) notices: NoticeRules,
    pub(crate) attachments: AttachmentRules,
    pub(crate) timers: Timers,
    matrix: Matrix,
    thresholds: Option<Thresholds>,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) replies: Replies,
    pub(crate) force_majeures: Vec<ForceMajeureProfile>,
    pub(crate) vendors: BTreeMap<String, Vendor>,
    hop_budget: HopBudget,
    pub(crate) staff: Staff,
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
        // Without an organization there is no plan, so that its zone does not matter.
        let zone = organization.as_ref().map_or(TimeZone::UTC, |organization| organization.time_zone.clone());
        let (calendars, closures) = calendar::check(&file.calendars, &zone, gathered);
        let agreements = agreement::check(&file.agreements, &lines, known, gathered);
        let hold_reasons = hold::check(&file.hold_reasons, gathered);
        let clarifications = clarification::check(file.clarifications.as_ref(), gathered);
        let knowledge = knowledge::check(file.knowledge.as_ref(), gathered);
        let technical_rules = technical::check(file.technical.as_ref(), known, gathered);
        let conversation = conversation::check(file.conversation.as_ref(), gathered);
        let templates = template::check(&file.templates, gathered);
        let rules = rule::check(&file.rules, known, gathered);
        let mood_steps = sorting::check(file.sorting.as_ref(), gathered);
        let learning = learning::check(file.sorting.as_ref(), gathered);
        let mass = mass::check(file.mass.as_ref(), organization.as_ref(), &file.templates, gathered);
        let timers = file.timers.check(gathered);
        let thresholds = automation::check(file.automation.as_ref(), known, gathered);
        let replies = file.replies.check(known, gathered);
        let usual = &replies.force_majeure;
        let force_majeures = force_majeure::check(&file.force_majeure, &agreements, usual, known, gathered);
        let vendors = vendor::check(&file.vendors, vendor_line.map(|at| &at.span), known, gathered);
        let hop_budget = file.hop_budget.check(known, gathered);
        let of_categories = file.categories.iter().map(|entry| {
            let zone = entry.zone.as_ref().map(|at| at.value.as_str());
            Demand { id: &entry.id, zone, skills: &entry.skills }
        });
        let of_zones = file.zones.iter();
        let of_zones = of_zones.map(|e| Demand { id: &e.id, zone: Some(e.id.value.as_str()), skills: &e.skills });
        let demands = (of_categories.collect(), of_zones.collect());
        let staff = staff::check(&file.people, file.queues.as_ref(), (&file.groups, &zones), demands, known, gathered);
        let line_targets = agreement::of_lines(&lines, &vendors);
        Some(Self {
            version: PlanVersion::of(text),
            text: text.into(),
            organization: organization?,
            topology: topology?,
            lines,
            groups,
            zones,
            categories,
            checklists,
            in_force: calendars.values().cloned().collect(),
            calendars,
            closures,
            agreements,
            line_targets,
            hold_reasons,
            clarifications,
            technical: technical_rules,
            knowledge,
            conversation,
            templates,
            rules,
            mood_steps,
            learning,
            mass,
            trends: trends::check(file.trends.as_ref(), known, gathered),
            notices: notices::check(file.notices.as_ref(), gathered),
            attachments: attachments::check(file.attachments.as_ref(), gathered),
            timers,
            matrix: matrix?,
            thresholds,
            scenarios: scenario::check(&file.scenarios, known, gathered),
            replies,
            force_majeures,
            vendors,
            hop_budget,
            staff,
        })
    }

    /// Which plan this is.
    #[must_use]
    pub fn version(&self) -> &PlanVersion {
        &self.version
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
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

    /// Every calendar, by id.
    pub fn calendars(&self) -> impl Iterator<Item = &Calendar> {
        self.calendars.values()
    }

    /// What the closure `id` of a calendar is called.
    #[must_use]
    pub fn closure_name(&self, id: &str) -> Option<&Text> {
        self.closures.get(id)
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

    /// The agreement with `party` that says something about `measure` for such a ticket: the narrowest one, and else what
    /// the line promises by its own targets. None when nothing is promised.
    #[must_use]
    pub fn agreement(
        &self,
        party: &Party,
        measure: Measure,
        priority: Priority,
        category: Option<&str>,
    ) -> Option<&Agreement> {
        let among = |agreements| agreement_for(agreements, party, measure, priority, category);
        among(&self.agreements).or_else(|| among(&self.line_targets))
    }

    /// Every reason for a hold, by id; `client` and `vendor` are always among them.
    pub fn hold_reasons(&self) -> impl Iterator<Item = &HoldReason> {
        self.hold_reasons.values()
    }

    /// The reason `id` for a hold.
    #[must_use]
    pub fn hold_reason(&self, id: &str) -> Option<&HoldReason> {
        self.hold_reasons.get(id)
    }

    /// By when somebody of `line` must look at a ticket that comes into its queue at `now`: what the line promises as its
    /// response, in working time.
    ///
    /// Where it promises nothing (line 0, or a line the organization does not have) it is the bot's deadline, which is
    /// short: such a ticket should wake soon and move on.
    #[must_use]
    pub fn queue_due(&self, line: Line, priority: Priority, category: Option<&str>, now: Timestamp) -> Timestamp {
        let measure = Measure::Response;
        let agreement = self.agreement(&Party::Line(line), measure, priority, category);
        let due = agreement.and_then(|agreement| agreement.target(measure)).and_then(|target| {
            // A calendar without working time within ten years promises nothing either.
            Ledger::new(measure).with(now, What::Started { target }).due(&self.in_force).ok().flatten()
        });
        due.unwrap_or_else(|| now.saturating_add(self.timers.bot_deadline).unwrap_or(Timestamp::MAX))
    }

    /// Every calendar, as deadlines are reckoned by them.
    #[must_use]
    pub fn calendars_in_force(&self) -> &Calendars {
        &self.in_force
    }

    /// How sure line 0 must be; none exactly where there is no line 0.
    #[must_use]
    pub fn thresholds(&self) -> Option<Thresholds> {
        self.thresholds
    }

    /// How often two lines may pass a ticket back and forth, and who decides then.
    #[must_use]
    pub fn hop_budget(&self) -> &HopBudget {
        &self.hop_budget
    }
}
