//! The plan: one TOML file that says everything about how an organization works (design §4).
//!
//! **Invariant:** text in, plan or faults out. This crate reads no file, opens no connection and knows neither tonic
//! nor sea-orm. Knowledge and runbooks are data and not part of a plan; neither is anything secret.
//!
//! Start at [`Plan::parse`]. Each section of the file has a module of its own, with what is written (`…Entry`), what
//! the services read, and the check between both.

mod agreement;
mod attachments;
mod automation;
mod calendar;
mod category;
mod checklist;
mod clarification;
mod conversation;
mod day;
mod dialogue;
mod fault;
mod file;
mod force_majeure;
mod hold;
mod holidays;
mod hours;
mod knowledge;
mod known;
mod learning;
mod line;
mod mass;
mod notices;
mod organization;
mod orphan;
mod people;
mod phrase;
mod place;
mod plan;
mod priority;
mod profile;
mod promises;
mod rule;
mod scenario;
mod scenario_field;
mod sorting;
mod staff;
mod technical;
mod template;
mod timers;
mod trends;
mod vendor;
mod version;

pub use self::trends::{FALSE_ALARMS_MAX, FALSE_ALARMS_MIN, FEWEST_MAX, HOLDS_HOURS_MAX, TrendRules};
pub use attachments::{AttachmentRules, FILE_MEBIBYTES_MAX, TICKET_MEBIBYTES_MAX, TYPES_MAX};
pub use automation::{ReplyProfile, Thresholds};
pub use category::Category;
pub use checklist::{Branches, Checklist, Step, Way};
pub use clarification::{CLARIFICATION_HOURS_MAX, ClarificationDue, REMINDERS_MAX};
pub use conversation::{ConversationRules, PROGRESS_HOURS_MAX, PROGRESS_MOST_MAX};
pub use dialogue::{CHOICE_MINUTES_MAX, Dialogue, Silence};
pub use fault::{Fault, Faults};
pub use file::FILE_BYTES_MAX;
pub use force_majeure::{
    FORCE_MAJEURE_CHANGES_MAX, FORCE_MAJEURE_HOURS_MAX, FORCE_MAJEURES_MAX, ForceMajeureProfile, Rising,
    TARGET_FACTOR_MAX,
};
pub use hold::HoldReason;
pub use holidays::{Holidays, NoHolidays};
pub use knowledge::{KnowledgeRules, LEARN_EVERY_DAYS_MAX};
pub use learning::{LEARN_DAYS_MAX, LEARN_TICKETS_MAX, LearnRules, Sortable};
pub use line::{LineRules, RESOLUTION_MINUTES_MAX, RESPONSE_MINUTES_MAX, Target};
pub use mass::{
    MASS_ACCEPT_FROM_MAX, MASS_FACTOR_MAX, MASS_LEAST_MAX, MASS_WINDOW_MINUTES_MAX, MassRules, WAVES_MAX, Wave,
};
pub use notices::{DIGEST_DAYS_MAX, DIGEST_LINES_MAX, DIGEST_MINUTES_MAX, NoticeRules};
pub use organization::Organization;
pub use orphan::Orphan;
pub use people::{Group, HopBudget, RETURNS_MAX, Zone};
pub use place::Text;
pub use plan::Plan;
pub use rule::{HeldRule, PHRASES_MAX, RAISE_STEPS_MAX, RULES_MAX, Seen, Sets, SortingRule};
pub use scenario::{
    Meant, SCENARIO_FIELDS_MAX, SCENARIO_PAUSE_SECONDS_MAX, SCENARIO_TIMEOUT_SECONDS_MAX, SCENARIO_TRIES_MAX,
    SCENARIO_WRONG_MAX, SCENARIOS_MAX, Scenario,
};
pub use scenario_field::{
    Holds, SCENARIO_DAYS_MAX, SCENARIO_NUMBER_MAX, SCENARIO_OPTIONS_MAX, ScenarioField, ScenarioOption,
};
pub use sorting::MoodStep;
pub use staff::{
    AWAY_MINUTES_MAX, LOAD_CUSTOMARY, LOAD_MAX, Person, RETRY_MINUTES_MAX, SKILL_LEVEL_MAX, Skills, Strategy,
};
pub use technical::{ReviewedStep, TechnicalRules, VISIT_GRACE_MINUTES_MAX, VisitRules};
pub use template::{Field, FieldKind, KNOWN_FIELDS, Rendering, Template, filled};
pub use timers::{
    AUTO_CLOSE_HOURS_MAX, BOT_DEADLINE_SECONDS_MAX, CLIENT_SILENCE_HOURS_MAX, REOPEN_WINDOW_DAYS_MAX,
    VENDOR_SILENCE_HOURS_MAX,
};
pub use vendor::Vendor;
pub use version::PlanVersion;

/// The plan of the demonstration: an internet provider with all five lines.
pub const DEMO: &str = include_str!("../demo.toml");

/// A small company without lines 0 and 3: the service desk, one technical group, one vendor.
pub const SMALL: &str = include_str!("../small.toml");

/// The JSON Schema of a plan, for editors and for people; its descriptions say what each key is for.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(file::File).to_value()
}
