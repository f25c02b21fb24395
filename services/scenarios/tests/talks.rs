//! Talks that fill in the demonstration's scenarios, and values as clients write them.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use plan::{Plan, Scenario};
use scenarios::{Next, Run, Stage, read};
use ticket::Language;

/// A Monday.
const TODAY: Date = date(2026, 9, 14);

fn plan() -> Plan {
    Plan::parse("demo.toml", plan::DEMO).expect("the plan has no faults")
}

fn begun(scenario: &Scenario, text: &str) -> (Run, Next) {
    Run::begin(scenario, 1, text, &BTreeMap::new(), TODAY)
}

fn asks(field: &str) -> Next {
    Next::Ask { field: field.to_owned(), wrong: false, anew: false }
}

fn known(run: &Run) -> Vec<String> {
    run.values.iter().map(|(field, value)| format!("{field}={value}")).collect()
}

#[test]
fn what_a_request_says_already_is_not_asked() {
    let plan = plan();
    let sim = plan.scenario("order-sim").unwrap();
    for (text, values, next) in [
        ("Закажите сим карту", vec![], asks("format")),
        ("Закажите сим: 3 нано на 5 декабря", vec!["count=3", "format=nano"], asks("day")),
        ("Закажите сим: 3 шт., nano, к 2026-09-20", vec!["count=3", "day=2026-09-20", "format=nano"], Next::Confirm),
        ("need a sim, two of them, eSIM, in 3 days", vec!["count=2", "day=2026-09-17", "format=esim"], Next::Confirm),
        ("Закажите сим на завтра, две штуки", vec!["count=2", "day=2026-09-15"], asks("format")),
        (
            "Закажите сим, мой телефон 8 916 123-45-67, в пятницу 4 штуки",
            vec!["count=4", "day=2026-09-18"],
            asks("format"),
        ),
        ("Закажите сим: nano или eSIM, 2 или 3", vec![], asks("format")),
        ("Закажите сим: 40 штук", vec![], asks("format")),
    ] {
        let (run, then) = begun(sim, text);
        assert_eq!((known(&run), then), (values.iter().map(|v| (*v).to_owned()).collect(), next), "{text}");
    }
}

#[test]
fn what_is_missing_is_asked_one_at_a_time_and_shown_before_it_is_done() {
    let plan = plan();
    let sim = plan.scenario("order-sim").unwrap();
    let (mut run, _) = begun(sim, "Закажите сим карту");
    assert_eq!(run.hear(sim, "вторую", TODAY), asks("count"));
    assert_eq!(run.hear(sim, "три штуки", TODAY), asks("day"));
    assert_eq!(run.hear(sim, "завтра", TODAY), Next::Confirm);
    let shown = run.shown(sim, Language::Russian);
    assert_eq!(shown.values().collect::<Vec<_>>(), ["3", "15 сентября 2026", "eSIM"]);
    assert_eq!(run.shown(sim, Language::English)["day"], "15 September 2026");
    // What shall be otherwise is said instead of a yes or a no.
    assert_eq!(run.hear(sim, "нет, на послезавтра", TODAY), Next::Confirm);
    assert_eq!(run.values["day"].to_string(), "2026-09-16");
    assert_eq!((run.hear(sim, "да, верно", TODAY), run.stage), (Next::Perform, Stage::Working));
}

#[test]
fn wrong_values_are_asked_again_a_few_times_and_then_it_is_given_up() {
    let plan = plan();
    let sim = plan.scenario("order-sim").unwrap();
    let (mut run, _) = begun(sim, "Закажите сим: nano");
    let again = Next::Ask { field: "count".to_owned(), wrong: true, anew: false };
    assert_eq!(run.hear(sim, "сто", TODAY), again);
    assert_eq!(run.hear(sim, "100", TODAY), again);
    assert_eq!((run.hear(sim, "много", TODAY), run.stage), (Next::GiveUp, Stage::Over));
}

#[test]
fn a_no_begins_anew_and_an_end_is_an_end() {
    let plan = plan();
    let sim = plan.scenario("order-sim").unwrap();
    let (mut run, next) = begun(sim, "Закажите сим: 3 шт., nano, завтра");
    assert_eq!(next, Next::Confirm);
    let anew = Next::Ask { field: "format".to_owned(), wrong: false, anew: true };
    assert_eq!((run.hear(sim, "нет", TODAY), run.values.len()), (anew, 0));
    assert_eq!((run.hear(sim, "отмена", TODAY), run.stage), (Next::Cancel, Stage::Over));
}

#[test]
fn what_was_offered_is_carried_over_and_a_no_to_it_is_an_end() {
    let plan = plan();
    let (offer, take) = (plan.scenario("offer").unwrap(), plan.scenario("take-offer").unwrap());
    assert_eq!(begun(offer, "Есть скидки?").1, Next::Perform, "there is nothing to ask");
    let told = BTreeMap::from([("offer".to_owned(), "Смарт+".to_owned()), ("price".to_owned(), "450".to_owned())]);
    let (mut run, next) = Run::begin(take, 2, "", &told, TODAY);
    assert_eq!((known(&run), next), (vec!["offer=Смарт+".to_owned()], Next::Confirm));
    assert_eq!(run.clone().hear(take, "давайте", TODAY), Next::Perform);
    assert_eq!(run.hear(take, "нет", TODAY), Next::Cancel);
}

/// One field of each kind, one of them optional.
const KINDS: &str = r#"
[[scenarios]]
id = "kinds"
name = { ru = "Всё", en = "All" }
words = ["всё сразу"]
service = "all"
done = { ru = "Да", en = "Yes" }
fields = [
    { id = "mail", kind = "email", question = { ru = "?", en = "?" }, wrong = { ru = "!", en = "!" } },
    { id = "phone", kind = "phone", question = { ru = "?", en = "?" }, wrong = { ru = "!", en = "!" } },
    { id = "call", kind = "yes-no", question = { ru = "?", en = "?" }, wrong = { ru = "!", en = "!" } },
    { id = "note", kind = "text", most = 10, optional = true, question = { ru = "?", en = "?" }, wrong = { ru = "!", en = "!" } },
    { id = "change", kind = "number", least = -5, most = 5, question = { ru = "?", en = "?" }, wrong = { ru = "!", en = "!" } },
    { id = "day", kind = "date", from_days = -30, to_days = 0, question = { ru = "?", en = "?" }, wrong = { ru = "!", en = "!" } },
]
"#;

#[test]
fn every_kind_of_value_is_read_in_both_languages_or_refused() {
    let plan = Plan::parse("kinds.toml", &format!("{}\n{KINDS}", plan::DEMO)).expect("the plan has no faults");
    let kinds = plan.scenario("kinds").unwrap();
    for (field, text, value) in [
        ("mail", "Пишите на Ivan.Petrov@Example.org.", Some("ivan.petrov@example.org")),
        ("mail", "иван@почта.рф", Some("иван@почта.рф")),
        ("mail", "ivan@localhost", None),
        ("mail", "@example.org, a@-b.c", None),
        ("mail", "a@b.ru и c@d.ru", None),
        ("phone", "8 (916) 123-45-67", Some("+79161234567")),
        ("phone", "916 123 45 67", Some("+79161234567")),
        ("phone", "call +44 20 7946 0958", Some("+442079460958")),
        ("phone", "112", None),
        ("call", "да, конечно", Some("true")),
        ("call", "no", Some("false")),
        ("call", "наверное", None),
        ("note", "у подъезда", Some("у подъезда")),
        ("note", "у второго подъезда за углом", None),
        ("note", "…", None),
        ("change", "минус", None),
        ("change", "-3", Some("-3")),
        ("change", "6", None),
        ("day", "сегодня", Some("2026-09-14")),
        ("day", "завтра", None),
        ("day", "1.09.2026", Some("2026-09-01")),
        ("day", "1 сентября", None),
    ] {
        let read = read(kinds.field(field).unwrap(), text, TODAY).map(|value| value.to_string());
        assert_eq!(read.as_deref(), value, "{field}: {text}");
    }
    let (mut run, next) = begun(kinds, "всё сразу: +7 916 123-45-67, a@b.ru, сегодня");
    assert_eq!((known(&run).len(), next), (3, asks("call")));
    assert_eq!(run.hear(kinds, "нет", TODAY), asks("note"));
    assert_eq!(run.hear(kinds, "пропустить", TODAY), asks("change"));
    assert_eq!(run.hear(kinds, "2", TODAY), Next::Perform);
    assert_eq!(run.shown(kinds, Language::English)["note"], "—");
}
