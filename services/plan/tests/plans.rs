//! What a sound plan says, and that no text can do harm.

use deadline::{AgreementKind, CLIENT, Measure, Party, Percent, Promises, VENDOR};
use jiff::SignedDuration;
use jiff::civil::date;
use plan::{DEMO, Orphan, Plan, PlanVersion, ReplyProfile, SMALL, schema};
use proptest::prelude::*;
use ticket::evidence::EvidenceField;
use ticket::{Impact, Language, Line, Priority, Topology, Urgency};

fn demo() -> Plan {
    Plan::parse("demo.toml", DEMO).unwrap_or_else(|faults| panic!("{}", faults.plain()))
}

fn small() -> Plan {
    Plan::parse("small.toml", SMALL).unwrap_or_else(|faults| panic!("{}", faults.plain()))
}

#[test]
fn the_demonstration_answers_what_the_services_ask() {
    let plan = demo();
    assert_eq!(plan.organization().as_str(), "romashka");
    assert_eq!(plan.profile().name.in_language(Language::Russian), "ООО «Ромашка»");
    assert_eq!(plan.topology(), &Topology::full());
    assert_eq!(plan.required(Line::Technical), EvidenceField::defaults(Line::Technical));
    assert_eq!(
        plan.required(Line::Expert),
        [EvidenceField::Findings, EvidenceField::StepsToReproduce, EvidenceField::WhyNotHere]
    );
    assert_eq!(plan.required(Line::SelfService), []);
    assert_eq!(plan.priority(Impact::High, Urgency::High), Priority::Critical);
    assert_eq!(plan.priority(Impact::Low, Urgency::High), Priority::Medium);
    let friday_evening: jiff::Timestamp = "2026-09-18T14:50:00Z".parse().unwrap();
    let due = |line, priority| plan.queue_due(line, priority, None, friday_evening).to_string();
    assert_eq!(due(Line::Expert, Priority::High), "2026-09-21T07:50:00Z", "the rest is for Monday morning");
    assert_eq!(due(Line::ServiceDesk, Priority::High), "2026-09-18T15:05:00Z", "the service desk works always");
    assert_eq!(due(Line::SelfService, Priority::High), "2026-09-18T14:50:30Z", "a bot never rests");
    assert_eq!(plan.bot_deadline(), SignedDuration::from_secs(30));
    assert_eq!(plan.client_silence(), SignedDuration::from_hours(24));
    assert_eq!(plan.vendor_silence(), SignedDuration::from_hours(48));
    assert_eq!(plan.auto_close(), SignedDuration::from_hours(72));
    assert_eq!(plan.reopen_window(), SignedDuration::from_hours(14 * 24));
    assert_eq!(plan.thresholds().map(|t| (t.answer, t.offer)), Some((0.8, 0.45)));
    assert_eq!((plan.hop_budget().returns, plan.hop_budget().supervisor.as_str()), (2, "s.orlova"));
    assert_eq!(plan.vendors().map(|vendor| vendor.id.as_str()).collect::<Vec<_>>(), ["cloudcore", "paysoft"]);
    assert_eq!(plan.vendor("cloudcore").unwrap().allow, ["ip-address"]);
    assert_eq!(plan.group("desk").unwrap().line, Line::ServiceDesk);
    assert_eq!(plan.checklist_for("vpn").unwrap().steps[2].id, "second-factor");
    assert!(plan.checklist_for("nothing").is_none());
}

#[test]
fn a_zone_is_found_by_the_product_and_else_by_the_category() {
    let plan = demo();
    let zone = |category, product| plan.zone_for(category, product).map(|zone| zone.id.as_str());
    assert_eq!(zone(Some("payment"), None), Some("billing"));
    assert_eq!(zone(Some("payment"), Some(" роутер ")), Some("network"));
    assert_eq!(zone(Some("payment"), Some("чайник")), Some("billing"));
    assert_eq!(zone(None, Some("Принтер")), Some("workplaces"));
    assert_eq!(zone(Some("nothing"), None), None);
    assert_eq!(plan.zone("billing").unwrap().categories, ["payment", "tariff"]);
}

#[test]
fn every_category_of_the_demonstration_has_a_zone_a_group_and_a_checklist() {
    let plan = demo();
    for category in plan.categories() {
        let zone = plan.zone_for(Some(&category.id), None).expect("a zone");
        assert!(!plan.group(&zone.group).expect("a group").members.is_empty(), "{}", category.id);
        assert!(plan.checklist_for(&category.id).is_some(), "{}", category.id);
    }
}

#[test]
fn a_company_without_lines_0_and_3_hands_from_2_to_the_vendor() {
    let plan = small();
    assert_eq!(plan.topology().lines().collect::<Vec<_>>(), [Line::ServiceDesk, Line::Technical, Line::Vendor]);
    assert_eq!(plan.topology().above(Line::Technical).collect::<Vec<_>>(), [Line::Vendor]);
    assert_eq!(plan.thresholds(), None);
    assert_eq!(plan.priority(Impact::High, Urgency::High), Priority::Critical, "the customary matrix");
}

#[test]
fn the_calendar_knows_breaks_holidays_and_short_days() {
    let plan = demo();
    let office = plan.calendar_of(Line::Expert).unwrap();
    assert!(office.is_open(date(2026, 10, 1).at(12, 59, 59, 0)));
    assert!(!office.is_open(date(2026, 10, 1).at(13, 0, 0, 0)), "a break");
    assert!(!office.is_open(date(2026, 10, 3).at(12, 0, 0, 0)), "a Saturday");
    assert!(!office.is_open(date(2026, 1, 9).at(12, 0, 0, 0)), "a holiday");
    assert!(!office.is_open(date(2026, 4, 30).at(17, 0, 0, 0)), "a short day");
    let always = plan.calendar_of(Line::ServiceDesk).unwrap();
    assert!(always.is_open(date(2026, 1, 1).at(23, 59, 59, 0)));
    assert!(plan.calendar_of(Line::SelfService).is_none());
}

#[test]
fn a_calendar_is_read_in_its_zone_with_its_closures_and_working_holidays() {
    let plan = demo();
    let office = plan.calendar("office").unwrap();
    assert!(office.is_open_at("2026-12-11T09:59:00Z".parse().unwrap()), "in Moscow, before the move");
    assert!(!office.is_open(date(2026, 12, 11).at(14, 0, 0, 0)), "during it");
    assert_eq!(plan.closure_name("office-move").unwrap().ru, "переезд офиса");
    let duty = plan.calendar("duty").unwrap();
    assert!(duty.is_open(date(2027, 1, 1).at(12, 0, 0, 0)), "a holiday on which this desk works");
    assert!(duty.is_open(date(2026, 11, 7).at(1, 59, 0, 0)), "Friday's evening, past midnight");
    let other = DEMO.replacen("id = \"duty\"", "id = \"duty\"\ntime_zone = \"Asia/Vladivostok\"", 1);
    let other = Plan::parse("demo.toml", &other).unwrap();
    assert!(!other.calendar("duty").unwrap().is_open_at("2026-11-05T12:00:00Z".parse().unwrap()));
    assert!(duty.is_open_at("2026-11-05T12:00:00Z".parse().unwrap()));
}

#[test]
fn a_closure_of_whole_days_includes_the_last_one() {
    let days = DEMO.replacen("2026-12-11T14:00:00", "2026-12-10", 1).replacen("2026-12-11T18:00:00", "2026-12-11", 1);
    let plan = Plan::parse("demo.toml", &days).unwrap();
    let office = plan.calendar("office").unwrap();
    assert!(office.is_open(date(2026, 12, 9).at(17, 59, 0, 0)));
    assert!(!office.is_open(date(2026, 12, 10).at(9, 0, 0, 0)));
    assert!(!office.is_open(date(2026, 12, 11).at(17, 59, 0, 0)));
    assert!(office.is_open(date(2026, 12, 14).at(9, 0, 0, 0)));
}

#[test]
fn the_narrowest_agreement_holds_and_else_the_targets_of_the_line() {
    let plan = demo();
    let promised = |party: &Party, measure, priority, category| {
        let target = plan.agreement(party, measure, priority, category)?.target(measure)?;
        Some(format!("{} {}m {}", target.agreement, target.within.as_mins(), target.calendar))
    };
    use Measure::{Resolution, Response};
    use Priority::{Critical, Low};
    let sla = |measure, priority| promised(&Party::Client, measure, priority, Some("no-internet"));
    assert_eq!(sla(Response, Low).as_deref(), Some("clients 60m 24x7"), "the calendar of the service desk");
    assert_eq!(sla(Resolution, Critical).as_deref(), Some("no-internet-critical 240m 24x7"));
    assert_eq!(sla(Response, Critical).as_deref(), Some("clients-critical 10m 24x7"));
    let expert = |measure, category| promised(&Party::Line(Line::Expert), measure, Low, category);
    assert_eq!(expert(Response, Some("payment")).as_deref(), Some("payments-at-experts 60m duty"));
    assert_eq!(expert(Resolution, Some("payment")).as_deref(), Some("lines.expert 4800m office"));
    let vendor = |id: &str| promised(&Party::Vendor(id.to_owned()), Resolution, Critical, None);
    assert_eq!(vendor("cloudcore").as_deref(), Some("cloudcore-critical 1440m 24x7"));
    assert_eq!(vendor("paysoft").as_deref(), Some("lines.vendor 960m office"));
    assert_eq!(promised(&Party::Line(Line::SelfService), Response, Low, None), None);
    let warned = plan.agreement(&Party::Client, Resolution, Critical, Some("no-internet")).unwrap();
    assert_eq!(warned.warnings, [25, 50, 75, 90].map(Percent));
}

#[test]
fn a_plan_without_reasons_to_hold_has_the_customary_ones() {
    let plan = small();
    assert_eq!(plan.hold_reasons().map(|reason| reason.id.as_str()).collect::<Vec<_>>(), ["client", "vendor"]);
    assert_eq!(plan.hold_reason("client").unwrap().stops, AgreementKind::ALL);
    assert_eq!(plan.hold_reason("vendor").unwrap().stops, []);
    let now = "2026-11-05T07:00:00Z".parse().unwrap();
    assert!(plan.stops(CLIENT, AgreementKind::Sla, now), "what logs call it is in every plan");
    assert!(!plan.stops(VENDOR, AgreementKind::Sla, now));
    assert_eq!(demo().hold_reason("vendor").unwrap().stops, [AgreementKind::Ola]);
}

#[test]
fn replies_follow_the_time_of_day_in_the_organizations_zone() {
    let plan = demo();
    let profile = |at: &str| plan.reply_profile(at.parse().expect("an instant"));
    assert_eq!(profile("2026-10-01T06:00:00Z"), ReplyProfile::WorkingHours, "nine in Moscow");
    assert_eq!(profile("2026-10-01T10:30:00Z"), ReplyProfile::WorkingHours, "the break is not night");
    assert_eq!(profile("2026-10-01T05:59:59Z"), ReplyProfile::Night);
    assert_eq!(profile("2025-12-31T21:00:00Z"), ReplyProfile::Holiday, "New Year has begun in Moscow");
    assert!(plan.reply(ReplyProfile::ForceMajeure).ru.contains("массовом сбое"));
}

#[test]
fn the_version_is_that_of_the_text() {
    let version = demo().version().clone();
    assert_eq!(version, PlanVersion::of(DEMO));
    assert_ne!(version, PlanVersion::of(SMALL));
    assert_eq!(version.as_str().len(), 64);
    assert_eq!(version.to_string(), format!("plan-{}", &version.as_str()[..8]));
    assert_eq!(PlanVersion::of("").as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn a_change_that_would_orphan_open_tickets_is_named() {
    let held = [
        (Line::Expert, None),
        (Line::Technical, Some("network".to_owned())),
        (Line::Technical, Some("network".to_owned())),
        (Line::Technical, Some("shop".to_owned())),
        (Line::SelfService, None),
    ];
    assert_eq!(
        small().orphans(&held),
        [Orphan::Line(Line::SelfService), Orphan::Line(Line::Expert), Orphan::Zone("network".to_owned())]
    );
    assert_eq!(demo().orphans(&held[..3]), []);
}

#[test]
fn the_schema_names_and_describes_every_key() {
    let schema = schema();
    assert!(serde_json::from_str::<serde_json::Value>(&schema.to_string()).is_ok());
    let demo: toml::Table = DEMO.parse().unwrap();
    let sections = schema["properties"].as_object().unwrap();
    assert_eq!(sections.keys().collect::<Vec<_>>(), demo.keys().collect::<Vec<_>>(), "the demonstration has all");
    let required: Vec<&str> = schema["required"].as_array().unwrap().iter().filter_map(|key| key.as_str()).collect();
    let needed = ["organization", "lines", "groups", "categories", "calendars", "timers", "replies", "hop_budget"];
    assert_eq!(required, needed);
    let definitions = schema["$defs"].as_object().unwrap().values();
    for object in definitions.chain([&schema]) {
        assert_eq!(object["additionalProperties"], false, "{object}");
        assert!(object["description"].is_string(), "{object}");
        for (key, property) in object["properties"].as_object().unwrap() {
            assert!(property["description"].is_string(), "{key} has no description");
        }
    }
    assert_eq!(schema["$defs"]["Timers"]["properties"]["bot_deadline_seconds"]["maximum"], 3600);
    assert_eq!(schema["$defs"]["Line"]["properties"]["line"]["enum"][0], "self-service");
}

proptest! {
    #[test]
    fn any_text_is_a_plan_or_faults(text in any::<String>()) {
        prop_assert!(Plan::parse("any.toml", &text).is_err());
    }

    #[test]
    fn a_plan_with_a_hole_or_with_litter_never_panics(
        at in 0..SMALL.len(), length in 0..40_usize, litter in "[\\PC\n\"'\\[\\]{}=.,#0-9-]{0,8}",
    ) {
        let (start, end) = (SMALL.floor_char_boundary(at), SMALL.ceil_char_boundary((at + length).min(SMALL.len())));
        let text = format!("{}{litter}{}", &SMALL[..start], &SMALL[end..]);
        if let Err(faults) = Plan::parse("any.toml", &text) {
            prop_assert!(!faults.list().is_empty());
            prop_assert_eq!(faults.plain().lines().count(), faults.list().len(), "one a line");
            for fault in faults.list() {
                prop_assert!(text.get(fault.span.clone()).is_some());
                prop_assert!(fault.line <= text.lines().count() + 1);
            }
        }
    }
}

#[test]
fn an_answer_is_waited_for_in_working_time_and_reminded_of_before() {
    let plan = Plan::parse("demo.toml", plan::DEMO).unwrap();
    // Friday evening; line 3 works from nine to six with an hour's break, on weekdays.
    let friday = "2026-09-18T17:00:00+03:00".parse::<jiff::Timestamp>().unwrap();
    let due = plan.clarification_due(ticket::Line::Expert, ticket::Priority::Medium, None, friday);
    assert_eq!(due.due, "2026-09-21T17:00:00+03:00".parse().unwrap(), "eight hours, one of them on Friday");
    let reminders = ["2026-09-21T12:00:00+03:00", "2026-09-21T15:24:00+03:00"].map(|at| at.parse().unwrap());
    assert_eq!(due.reminders, reminders);

    let asked = plan.clarification_due(ticket::Line::Technical, ticket::Priority::Low, Some(1), friday);
    assert_eq!(asked.due, "2026-09-18T18:00:00+03:00".parse().unwrap(), "line 2 works around the clock");
    let most = plan.clarification_due(ticket::Line::Technical, ticket::Priority::Low, Some(9_999), friday);
    assert_eq!(most.due.duration_since(friday).as_hours(), i64::from(plan.clarification_hours_max()));
}
