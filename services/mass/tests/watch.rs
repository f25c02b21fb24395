//! What the watch keeps to, whatever comes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use mass::{Candidate, Observed, Request, Settings, TOPICS_MAX, Watch, Wave};
use proptest::prelude::*;
use ticket::{Line, OrganizationId, RequestId, TicketId};

fn settings() -> Settings {
    Settings { least: 5, factor: 3.0, window: SignedDuration::from_mins(60), zone: TimeZone::UTC, waves: Vec::new() }
}

fn start() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

fn say(watch: &mut Watch, number: i64, client: &str, text: &str) -> Observed {
    let organization: OrganizationId = "demo".parse().expect("an id");
    let at = start() + SignedDuration::from_mins(number);
    let request: RequestId = number.to_string().parse().expect("a request id");
    let ticket = TicketId::of_request(&organization, Line::ServiceDesk, client, &request, at);
    watch.observe(&Request { ticket, client, at, text, fields: &[] }, &settings())
}

fn outage(watch: &mut Watch, from: i64, count: i64) -> Option<Candidate> {
    let told = (from..from + count).map(|n| say(watch, n, &format!("c{n}"), "Не проходит оплата картой на терминале"));
    told.filter_map(|observed| observed.candidate).last()
}

#[test]
fn the_fifth_client_with_the_same_trouble_makes_a_candidate() {
    let mut watch = Watch::default();
    assert_eq!(outage(&mut watch, 0, 4), None);
    let candidate = outage(&mut watch, 4, 1).expect("a candidate");
    assert_eq!((candidate.count, candidate.tickets.len(), candidate.grew), (5, 5, false));
}

#[test]
fn one_client_who_writes_again_and_again_is_no_mass_incident() {
    let mut watch = Watch::default();
    for number in 0..40 {
        assert_eq!(say(&mut watch, number, "angry", "Не проходит оплата картой на терминале").candidate, None);
    }
}

#[test]
fn a_rejected_candidate_stays_away_until_it_is_much_larger() {
    let mut watch = Watch::default();
    let candidate = outage(&mut watch, 0, 5).expect("a candidate");
    watch.reject(candidate.topic, start() + SignedDuration::from_mins(5));
    assert_eq!(outage(&mut watch, 5, 10), None);
    assert!(outage(&mut watch, 15, 10).is_some(), "four times as many are another matter");
}

#[test]
fn what_comes_again_after_it_was_over_is_told_again() {
    let mut watch = Watch::default();
    let candidate = outage(&mut watch, 0, 5).expect("a candidate");
    watch.begin_anew(candidate.topic);
    assert_eq!(outage(&mut watch, 5, 4), None, "those who are late are few");
    let again = outage(&mut watch, 9, 8).expect("another one");
    assert_eq!((again.topic, again.grew), (candidate.topic, false));
}

#[test]
fn a_watch_that_was_stored_goes_on_as_if_it_had_not_been() {
    let mut whole = Watch::default();
    outage(&mut whole, 0, 4);
    let text = serde_json::to_string(&whole).expect("a watch becomes JSON");
    let mut read: Watch = serde_json::from_str(&text).expect("it is read again");
    assert_eq!(outage(&mut read, 4, 20), outage(&mut whole, 4, 20));
}

#[test]
fn an_announced_wave_is_known_without_any_history_and_only_while_it_is_on() {
    let organization: OrganizationId = "demo".parse().expect("an id");
    let said = |at: Timestamp, texts: [&str; 5]| {
        let wave = Wave {
            name: "tariffs".into(),
            from: start(),
            until: start() + SignedDuration::from_hours(3),
            about: "Письмо о новых тарифах: что изменится в тарифе, как отказаться от нового тарифа".into(),
        };
        let (mut watch, settings) = (Watch::default(), Settings { waves: vec![wave], ..settings() });
        let told = texts.iter().enumerate().filter_map(|(number, text)| {
            let (client, name) = (format!("c{number}"), number.to_string().parse::<RequestId>().expect("an id"));
            let ticket = TicketId::of_request(&organization, Line::ServiceDesk, &client, &name, at);
            watch.observe(&Request { ticket, client: &client, at, text, fields: &[] }, &settings).candidate
        });
        told.last().expect("five of a kind make a candidate").wave
    };
    let asks = ["Хочу отказаться от нового тарифа, что для этого нужно?"; 5];
    assert_eq!(said(start() + SignedDuration::from_hours(1), asks).as_deref(), Some("tariffs"));
    assert_eq!(said(start() + SignedDuration::from_hours(4), asks), None, "it is over");
    let outage = ["Не проходит оплата картой на терминале"; 5];
    assert_eq!(said(start() + SignedDuration::from_hours(1), outage), None, "an outage is an outage");
}

#[test]
fn a_request_belongs_to_an_announcement_by_half_of_its_words() {
    let watch = Watch::default();
    let about = "Авария: в районе Северный нет интернета и телевидения";
    assert!(watch.belongs(about, "нет интернета в районе Северный"));
    assert!(watch.belongs(about, "Северный, пропало телевидение"));
    assert!(!watch.belongs(about, "Забыл пароль от личного кабинета, как его восстановить"));
    assert!(!watch.belongs("", "нет интернета") && !watch.belongs(about, ""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn whatever_comes_memory_is_bounded_and_the_same_requests_tell_the_same(
        texts in prop::collection::vec("[а-яa-z]{3,9} [а-я]{3,9} \\PC{0,20}", 1..60),
        times in prop::collection::vec(-500i64..5_000, 60),
    ) {
        let (mut one, mut other) = (Watch::default(), Watch::default());
        for (text, at) in texts.iter().zip(&times) {
            prop_assert_eq!(say(&mut one, *at, text, text), say(&mut other, *at, text, text));
        }
    }
}

#[test]
fn thousands_of_different_texts_need_the_memory_of_few() {
    let mut watch = Watch::default();
    for number in 0..3 * i64::try_from(TOPICS_MAX).expect("small") {
        let word = |salt: i64| {
            String::from_iter(
                (0..8)
                    .map(|place| char::from(b'a' + ((number * 31 + salt) * (place * 7 + 3) % 26).unsigned_abs() as u8)),
            )
        };
        say(&mut watch, number / 10, &number.to_string(), &format!("{} {} {}", word(1), word(5), word(11)));
    }
    let text = serde_json::to_string(&watch).expect("a watch becomes JSON");
    assert!(text.len() < 4_000_000, "{} bytes", text.len());
}
