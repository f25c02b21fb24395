//! What is wrong with a plan is told with its place and what to do; `faults.txt` is the table under review.

use std::fmt::Write as _;

use expect_test::expect_file;
use plan::{DEMO, FILE_BYTES_MAX, Faults, Plan, SMALL};

fn faults(text: &str) -> Faults {
    Plan::parse("plan.toml", text).expect_err("the plan should have faults")
}

/// `base` with the one place that reads `from` reading `to`.
fn broken(base: &str, from: &str, to: &str) -> String {
    assert_eq!(base.matches(from).count(), 1, "`{from}` should be there once");
    base.replace(from, to)
}

/// What is broken, in which plan, what is replaced, and by what.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("not TOML, twice", SMALL, "id = \"fialka\"\nname = {", "id = \"fialka\nname = = {"),
    ("a key is unknown", SMALL, "language = \"ru\"", "lingua = \"ru\""),
    ("a key has a line break", SMALL, "language = \"ru\"", "language = \"ru\"\n\"a\\nb\" = 1"),
    ("a key is missing", SMALL, "contract = \"TS-12\"\n", ""),
    ("a value has a wrong type", SMALL, "returns = 2", "returns = \"two\""),
    ("a table is written as a text", SMALL, "{ ru = \"ТиллСофт\", en = \"TillSoft\" }", "\"ТиллСофт\""),
    ("a list is written as a text", SMALL, "[\"Касса 4\"]", "\"Касса 4\""),
    ("a date is in quotes", SMALL, "2026-01-02", "\"2026-01-02\""),
    (
        "a truth is in quotes",
        DEMO,
        "по тарифу\", en = \"By cable the speed is that of the tariff\" }\nmay_skip = true",
        "по тарифу\", en = \"By cable\" }\nmay_skip = \"yes\"",
    ),
    ("a section is unknown", SMALL, "[timers]", "[timer]"),
    ("a list is written as a table", SMALL, "[[zones]]", "[zones]"),
    ("shape faults in several sections", SMALL, "[[zones]]\nid =", "[[zones]]\nidd =\"a\"\n[[zones]]\nide ="),
    ("a NUL character in the file", SMALL, "Касса и магазин", "Касса\0магазин"),
    ("a NUL character in a text", SMALL, "Касса и магазин", "Касса\\u0000магазин"),
    ("the organization's id is malformed", SMALL, "\"fialka\"", "\"Фиалка\""),
    ("the time zone is unknown", SMALL, "Asia/Yekaterinburg", "Asia/Sverdlovsk"),
    ("the language is unknown", SMALL, "language = \"ru\"", "language = \"de\""),
    ("a text is empty in one language", SMALL, "en = \"Till and shop\"", "en = \" \""),
    ("a text is missing in one language", SMALL, ", en = \"Till and shop\"", ""),
    ("a line is unknown", SMALL, "line = \"vendor\"", "line = \"vendors\""),
    ("a line is there twice", SMALL, "line = \"vendor\"", "line = \"technical\""),
    ("there is no service desk", SMALL, "line = \"service-desk\"\nhands_to", "line = \"expert\"\nhands_to"),
    ("a way makes a loop", SMALL, "hands_to = [\"vendor\"]", "hands_to = [\"vendor\", \"service-desk\"]"),
    (
        "a way leads to a line that is not there",
        SMALL,
        "hands_to = [\"vendor\"]",
        "hands_to = [\"expert\", \"vendor\"]",
    ),
    ("a way is there twice", SMALL, "hands_to = [\"vendor\"]", "hands_to = [\"vendor\", \"vendor\"]"),
    ("self-service passes the owner", DEMO, "hands_to = [\"service-desk\"]", "hands_to = [\"technical\"]"),
    ("a line has no way out", DEMO, "hands_to = [\"vendor\"]\n", ""),
    ("no line hands to a line", DEMO, "hands_to = [\"expert\", \"vendor\"]", "hands_to = [\"vendor\"]"),
    ("nobody works on a line", DEMO, "line = \"expert\"\nmembers", "line = \"technical\"\nmembers"),
    ("a calendar is missing", SMALL, "hands_to = [\"technical\"]\ncalendar = \"office\"", "hands_to = [\"technical\"]"),
    (
        "a calendar is unknown",
        SMALL,
        "line = \"vendor\"\ncalendar = \"office\"",
        "line = \"vendor\"\ncalendar = \"home\"",
    ),
    (
        "a bot has a calendar",
        DEMO,
        "hands_to = [\"service-desk\"]",
        "hands_to = [\"service-desk\"]\ncalendar = \"24x7\"",
    ),
    ("evidence is unknown", DEMO, "\"why_not_here\"]", "\"why\", \"zone\"]"),
    ("evidence is asked for twice", DEMO, "\"why_not_here\"]", "\"findings\"]"),
    ("evidence for the bot", DEMO, "[\"service-desk\"]", "[\"service-desk\"]\nrequired_evidence = [\"question\"]"),
    ("targets are missing", DEMO, "high = { response_minutes = 15, resolution_minutes = 240 }\n", ""),
    (
        "a question waits for no time, too long, less for the less urgent, and is reminded of backwards",
        DEMO,
        "hours = { critical = 2, high = 4, medium = 8, low = 16 }\nhours_max = 80\nreminders = [50, 80]",
        "hours = { critical = 0, high = 40, medium = 8, low = 96 }\nhours_max = 80\nreminders = [80, 50, 100]",
    ),
    ("there are too many reminders", DEMO, "reminders = [50, 80]", "reminders = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"),
    (
        "help is reviewed before something unknown, or twice",
        DEMO,
        "review_before = []",
        "review_before = [\"diagnosis\", \"lunch\", \"diagnosis\"]",
    ),
    ("visits have an unknown calendar", DEMO, "calendar = \"duty\"\ngrace", "calendar = \"night\"\ngrace"),
    ("visits are never late", DEMO, "grace_minutes = 15", "grace_minutes = 0"),
    ("a target is zero", SMALL, "response_minutes = 30,", "response_minutes = 0,"),
    ("a target is negative", SMALL, "response_minutes = 30,", "response_minutes = -30,"),
    ("a target is absurd", SMALL, "resolution_minutes = 9600", "resolution_minutes = 9600000"),
    (
        "a target is shorter than a more urgent one",
        SMALL,
        "low = { response_minutes = 240",
        "low = { response_minutes = 90",
    ),
    (
        "a solution comes before the response",
        DEMO,
        "{ response_minutes = 5, resolution_minutes = 60 }",
        "{ response_minutes = 5, resolution_minutes = 4 }",
    ),
    ("an id is malformed", SMALL, "id = \"shop\"", "id = \"Магазин 1\""),
    ("an id is there twice", DEMO, "id = \"architects\"", "id = \"desk\""),
    ("a group is on the bot's line", DEMO, "line = \"expert\"\nmembers", "line = \"self-service\"\nmembers"),
    ("a group is on a line that is not there", SMALL, "line = \"technical\"\nmembers", "line = \"expert\"\nmembers"),
    ("a zone has nobody", SMALL, "members = [\"r.zaitsev\"]", "members = []"),
    ("a member is there twice", DEMO, "\"i.smirnov\"", "\"a.petrova\""),
    ("a strategy is unknown", DEMO, "strategy = \"skill-first\"", "strategy = \"random\""),
    ("a person is nobody's", DEMO, "[[people]]\nid = \"d.volkov\"", "[[people]]\nid = \"d.wolf\""),
    ("a person is there twice", DEMO, "[[people]]\nid = \"m.sokolov\"", "[[people]]\nid = \"d.volkov\""),
    ("a person speaks nothing", DEMO, "\"оптика\" = 2 }", "\"оптика\" = 2 }\nlanguages = []"),
    ("a person's calendar is unknown", DEMO, "\"оптика\" = 2 }", "\"оптика\" = 2 }\ncalendar = \"nights\""),
    ("a skill's level is out of range", DEMO, "\"оптика\" = 2 }", "\"оптика\" = 9 }"),
    ("nobody has a skill", DEMO, "{ \"VPN\" = 2 }", "{ \"VPN\" = 4, \"IPv6\" = 1 }"),
    ("there is no room", DEMO, "\"VPN\" = 3 }\nload_max = 15", "\"VPN\" = 3 }\nload_max = 0"),
    ("an absence is too long", DEMO, "away_limit_minutes = 60", "away_limit_minutes = 600000"),
    ("a zone's group is unknown", SMALL, "group = \"engineers\"", "group = \"engineer\""),
    ("a zone's group is on another line", SMALL, "group = \"engineers\"", "group = \"desk\""),
    ("a product is in two zones", DEMO, "\"Принтер\"", "\"Роутер\""),
    ("a category's zone is unknown", SMALL, "zone = \"shop\"", "zone = \"shops\""),
    ("a category has no zone", SMALL, "zone = \"shop\"\n", ""),
    ("a category has no checklist", SMALL, "categories = [\"till\"]", "categories = []"),
    ("a checklist's category is unknown", DEMO, "categories = [\"vpn\"]", "categories = [\"vpn\", \"dns\"]"),
    ("a category has two checklists", DEMO, "categories = [\"vpn\"]", "categories = [\"vpn\", \"mail\"]"),
    ("a step is there twice", DEMO, "id = \"restart\"", "id = \"lights\""),
    ("hours are malformed", DEMO, "saturday = [\"00:00-24:00\"]", "saturday = [\"9-18\", \"00:00-24:30\"]"),
    ("hours cross midnight", DEMO, "saturday = [\"00:00-24:00\"]", "saturday = [\"20:00-02:00\"]"),
    ("hours are none", DEMO, "saturday = [\"00:00-24:00\"]", "saturday = [\"20:00-20:00\"]"),
    ("hours are the wrong way round", DEMO, "saturday = [\"00:00-24:00\"]", "saturday = [\"18:00-17:00\"]"),
    ("hours overlap", SMALL, "monday = [\"10:00-19:00\"]", "monday = [\"10:00-19:00\", \"09:00-10:01\"]"),
    ("a calendar never opens", SMALL, "[[calendars]]", "[[calendars]]\nid = \"never\"\nweek = {}\n[[calendars]]"),
    ("a holiday is there twice", SMALL, "2026-01-02", "2026-01-01"),
    ("a holiday is no date", SMALL, "2026-01-02", "2026-02-30"),
    ("a holiday has a time", SMALL, "2026-01-02", "2026-01-02T10:00:00Z"),
    ("a holiday is out of range", SMALL, "2026-01-02", "0026-01-02"),
    ("a special day is a holiday", DEMO, "{ date = 2026-04-30,", "{ date = 2026-05-01,"),
    ("a working holiday is no holiday", DEMO, "holidays = [2026-12-31, 2027-01-01,", "holidays = [2026-12-31,"),
    ("a calendar's time zone is unknown", SMALL, "[[calendars]]", "[[calendars]]\ntime_zone = \"Moscow\""),
    ("a closure ends before it begins", DEMO, "to = 2026-12-11T18:00:00", "to = 2026-12-11T14:00:00"),
    ("a closure has seconds", DEMO, "to = 2026-12-11T18:00:00", "to = 2026-12-11T18:00:01"),
    ("a closure has an offset", DEMO, "from = 2026-12-11T14:00:00", "from = 2026-12-11T14:00:00Z"),
    (
        "a special day has no hours",
        DEMO,
        "2026-04-30, hours = [\"09:00-13:00\", \"14:00-17:00\"]",
        "2026-04-30, hours = []",
    ),
    ("a special day is there twice", DEMO, "{ date = 2026-04-30,", "{ date = 2026-05-08,"),
    ("a kind of agreement is unknown", SMALL, "kind = \"underpinning-contract\"", "kind = \"uc\""),
    ("an agreement is there twice", SMALL, "id = \"clients-critical\"", "id = \"clients\""),
    ("an SLA has a line", SMALL, "priority = \"critical\"", "line = \"technical\"\npriority = \"critical\""),
    ("an OLA has no line", DEMO, "line = \"expert\"\ncategory", "category"),
    ("an OLA is with the bot", DEMO, "line = \"expert\"\ncategory", "line = \"self-service\"\ncategory"),
    ("a contract has no vendor", SMALL, "vendor = \"tillsoft\"\n", ""),
    ("a contract is with an unknown vendor", SMALL, "vendor = \"tillsoft\"", "vendor = \"till\""),
    ("an agreement is for an unknown priority", SMALL, "priority = \"critical\"", "priority = \"urgent\""),
    ("an agreement is for an unknown category", DEMO, "category = \"payment\"", "category = \"payments\""),
    (
        "an agreement has an unknown calendar",
        DEMO,
        "response_minutes = 60\ncalendar = \"duty\"",
        "response_minutes = 60\ncalendar = \"shift\"",
    ),
    ("an agreement promises nothing", SMALL, "resolution_minutes = 3840\n\n[timers]", "\n[timers]"),
    ("an agreement is absurd", SMALL, "resolution_minutes = 3840\n\n[timers]", "resolution_minutes = 0\n\n[timers]"),
    (
        "an agreement solves before it answers",
        SMALL,
        "response_minutes = 30\nresolution_minutes = 480",
        "response_minutes = 30\nresolution_minutes = 29",
    ),
    ("warnings are out of order", DEMO, "warnings = [25, 50, 75, 90]", "warnings = [25, 75, 50, 100]"),
    ("two agreements tie", SMALL, "priority = \"critical\"\nresponse", "response"),
    (
        "two agreements tie for one ticket",
        DEMO,
        "priority = \"critical\"\ncategory = \"no-internet\"",
        "category = \"no-internet\"",
    ),
    (
        "a reason to hold is there twice",
        DEMO,
        "id = \"vendor\"\nname = { ru = \"ждём",
        "id = \"client\"\nname = { ru = \"ждём",
    ),
    ("a reason stops an unknown clock", DEMO, "stops_clock_of = [\"ola\"]", "stops_clock_of = [\"all\"]"),
    ("a reason stops a clock twice", DEMO, "stops_clock_of = [\"ola\"]", "stops_clock_of = [\"ola\", \"ola\"]"),
    ("a timer is zero", SMALL, "bot_deadline_seconds = 30", "bot_deadline_seconds = 0"),
    ("a timer is absurd", SMALL, "auto_close_hours = 120", "auto_close_hours = 9223372036854775807"),
    ("a number does not fit", SMALL, "auto_close_hours = 120", "auto_close_hours = 9223372036854775808"),
    ("a row of the matrix is missing", DEMO, "low = { high = \"medium\", medium = \"low\", low = \"low\" }\n", ""),
    ("a cell of the matrix is missing", DEMO, "high = \"critical\", ", ""),
    ("a priority is unknown", DEMO, "high = \"critical\", ", "high = \"urgent\", "),
    ("a threshold is out of range", DEMO, "answer = 0.8", "answer = 1.5"),
    ("a threshold is no number", DEMO, "answer = 0.8", "answer = nan"),
    ("the thresholds are out of order", DEMO, "offer = 0.45", "offer = 0.9"),
    ("thresholds without line 0", SMALL, "[timers]", "[automation]\nanswer = 0.8\noffer = 0.5\n\n[timers]"),
    ("line 0 without thresholds", DEMO, "[automation]\nanswer = 0.8\noffer = 0.45\n", ""),
    ("a profile always holds", DEMO, "{ weekdays = [\"friday\"], hours = [\"18:00-02:00\"] }", "{}"),
    ("a profile's day is unknown", DEMO, "weekdays = [\"friday\"]", "weekdays = [\"fryday\"]"),
    ("a profile ends before it begins", DEMO, "to = 2027-01-08", "to = 2026-01-08"),
    ("a profile is there twice", DEMO, "\"friday-evening\"", "\"new-year\""),
    ("a choice is waited for too long", DEMO, "choice_minutes = 60", "choice_minutes = 99999"),
    ("an end of a wait is unknown", DEMO, "silence = \"hand-over\"", "silence = \"forget\""),
    ("the replies' calendar is unknown", SMALL, "[replies]\ncalendar = \"office\"", "[replies]\ncalendar = \"moon\""),
    ("the hop budget is absurd", SMALL, "returns = 2", "returns = 11"),
    ("the supervisor is nobody", SMALL, "supervisor = \"r.zaitsev\"", "supervisor = \"n.nobody\""),
    ("a vendor has no products", SMALL, "products = [\"Касса 4\"]", "products = []"),
    ("a contract is empty", SMALL, "contract = \"TS-12\"", "contract = \"\""),
    ("a kind of data is malformed", DEMO, "\"ip-address\"", "\"IP address\""),
    ("a digest that never comes", DEMO, "digest_minutes = 15", "digest_minutes = 0"),
    ("a digest that nobody reads", DEMO, "digest_lines = 20", "digest_lines = 1000"),
    ("a precision that nobody keeps", DEMO, "precision = 0.9\n", "precision = 1.0\n"),
    ("learning never comes", DEMO, "learn_every_days = 7", "learn_every_days = 0"),
    ("vendors without a vendor line", SMALL, "[[lines]]\nline = \"vendor\"\n", "[[lines]]\nline = \"expert\"\n"),
    ("a branch leads nowhere", DEMO, "on_failed = \"cable\"", "on_failed = \"cabel\""),
    ("a branch makes a loop", DEMO, "on_failed = \"cable\"", "on_failed = \"balance\""),
    ("a step is out of reach", DEMO, "on_failed = \"cable\"", "on_failed = \"end\"\non_passed = \"cable\""),
    ("a branch for what may not be skipped", DEMO, "on_failed = \"cable\"", "on_skipped = \"cable\""),
    ("a step is called end", DEMO, "id = \"second-factor\"", "id = \"end\""),
    ("a senior is not of the group", DEMO, "seniors = [\"o.kuznetsova\"]", "seniors = [\"d.volkov\"]"),
    ("a template lacks a field in one language", DEMO, "takes longer: {why}", "takes longer"),
    ("a template has a field that is none", DEMO, "takes longer: {why}", "takes longer: {why} {who}"),
    ("a field declares what is known", DEMO, "id = \"sum\"", "id = \"number\""),
    ("a choice has no choices", DEMO, "choices = [\"карта\", \"лицевой счёт\"]", ""),
    ("a kind of field is unknown", DEMO, "id = \"sum\"\nkind = \"number\"", "id = \"sum\"\nkind = \"money\""),
    ("progress is told never by a number", DEMO, "progress_hours = 24", "progress_hours = 0"),
    ("a rule always holds", DEMO, "words = [\"весь офис*\", \"все офисы\", \"whole office\", \"entire office\"]", ""),
    ("a rule sets nothing", DEMO, "{ impact = \"high\", tags = [\"офис\"] }", "{}"),
    ("a rule's phrase has no word", DEMO, "\"все офисы\"", "\"*\""),
    ("a rule's category is unknown", DEMO, "impact = \"high\", tags", "category = \"office\", tags"),
    ("a rule raises beyond the top", DEMO, "raise = 2", "raise = 4"),
    ("a rule is there twice", DEMO, "id = \"safety\"", "id = \"whole-office\""),
    ("a mood is none", DEMO, "at_most = -0.9", "at_most = 0.5"),
    ("a precision is none", DEMO, "category = 0.9, kind", "category = 1.5, kind"),
    (
        "nothing is to be learned",
        DEMO,
        "least = 200\nprecision = { category = 0.9, kind = 0.95, impact = 0.95, urgency = 0.95 }",
        "least = 0\nprecision = {}",
    ),
    ("one client is a mass", DEMO, "least = 5", "least = 1"),
    ("no mass is ever large enough", DEMO, "least = 5", "least = 5000"),
    ("a factor is none", DEMO, "factor = 3.0", "factor = 0.5"),
    ("a window is too short", DEMO, "window_minutes = 60", "window_minutes = 5"),
    ("a plan accepts before there is a candidate", DEMO, "accept_from = 30", "accept_from = 4"),
    ("a mass raises beyond the top", DEMO, "raise = 1\n", "raise = 4\n"),
    ("a mass is answered by no template", DEMO, "answer = \"outage\"", "answer = \"outrage\""),
    ("a mass is answered with fields", DEMO, "answer = \"outage\"", "answer = \"callback\""),
    ("a wave ends before it begins", DEMO, "to = 2026-11-04\n", "to = 2026-11-01\n"),
    ("answers never hold", DEMO, "holds_hours = 72", "holds_hours = 0"),
    ("no change is sure enough", DEMO, "false_alarms_a_month = 1.0", "false_alarms_a_month = 0.0"),
    ("nobody is ever called", DEMO, "fewest = 10", "fewest = 0"),
    ("an alarm is unknown, another is there twice", DEMO, "\"reopened\", \"overdue\"", "\"mood\", \"speed\""),
    ("a group that is nobody's hears of trends", DEMO, "groups = [\"desk\"]", "groups = [\"chiefs\"]"),
    ("a force majeure is there twice", DEMO, "id = \"short-staffed\"", "id = \"backbone-cut\""),
    ("a force majeure lasts too long", DEMO, "longest_hours = 72", "longest_hours = 721"),
    ("a force majeure has no longest duration", DEMO, "longest_hours = 72\n", ""),
    (
        "a force majeure raises what is not there",
        DEMO,
        "steps = 1\ncategories = [\"no-internet\", \"slow-internet\"]",
        "steps = 9\ncategories = [\"internet\"]\nzones = [\"space\"]\nproducts = [\" \"]",
    ),
    (
        "a force majeure changes agreements that are not there, or twice",
        DEMO,
        "agreements = [\"no-internet-critical\"]\nresolution_minutes",
        "agreements = [\"lines.technical\", \"lines.self-service\", \"clients\"]\nresolution_minutes",
    ),
    (
        "a force majeure has a factor and minutes out of bounds",
        DEMO,
        "response_factor = 1.5",
        "response_factor = 0.0\nresponse_minutes = 0\nresolution_minutes = 0",
    ),
    (
        "a force majeure changes no target",
        DEMO,
        "agreements = [\"no-internet-critical\"]\nresolution_minutes = 720",
        "agreements = [\"no-internet-critical\"]",
    ),
    (
        "two changes of a force majeure are for all agreements",
        DEMO,
        "response_factor = 1.5",
        "response_factor = 1.5\n[[force_majeure.targets]]\nresolution_factor = 3.0",
    ),
    ("a low rating is beyond the scale", DEMO, "low_rating = 2", "low_rating = 6"),
    ("files are too large", DEMO, "file_mebibytes = 25", "file_mebibytes = 300"),
    ("one file may be more than all", DEMO, "ticket_mebibytes = 200", "ticket_mebibytes = 20"),
    ("a scenario's words have what is no field", DEMO, "Заказ {order} принят", "Заказ {number} принят"),
    (
        "a scenario's question after a choice without options",
        DEMO,
        "kind = \"date\"\nfrom_days",
        "kind = \"choice\"\nfrom_days",
    ),
    ("a scenario's bounds are the wrong way round", DEMO, "least = 1\nmost = 10", "least = 11\nmost = 10"),
    ("a scenario's bounds are absurd", DEMO, "to_days = 30", "to_days = 30000"),
    ("a scenario has a text with days", DEMO, "kind = \"text\"", "kind = \"text\"\nto_days = 3"),
    ("a scenario's kind of field is unknown", DEMO, "kind = \"text\"", "kind = \"words\""),
    ("a scenario's options are there twice", DEMO, "id = \"esim\"", "id = \"nano\""),
    ("a field has the name of what is told", DEMO, "reply = [\"order\"]", "reply = [\"order\", \"count\"]"),
    (
        "a scenario waits for too long and too often",
        DEMO,
        "timeout_seconds = 5\ntries = 8",
        "timeout_seconds = 60\ntries = 0\npause_seconds = 3600",
    ),
    ("a scenario's next is nowhere, and nobody gets to the other", DEMO, "then = \"take-offer\"", "then = \"take-it\""),
    ("a scenario comes after itself, and asks nobody", DEMO, "then = \"take-offer\"", "then = \"offer\""),
    ("a scenario's service is malformed", DEMO, "service = \"orders\"", "service = \"http://orders\""),
    ("a scenario is there twice", DEMO, "id = \"take-offer\"", "id = \"order-sim\""),
    ("a scenario is offered beside articles beyond all scores", DEMO, "timeout_seconds = 5", "choice_from = 2.0"),
    (
        "types of files are none, or are there twice",
        DEMO,
        "file_mebibytes = 25",
        "types = [\"image/png\", \"PNG\", \"image/png\"]",
    ),
];

#[test]
fn every_kind_of_fault_is_told_with_its_place_and_what_to_do() {
    let mut table = String::new();
    for (what, base, from, to) in CASES {
        let text = broken(base, from, to);
        writeln!(table, "# {what}").unwrap();
        for fault in faults(&text).list() {
            let at = text[fault.span.clone()].lines().next().unwrap_or_default().escape_debug().to_string();
            writeln!(table, "{}:{} at `{at}`", fault.line, fault.column).unwrap();
            writeln!(table, "  {}\n  {}", fault.message, fault.help).unwrap();
        }
        table.push('\n');
    }
    expect_file!["faults.txt"].assert_eq(&table);
}

#[test]
fn the_vendor_line_without_vendors_is_a_fault() {
    let text = &SMALL[..SMALL.find("[[vendors]]").unwrap()];
    let text = format!("{text}[hop_budget]\nreturns = 1\nsupervisor = \"l.belova\"\n");
    assert_eq!(faults(&text).list()[0].message, "the line vendor has no vendors");
}

#[test]
fn scenarios_without_line_0_are_a_fault() {
    let text = format!("{SMALL}{}", &DEMO[DEMO.find("[[scenarios]]").unwrap()..]);
    assert_eq!(faults(&text).list()[0].message, "there are scenarios and no line 0 that could go through them");
}

#[test]
fn an_empty_file_is_told_every_section_it_needs() {
    let messages: Vec<String> = faults("").list().iter().map(|fault| fault.message.clone()).collect();
    assert_eq!(
        messages,
        [
            "the plan has no [organization]",
            "the plan has no [timers]",
            "the plan has no [replies]",
            "the plan has no [hop_budget]"
        ]
    );
}

#[test]
fn a_file_that_is_too_long_is_told_the_limit() {
    let shown = faults(&format!("{SMALL}#{}", " ".repeat(FILE_BYTES_MAX))).plain();
    assert!(shown.ends_with("keep a plan within 1048576 bytes"), "{shown}");
}

#[test]
fn all_faults_are_told_one_a_line_in_the_order_of_the_file() {
    let text = broken(SMALL, "returns = 2", "returns = 0");
    let text = broken(&text, "Asia/Yekaterinburg", "Asia/Nowhere");
    let faults = faults(&text);
    assert_eq!(faults.to_string(), "plan.toml has 2 faults");
    let shown = faults.plain();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 2, "{shown}");
    assert!(lines[0].starts_with("plan.toml:6:13: `Asia/Nowhere` is not a time zone; use "), "{shown}");
    assert!(lines[1].starts_with("plan.toml:119:11: `returns` is 0; give a whole number from 1 to 10"), "{shown}");
}

#[test]
fn faults_are_drawn_with_the_text_around_them() {
    let faults = faults(&broken(SMALL, "Asia/Yekaterinburg", "Asia/Nowhere"));
    let mut drawn = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor());
    handler.render_report(&mut drawn, &faults).unwrap();
    for part in ["plan.toml:6:13", "time_zone = \"Asia/Nowhere\"", "─────", "help: use a name of the IANA list"]
    {
        assert!(drawn.contains(part), "{part} is not in\n{drawn}");
    }
}
