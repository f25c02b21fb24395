//! What the services say to people by themselves, in Russian and English, from the resource file `texts.toml`.
//!
//! **Invariant:** the only home of such texts; an organization's own words stand in its plan.

use std::collections::HashMap;
use std::sync::LazyLock;

use deadline::{Hours, Rule};
use serde::Deserialize;
use ticket::{Language, Line};

const RESOURCE: &str = include_str!("../texts.toml");

#[derive(Deserialize)]
struct Both {
    ru: String,
    en: String,
}

static TEXTS: LazyLock<HashMap<String, Both>> =
    LazyLock::new(|| toml::from_str(RESOURCE).expect("a test reads the whole resource"));

macro_rules! texts {
    ($($(#[$doc:meta])* $value:ident = $key:literal,)+) => {
        /// A text of the resource file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Text { $($(#[$doc])* $value,)+ }

        impl Text {
            /// Every text.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            fn key(self) -> &'static str {
                match self { $(Self::$value => $key),+ }
            }
        }
    };
}

texts! {
    /// To people: a part of what was promised has passed: `number`, `subject`, `clock`, `percent`, `due`.
    ClockWarned = "clock_warned",
    /// To people: a promise is broken: `number`, `subject`, `clock`, `due`.
    ClockBreached = "clock_breached",
    /// To supervisors: a client is not content: `number`, `subject`, `score`, `comment`.
    NoticeLowRating = "notice_low_rating",
    /// To a senior: a hard talk is theirs now: `number`, `subject`, `reason`.
    NoticeHandedToSenior = "notice_handed_to_senior",
    /// To people: a visit has not begun, or not ended: `number`, `subject`, `engineer`, `when`.
    NoticeVisitLate = "notice_visit_late",
    /// To people: the time of a visit does not suit the client: `number`, `subject`, `when`, `comment`.
    NoticeVisitDeclined = "notice_visit_declined",
    /// To people: the client did not answer in time: `number`, `subject`.
    NoticeQuestionExpired = "notice_question_expired",
    /// To supervisors: line 2 did not accept the help given so far: `number`, `subject`, `by`, `asked_for`.
    NoticeHelpSentBack = "notice_help_sent_back",
    /// To a tester: a runbook is to be tried: `title`, `by`.
    NoticeRunbookTest = "notice_runbook_test",
    /// To whoever was to test a runbook: `title`.
    NoticeRunbookCalledOff = "notice_runbook_called_off",
    /// To an owner: a runbook has passed its test: `title`, `tester`, `remarks`.
    NoticeRunbookPassed = "notice_runbook_passed",
    /// To an owner: a runbook has failed its test: `title`, `tester`, `remarks`.
    NoticeRunbookFailed = "notice_runbook_failed",
    /// To an owner: a runbook has to be looked at: `title`, `date`.
    NoticeRunbookReview = "notice_runbook_review",
    /// To people: another line has returned a ticket: `number`, `subject`, `asked_for`.
    NoticeCameBack = "notice_came_back",
    /// To supervisors: one of them was called by hand: `number`, `subject`, `supervisor`, `why`.
    NoticeSupervisorCalled = "notice_supervisor_called",
    /// To people: the problem behind a ticket has a workaround: `number`, `subject`, `problem`.
    ProblemWorkedAround = "problem_worked_around",
    /// To people: the problem behind a ticket is resolved: `number`, `subject`, `problem`.
    ProblemResolved = "problem_resolved",
    /// What is measured: until somebody answers.
    MeasureResponse = "measure_response",
    /// What is measured: until it is solved.
    MeasureResolution = "measure_resolution",
    /// To people: the mood raises the priority; the client's words follow.
    MoodRaised = "mood_raised",
    /// To people: a major incident raises the priority: `incident`.
    MassRaised = "mass_raised",
    /// To people: force majeure raises the priority: `name`, `plan`.
    ForceMajeureRaised = "force_majeure_raised",
    /// To people: force majeure has begun: `name`, `until`.
    NoticeForceMajeureBegan = "notice_force_majeure_began",
    /// To people: force majeure is over: `name`, `until`.
    NoticeForceMajeureOver = "notice_force_majeure_over",
    /// At which pace a clock runs in force majeure: `name`, `usual`, `within`.
    RuleForceMajeure = "rule_force_majeure",
    /// To people: a candidate for a major incident: `incident`, `clients`.
    NoticeIncidentCandidate = "notice_incident_candidate",
    /// To people: a major incident: `incident`, `clients`.
    NoticeIncidentOpen = "notice_incident_open",
    /// To people: a major incident is over: `incident`, `done`.
    NoticeIncidentOver = "notice_incident_over",
    /// To a group that has children of a major incident: `incident`.
    NoticeIncidentJoined = "notice_incident_joined",
    /// To people: something is otherwise than usual: `line`, `what`, `hours`, `count`, `expected`, `causes`.
    NoticeTrendAlert = "notice_trend_alert",
    /// To people: it is as usual again: `line`, `what`, `hours`, `count`, `expected`.
    NoticeTrendOver = "notice_trend_over",
    /// How many of how many: `count`, `of`.
    TrendOf = "trend_of",
    /// What carries a change: `side`, `name`, `count`, `expected`, `percent`.
    TrendCause = "trend_cause",
    /// Nothing carries a change more than its part.
    TrendNoCause = "trend_no_cause",
    /// What is otherwise: more requests.
    TrendVolume = "trend_volume",
    /// What is otherwise: the mood.
    TrendMood = "trend_mood",
    /// What is otherwise: more are opened again.
    TrendReopened = "trend_reopened",
    /// What is otherwise: more are late.
    TrendOverdue = "trend_overdue",
    /// What is otherwise: more are handed over.
    TrendHandedOver = "trend_handed_over",
    /// What is otherwise: fewer come.
    TrendSilence = "trend_silence",
    /// What a figure is of: a zone.
    SideZone = "side_zone",
    /// A category.
    SideCategory = "side_category",
    /// A product.
    SideProduct = "side_product",
    /// A channel.
    SideChannel = "side_channel",
    /// A language.
    SideLanguage = "side_language",
    /// Why a candidate is no incident: `wave`.
    WaveAnnounced = "wave_announced",
    /// An automatic answer: `answer`.
    Answered = "answered",
    /// Handed to a person, nothing to offer: `greeting`.
    HandedOver = "handed_over",
    /// Handed to a person, with articles that may help: `greeting`, `offers`.
    HandedOverWithOffers = "handed_over_with_offers",
    /// The client asked for a person: `greeting`.
    PersonCalled = "person_called",
    /// A greeting and nothing else.
    Greeted = "greeted",
    /// Thanks and nothing else.
    Welcome = "welcome",
    /// A farewell and nothing else.
    Farewell = "farewell",
    /// A message without words.
    Wordless = "wordless",
    /// Articles to choose from: `offers`.
    Offered = "offered",
    /// One question back: `topics`.
    AskedBack = "asked_back",
    /// Some of several questions were answered, the rest goes to a person: `answers`, `greeting`.
    SeveralPartly = "several_partly",
    /// To an angry client, who is handed over: `greeting`.
    Calmed = "calmed",
    /// To a message in another language: `language`. Told in both languages.
    OtherLanguage = "other_language",
    /// A message with a log goes to a person: `greeting`.
    LogTaken = "log_taken",
    /// A scenario begins, with its first question: `scenario`, `question`.
    ScenarioBegun = "scenario_begun",
    /// A scenario begins anew, with its first question: `question`.
    ScenarioAnew = "scenario_anew",
    /// A question that may be skipped: `question`.
    ScenarioOptional = "scenario_optional",
    /// Is all right: `question`.
    ScenarioConfirm = "scenario_confirm",
    /// A service is at it: `scenario`.
    ScenarioWorking = "scenario_working",
    /// The client does not want it any more.
    ScenarioCancelled = "scenario_cancelled",
    /// A service refused: `reason`.
    ScenarioRefused = "scenario_refused",
    /// A scenario goes to a person: `greeting`, `scenario`.
    ScenarioHandedOver = "scenario_handed_over",
    /// To people: a service answered after the handover: `scenario`, `outcome`.
    ScenarioLate = "scenario_late",
    /// The client did not choose, and the request is closed.
    ClosedUnanswered = "closed_unanswered",
    /// Why a request was closed without an answer.
    UnansweredCause = "unanswered_cause",
    /// Why a request without a question was closed.
    SmallTalkCause = "small_talk_cause",
    /// Why an article did not help: the client chose none.
    WhyNoneFits = "why_none_fits",
    /// Why an article did not help: the client did not choose.
    WhyNoChoice = "why_no_choice",
    /// The client's own requests: `requests`.
    YourRequests = "your_requests",
    /// The client has no other requests.
    NoRequests = "no_requests",
    /// What a question about standing was about.
    StatusCause = "status_cause",
    /// A ticket was registered: `greeting`, `number`.
    Registered = "registered",
    /// It is solved, please confirm: `number`, `done`, `how_to_verify`.
    Resolved = "resolved",
    /// It was closed after silence: `number`.
    ClosedAfterSilence = "closed_after_silence",
    /// It was closed by a person: `number`.
    ClosedByAgent = "closed_by_agent",
    /// Nothing was said for a while: `number`, `line`.
    Progress = "progress",
    /// The ticket went to another line: `number`, `line`.
    Moved = "moved",
    /// How content are you: `number`.
    AskRating = "ask_rating",
    /// Two tickets became one: `number`, `duplicate`.
    Merged = "merged",
    /// One ticket became two: `number`, `other`.
    Split = "split",
    /// What solved a duplicate: `other`.
    MergedDone = "merged_done",
    /// Why it was one: `other`.
    MergedCause = "merged_cause",
    /// To an agent: somebody may be in danger.
    AdviceSafety = "advice_safety",
    /// To an agent: the client has no strength left.
    AdviceDespair = "advice_despair",
    /// To an agent: the client swears.
    AdviceSwearing = "advice_swearing",
    /// To an agent: the client is angry.
    AdviceAnger = "advice_anger",
    /// To an agent: the client turns to us again.
    AdviceRepeated = "advice_repeated",
    /// To an agent: the client has waited for long.
    AdviceWaiting = "advice_waiting",
    /// A visit is planned, does it suit: `number`, `when`, `purpose`.
    VisitProposed = "visit_proposed",
    /// The visit takes place: `number`, `when`, `purpose`.
    VisitConfirmed = "visit_confirmed",
    /// The visit does not take place: `number`, `when`, `why`.
    VisitCancelled = "visit_cancelled",
    /// Why a visit is not needed any more: another line has the ticket.
    VisitNotNeeded = "visit_not_needed",
    /// The title of a visit in a calendar: `number`, `purpose`.
    VisitSummary = "visit_summary",
    /// About a visit in a calendar: `why`, `place`, `there`, `back`.
    VisitDescription = "visit_description",
    /// Standing: answered at once.
    StatusAnswered = "status_answered",
    /// Standing: somebody works on it: `line`.
    StatusInWork = "status_in_work",
    /// Standing: it waits for the client.
    StatusWaitsForYou = "status_waits_for_you",
    /// Standing: solved, not confirmed.
    StatusResolved = "status_resolved",
    /// Standing: closed.
    StatusClosed = "status_closed",
    /// Line 0, in a client's words.
    LineSelfService = "line_self_service",
    /// Line 1, in a client's words.
    LineServiceDesk = "line_service_desk",
    /// Line 2, in a client's words.
    LineTechnical = "line_technical",
    /// Line 3, in a client's words.
    LineExpert = "line_expert",
    /// Line 4, in a client's words.
    LineVendor = "line_vendor",
    /// To line 1: the client has not answered.
    ClientSilent = "client_silent",
    /// Why an article did not help: the client said so.
    WhyNotHelped = "why_not_helped",
    /// Why an article was not used: too weak a match.
    WhyNotSure = "why_not_sure",
    /// To a vendor that has been silent for too long.
    VendorReminder = "vendor_reminder",
    /// To a vendor, before the evidence of a ticket that comes to it again.
    VendorReopened = "vendor_reopened",
    /// To a vendor: the ticket was taken back.
    VendorTakenBack = "vendor_taken_back",
    /// To a vendor: the ticket was solved without it.
    VendorSolvedWithout = "vendor_solved_without",
    /// To the line that gets a ticket back: the vendor ended the case without words.
    VendorEndedWithoutFix = "vendor_ended_without_fix",
    /// On a ticket: a part of a message to the vendor was held back.
    VendorWithheld = "vendor_withheld",
    /// A simulated vendor takes a case: `case`.
    SimulatedAccept = "simulated_accept",
    /// A simulated vendor refuses a case.
    SimulatedReject = "simulated_reject",
    /// A simulated vendor wants to know more: `product`.
    SimulatedQuestion = "simulated_question",
    /// A simulated vendor was answered: `answer`.
    SimulatedThanks = "simulated_thanks",
    /// A simulated vendor sees the fault, too.
    SimulatedSeen = "simulated_seen",
    /// A simulated vendor's root cause: `product`.
    SimulatedCause = "simulated_cause",
    /// A simulated vendor's fix.
    SimulatedFix = "simulated_fix",
    /// How to verify a simulated vendor's fix: `who`.
    SimulatedCheck = "simulated_check",
    /// A simulated vendor speaks of what it was not told: `token`.
    SimulatedConjured = "simulated_conjured",
    /// A simulated vendor ends a case.
    SimulatedClose = "simulated_close",
    /// Whom a simulated vendor means where the case names nobody.
    SimulatedClient = "simulated_client",
    /// What a simulated vendor calls a product that the case does not name.
    SimulatedProduct = "simulated_product",
    /// Of a deadline: working hours.
    RuleWeeklyHours = "rule_weekly_hours",
    /// Of a deadline: working hours of that very day.
    RuleSpecialHours = "rule_special_hours",
    /// Of a deadline: a break between shifts.
    RuleBreak = "rule_break",
    /// Of a deadline: before or after the hours of a day.
    RuleOutsideHours = "rule_outside_hours",
    /// Of a deadline: a day off by the calendar.
    RuleDayOff = "rule_day_off",
    /// Of a deadline: a holiday.
    RuleHoliday = "rule_holiday",
    /// Of a deadline: a one-off closure: `closure`.
    RuleClosure = "rule_closure",
    /// Of a deadline: on hold without effect: `reason`.
    RuleHoldRuns = "rule_hold_runs",
    /// Of a deadline: on hold: `reason`.
    RuleHoldStops = "rule_hold_stops",
    /// Of a deadline: between the end and a reopening.
    RuleEnded = "rule_ended",
}

impl Text {
    /// The text in `language`, with every `{name}` of `fields` filled in.
    ///
    /// Values are put in once, left to right, so that braces in a value are not taken for fields.
    #[must_use]
    pub fn with(self, language: Language, fields: &[(&str, &str)]) -> String {
        let mut rest = self.plain(language);
        let mut filled = String::with_capacity(rest.len());
        while let Some(open) = rest.find('{') {
            let (before, field) = rest.split_at(open);
            filled.push_str(before);
            let Some(close) = field.find('}') else { break };
            let value = fields.iter().find(|(name, _)| *name == &field[1..close]).map(|(_, value)| *value);
            filled.push_str(value.unwrap_or(&field[..=close]));
            rest = &field[close + 1..];
        }
        filled.push_str(rest);
        filled
    }

    /// The text in `language`, where it has no fields.
    #[must_use]
    pub fn plain(self, language: Language) -> &'static str {
        match (TEXTS.get(self.key()), language) {
            (Some(both), Language::Russian) => &both.ru,
            (Some(both), Language::English) => &both.en,
            (None, _) => "",
        }
    }

    /// What a client calls `line`.
    #[must_use]
    pub fn of_line(line: Line) -> Self {
        match line {
            Line::SelfService => Self::LineSelfService,
            Line::ServiceDesk => Self::LineServiceDesk,
            Line::Technical => Self::LineTechnical,
            Line::Expert => Self::LineExpert,
            Line::Vendor => Self::LineVendor,
        }
    }

    /// Why an interval of a clock counts or not. The names of a closure and of a reason are filled in by the caller.
    #[must_use]
    pub fn of_rule(rule: &Rule) -> Self {
        match rule {
            Rule::Calendar(Hours::Weekly) => Self::RuleWeeklyHours,
            Rule::Calendar(Hours::Special) => Self::RuleSpecialHours,
            Rule::Calendar(Hours::Break) => Self::RuleBreak,
            Rule::Calendar(Hours::Outside) => Self::RuleOutsideHours,
            Rule::Calendar(Hours::DayOff) => Self::RuleDayOff,
            Rule::Calendar(Hours::Holiday) => Self::RuleHoliday,
            Rule::Calendar(Hours::Closed { .. }) => Self::RuleClosure,
            Rule::HoldRuns { .. } => Self::RuleHoldRuns,
            Rule::HoldStops { .. } => Self::RuleHoldStops,
            Rule::Ended => Self::RuleEnded,
        }
    }
}

#[cfg(test)]
mod tests;
