//! The file as it is written: its sections, and how the text becomes them.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::agreement::AgreementEntry;
use crate::attachments::AttachmentsEntry;
use crate::automation::{AutomationEntry, RepliesEntry};
use crate::calendar::CalendarEntry;
use crate::category::CategoryEntry;
use crate::checklist::ChecklistEntry;
use crate::clarification::ClarificationsEntry;
use crate::conversation::ConversationEntry;
use crate::fault::Gathered;
use crate::force_majeure::ForceMajeureEntry;
use crate::hold::HoldReasonEntry;
use crate::knowledge::KnowledgeEntry;
use crate::line::LineEntry;
use crate::mass::MassEntry;
use crate::notices::NoticesEntry;
use crate::organization::OrganizationEntry;
use crate::people::{GroupEntry, HopBudgetEntry, ZoneEntry};
use crate::place::{At, shorten};
use crate::priority::PrioritiesEntry;
use crate::rule::RuleEntry;
use crate::scenario::ScenarioEntry;
use crate::sorting::SortingEntry;
use crate::staff::{PersonEntry, QueuesEntry};
use crate::technical::TechnicalEntry;
use crate::template::TemplateEntry;
use crate::timers::TimersEntry;
use crate::trends::TrendsEntry;
use crate::vendor::VendorEntry;

/// The longest plan, in bytes.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// How an organization works: its support lines, its people, its hours, its promises and its vendors.
#[derive(Debug, JsonSchema)]
#[schemars(rename = "Plan", deny_unknown_fields)]
pub(crate) struct File {
    /// Whose plan this is.
    pub(crate) organization: OrganizationEntry,
    /// The support lines there are, who comes after whom, and what each promises.
    pub(crate) lines: Vec<LineEntry>,
    /// The support groups and their people.
    pub(crate) groups: Vec<GroupEntry>,
    /// What sets single people apart: languages, skills, room, working hours.
    #[schemars(default)]
    pub(crate) people: Vec<PersonEntry>,
    /// How queues treat tickets that nobody works on.
    pub(crate) queues: Option<QueuesEntry>,
    /// The zones of responsibility of line 2; needed where there is a line 2.
    #[schemars(default)]
    pub(crate) zones: Vec<ZoneEntry>,
    /// What requests can be about.
    pub(crate) categories: Vec<CategoryEntry>,
    /// What line 1 goes through before it hands a request on.
    #[schemars(default)]
    pub(crate) checklists: Vec<ChecklistEntry>,
    /// What line 1 tells a client by itself; nothing when left out.
    pub(crate) conversation: Option<ConversationEntry>,
    /// Answer templates of line 1.
    #[schemars(default)]
    pub(crate) templates: Vec<TemplateEntry>,
    /// How line 1 sorts requests by what they say and where they come from, before anything learned does.
    #[schemars(default)]
    pub(crate) rules: Vec<RuleEntry>,
    /// What of its sorting line 1 does by measure; nothing when left out.
    pub(crate) sorting: Option<SortingEntry>,
    /// Mass incidents at line 1; it does not look for any when left out.
    pub(crate) mass: Option<MassEntry>,
    /// Trends; everything is counted when it is left out, and nobody is told of changes.
    pub(crate) trends: Option<TrendsEntry>,
    /// Working hours and holidays.
    pub(crate) calendars: Vec<CalendarEntry>,
    /// What clients, lines and vendors are promised or promise, beside the targets of the lines.
    #[schemars(default)]
    pub(crate) agreements: Vec<AgreementEntry>,
    /// What a ticket on hold waits for, and which clocks stand meanwhile; the customary reasons when left out.
    #[schemars(default)]
    pub(crate) hold_reasons: Vec<HoldReasonEntry>,
    /// How long a line waits for what only the client can tell; what is customary when left out.
    pub(crate) clarifications: Option<ClarificationsEntry>,
    /// How line 2 works; what is customary when left out.
    pub(crate) technical: Option<At<TechnicalEntry>>,
    /// When a ticket wakes by itself.
    pub(crate) timers: TimersEntry,
    /// Which priority an impact and an urgency make; the customary ITIL matrix when left out.
    pub(crate) priorities: Option<At<PrioritiesEntry>>,
    /// How sure line 0 must be; needed where there is a line 0.
    pub(crate) automation: Option<At<AutomationEntry>>,
    /// How often people are told by themselves; what is customary when left out.
    pub(crate) notices: Option<NoticesEntry>,
    /// Which files a ticket may have; what is customary when left out.
    pub(crate) attachments: Option<AttachmentsEntry>,
    /// How knowledge is kept; what is customary when left out.
    pub(crate) knowledge: Option<KnowledgeEntry>,
    /// What line 0 does for clients by itself, through the company's internal services.
    #[schemars(default)]
    pub(crate) scenarios: Vec<ScenarioEntry>,
    /// What clients are told automatically, by the time of day.
    pub(crate) replies: RepliesEntry,
    /// What can be declared as force majeure, and what it changes then.
    #[schemars(default)]
    pub(crate) force_majeure: Vec<ForceMajeureEntry>,
    /// The vendors behind line 4; needed where there is a line 4.
    #[schemars(default)]
    pub(crate) vendors: Vec<VendorEntry>,
    /// How often two lines may pass a ticket back and forth, and who decides then.
    pub(crate) hop_budget: HopBudgetEntry,
}

impl File {
    /// The sections of `text`. None with faults when it is no TOML, or keys or values are of a wrong shape.
    pub(crate) fn read(text: &str, gathered: &mut Gathered) -> Option<Self> {
        if text.len() > FILE_BYTES_MAX {
            let message = format!("the file has {} bytes", text.len());
            gathered.note(&(0..0), message, format!("keep a plan within {FILE_BYTES_MAX} bytes"));
            return None;
        }
        for (nul, _) in text.match_indices('\0') {
            gathered.note(&(nul..nul + 1), "the file holds a NUL character", "remove it; a plan is plain text");
        }
        if !gathered.is_empty() {
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let message = format!("not valid TOML: {}", error.message());
            gathered.note(&error.span().unwrap_or(0..0), message, "correct the syntax here");
        }
        if !gathered.is_empty() {
            return None;
        }
        let mut sections = Sections { table: table.into_inner(), gathered };
        // Every section is read before the first fault counts, so that all are told.
        let (organization, lines) = (sections.one("organization"), sections.many("lines"));
        let (groups, zones) = (sections.many("groups"), sections.many("zones"));
        let (categories, checklists) = (sections.many("categories"), sections.many("checklists"));
        let (calendars, timers) = (sections.many("calendars"), sections.one("timers"));
        let (agreements, hold_reasons) = (sections.many("agreements"), sections.many("hold_reasons"));
        let (clarifications, technical) = (sections.maybe("clarifications"), sections.maybe("technical"));
        let (priorities, automation) = (sections.maybe("priorities"), sections.maybe("automation"));
        let (replies, vendors) = (sections.one("replies"), sections.many("vendors"));
        let hop_budget = sections.one("hop_budget");
        let (people, queues) = (sections.many("people"), sections.maybe("queues"));
        let (knowledge, notices) = (sections.maybe("knowledge"), sections.maybe("notices"));
        let (conversation, templates) = (sections.maybe("conversation"), sections.many("templates"));
        let attachments = sections.maybe("attachments");
        let (rules, sorting) = (sections.many("rules"), sections.maybe("sorting"));
        let (mass, scenarios) = (sections.maybe("mass"), sections.many("scenarios"));
        let trends = sections.maybe("trends");
        let force_majeure = sections.many("force_majeure");
        sections.the_rest_is_unknown();
        if !gathered.is_empty() {
            return None;
        }
        Some(Self {
            organization: organization?,
            lines,
            groups,
            people,
            queues,
            zones,
            categories,
            checklists,
            conversation,
            templates,
            rules,
            sorting,
            mass,
            trends,
            calendars,
            agreements,
            hold_reasons,
            clarifications,
            technical,
            timers: timers?,
            priorities,
            automation,
            notices,
            attachments,
            knowledge,
            scenarios,
            replies: replies?,
            force_majeure,
            vendors,
            hop_budget: hop_budget?,
        })
    }
}

/// The sections not read yet. Each is read by itself, so that a fault in one does not hide those of the others.
struct Sections<'i, 'g> {
    table: DeTable<'i>,
    gathered: &'g mut Gathered,
}

impl Sections<'_, '_> {
    fn one<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.table.contains_key(key) {
            let message = format!("the plan has no [{key}]");
            self.gathered.note(&(0..0), message, format!("add the section [{key}]; the schema says what it holds"));
        }
        self.maybe(key)
    }

    fn maybe<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.table.remove(key)?;
        self.shape(value)
    }

    fn many<T: DeserializeOwned>(&mut self, key: &str) -> Vec<T> {
        let Some(value) = self.table.remove(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(entries) = value.into_inner() else {
            self.gathered.note(&span, format!("`{key}` is not a list"), format!("begin each entry with [[{key}]]"));
            return Vec::new();
        };
        entries.into_iter().filter_map(|entry| self.shape(entry)).collect()
    }

    fn shape<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Option<T> {
        let whole = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(section) => Some(section),
            Err(error) => {
                let message = error.message();
                let help = if message.starts_with("missing field") {
                    "add it here"
                } else if message.starts_with("unknown field") {
                    "correct its name or remove it"
                } else {
                    "correct the value; the schema says what may stand here"
                };
                self.gathered.note(&error.span().unwrap_or(whole), plainly(message), help);
                None
            }
        }
    }

    fn the_rest_is_unknown(self) {
        for (key, _) in self.table {
            let message = format!("`{}` is not a section of a plan", shorten(key.get_ref()));
            self.gathered.note(&key.span(), message, "correct its name or remove it; the schema lists the sections");
        }
    }
}

/// What serde says of a wrong type, in the words of TOML rather than of Rust.
fn plainly(message: &str) -> String {
    let Some((given, expected)) = message.split_once(", expected ").filter(|(given, _)| given.starts_with("invalid"))
    else {
        return message.to_owned();
    };
    let expected = match expected {
        "i64" => "a whole number",
        "f64" => "a number",
        "a sequence" => "a list in square brackets",
        "a boolean" => "true or false",
        "a TOML datetime" => "a date such as 2026-01-01, without quotes",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    format!("{given}, expected {expected}")
}
