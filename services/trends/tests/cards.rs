//! As what tickets are counted: told by their events, in whatever portions these are read.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use ticket::event::{Brought, ClockEvent, ClockName};
use ticket::{
    Actor, Channel, Epoch, Event, EventBody, HandoverId, Line, Mood, OrganizationId, Passage, Resolution, ReturnReason,
    TicketId,
};
use trends::{Card, Cell, Count, Counts, Page, Seen, Sheet};

const WINDOW: SignedDuration = SignedDuration::from_hours(72);

fn begin() -> Timestamp {
    "2026-09-14T09:00:00Z".parse().expect("an instant")
}

fn at(hours: i64) -> Timestamp {
    begin() + SignedDuration::from_hours(hours)
}

fn id() -> TicketId {
    format!("tkt_{}", "0".repeat(32)).parse().expect("an id")
}

fn event(line: Line, hours: i64, body: EventBody) -> Event {
    Event {
        organization: "romashka".parse::<OrganizationId>().expect("an id"),
        ticket: id(),
        line,
        epoch: Epoch::FIRST,
        at: at(hours),
        actor: Actor::Client,
        trace_id: String::new(),
        body,
    }
}

fn resolution() -> Resolution {
    Resolution {
        by: Line::SelfService,
        root_cause: "a".into(),
        done: "b".into(),
        workaround: false,
        how_to_verify: "c".into(),
        steps_to_verify: Vec::new(),
        knowledge: None,
    }
}

fn registered() -> EventBody {
    EventBody::Registered { channel: Channel::Chat }
}

fn answered(article: &str) -> EventBody {
    EventBody::AutoAnswered { article: article.into(), score: 900, threshold: 500, plan: String::new() }
}

fn passage(passage: Passage) -> [EventBody; 2] {
    let (handover, epoch) = (HandoverId::of(id(), Epoch::FIRST), Epoch::FIRST);
    [
        EventBody::Offered { handover, to: Line::Technical, epoch, passage },
        EventBody::Accepted { handover, by: Line::Technical, epoch },
    ]
}

fn mood(text: &str) -> (Mood, i32) {
    if text.contains("ужас") { (Mood::Negative, -700) } else { (Mood::Neutral, 0) }
}

fn see(card: &mut Card, category: &str, event: &Event, sheet: &mut Sheet) {
    let cell = Cell { category: category.into(), language: "ru".into(), ..Cell::default() };
    let seen = Seen { cell, text: "Это ужас", client: "client-1", window: WINDOW, mood: &mood };
    card.see(event, &seen, sheet);
}

fn total(sheet: &Sheet) -> Counts {
    sheet.hours().fold(Counts::default(), |mut sum, (_, page)| {
        sum.merge(&page.total());
        sum
    })
}

fn of_category(sheet: &Sheet, category: &str) -> Counts {
    sheet.hours().fold(Counts::default(), |mut sum, (_, page)| {
        sum.merge(&page.sum(|cell| cell.category == category));
        sum
    })
}

#[test]
fn what_was_counted_moves_to_the_category_that_it_turns_out_to_have() {
    let (mut card, mut sheet) = (Card::default(), Sheet::default());
    see(&mut card, "", &event(Line::ServiceDesk, 0, registered()), &mut sheet);
    assert_eq!(of_category(&sheet, "").get(Count::Registered), 1);
    assert_eq!(of_category(&sheet, "").get(Count::FirstNegative), 1);
    // Two days later somebody says what it is about, and it counts on the day on which it came.
    see(&mut card, "internet", &event(Line::ServiceDesk, 48, EventBody::NoteAdded), &mut sheet);
    assert!(of_category(&sheet, "").is_empty(), "{sheet:?}");
    assert_eq!(of_category(&sheet, "internet").get(Count::Registered), 1);
    assert_eq!(sheet.hours().count(), 1);
    let told: Vec<(Cell, Counts)> = sheet.hours().next().expect("an hour").1.clone().into();
    assert_eq!(told[0].0.channel, "chat");
}

#[test]
fn a_way_up_and_down_counts_what_happened_and_how_long_it_was_here() {
    let (mut card, mut sheet) = (Card::default(), Sheet::default());
    let line = Line::ServiceDesk;
    see(&mut card, "internet", &event(line, 0, registered()), &mut sheet);
    for body in passage(Passage::Escalation) {
        see(&mut card, "internet", &event(line, 2, body), &mut sheet);
    }
    let back = Brought::Return { reason: ReturnReason::EvidenceInsufficient, asked_for: "log".into() };
    let back = EventBody::TookOver { handover: HandoverId::of(id(), Epoch::FIRST), from: Line::Technical, with: back };
    see(&mut card, "internet", &event(line, 5, back), &mut sheet);
    let clock = |measure: &str| ClockName { party: "client".into(), measure: measure.into() };
    for _ in 0..2 {
        let late = EventBody::Clock(ClockEvent::Breached { clock: clock("resolution"), due: at(6) });
        see(&mut card, "internet", &event(line, 6, late), &mut sheet);
    }
    see(&mut card, "internet", &event(line, 6, EventBody::ClientWrote { text: "спасибо".into() }), &mut sheet);
    see(&mut card, "internet", &event(line, 8, EventBody::Resolved { resolution: resolution() }), &mut sheet);
    see(&mut card, "internet", &event(line, 9, EventBody::Rated { score: 2 }), &mut sheet);
    see(&mut card, "internet", &event(line, 9, EventBody::Rated { score: 5 }), &mut sheet);
    see(&mut card, "internet", &event(line, 30, EventBody::Reopened { text: "опять".into() }), &mut sheet);
    let all = total(&sheet);
    let told = |count| all.get(count);
    assert_eq!((told(Count::Registered), told(Count::HandedOver), told(Count::Resolved)), (1, 1, 1));
    assert_eq!((told(Count::LateResolution), told(Count::LateResponse)), (1, 0), "late once");
    assert_eq!((told(Count::Within4Hours), told(Count::Seconds)), (2, 5 * 3_600), "two hours, then three");
    assert_eq!((told(Count::FirstNegative), told(Count::LastNegative), told(Count::LastNeutral)), (1, 0, 1));
    assert_eq!((told(Count::Rated2), told(Count::Rated5), told(Count::Reopened)), (0, 1, 1));
    assert_eq!(sheet.hours().map(|(hour, _)| hour).max(), Some(trends::hour_of(at(30))), "where it was opened again");
}

#[test]
fn closed_at_once_counts_only_when_it_was_neither_opened_nor_asked_again() {
    let closed = || {
        let (mut card, mut sheet) = (Card::default(), Sheet::default());
        for body in [registered(), answered("reset"), EventBody::Closed { confirmed: false }] {
            see(&mut card, "", &event(Line::SelfService, 0, body), &mut sheet);
        }
        (card, sheet)
    };
    let told = |sheet: &Sheet| {
        [Count::ClosedAtOnce, Count::StaysClosed, Count::AskedAgain].map(|count| total(sheet).get(count))
    };
    let (mut card, mut sheet) = closed();
    card.waited(at(72), &mut sheet);
    assert_eq!(told(&sheet), [1, 0, 0], "the window is not over");
    card.waited(at(73), &mut sheet);
    assert_eq!(told(&sheet), [1, 1, 0]);
    assert_eq!(sheet.hours().count(), 1, "it counts when it was answered");
    // What the log tells late, and lies within the window, still counts.
    card.asked_again(at(71), &mut sheet);
    assert_eq!(told(&sheet), [1, 0, 1]);

    let (mut card, mut sheet) = closed();
    see(&mut card, "", &event(Line::SelfService, 5, EventBody::Reopened { text: "нет".into() }), &mut sheet);
    card.waited(at(100), &mut sheet);
    assert_eq!(told(&sheet), [1, 0, 1]);

    let (card, _) = closed();
    assert!(card.is_doubted_by(&answered("reset")) && !card.is_doubted_by(&answered("tariffs")));
    assert!(card.is_doubted_by(&passage(Passage::Escalation)[0]), "a person is asked");
    assert!(!card.is_doubted_by(&registered()));

    // What was closed with nothing told was not answered.
    let (mut card, mut sheet) = (Card::default(), Sheet::default());
    see(&mut card, "", &event(Line::SelfService, 0, registered()), &mut sheet);
    see(&mut card, "", &event(Line::SelfService, 1, EventBody::Closed { confirmed: false }), &mut sheet);
    assert_eq!(told(&sheet), [0, 0, 0]);
}

/// Some event that may happen to a ticket.
fn some_body() -> impl Strategy<Value = EventBody> {
    prop_oneof![
        Just(registered()),
        (0u8..3).prop_map(|article| answered(&format!("a{article}"))),
        Just(EventBody::Closed { confirmed: false }),
        Just(EventBody::Resolved { resolution: resolution() }),
        Just(EventBody::Reopened { text: "опять".into() }),
        any::<bool>().prop_map(|bad| EventBody::ClientWrote { text: if bad { "ужас" } else { "да" }.into() }),
        (0u8..7).prop_map(|score| EventBody::Rated { score }),
        Just(passage(Passage::Escalation)[0].clone()),
        Just(passage(Passage::Return)[0].clone()),
        Just(passage(Passage::Return)[1].clone()),
        Just(EventBody::NoteAdded),
    ]
}

proptest! {
    #[test]
    fn portions_make_no_difference_and_nothing_is_ever_below_zero(
        bodies in prop::collection::vec((some_body(), 0i64..50, 0usize..3), 1..40),
        cut in 1usize..8,
    ) {
        let mut hour = 0;
        let events: Vec<(Event, &str)> = bodies
            .into_iter()
            .map(|(body, later, category)| {
                hour += later;
                (event(Line::SelfService, hour, body), ["", "internet", "tv"][category])
            })
            .collect();
        let (mut card, mut whole) = (Card::default(), Sheet::default());
        for (event, category) in &events {
            see(&mut card, category, event, &mut whole);
        }
        card.waited(at(hour + 100), &mut whole);
        // In portions, with the card stored between them, merged in the opposite order.
        let (mut stored, mut sheets) = (serde_json::to_string(&Card::default()).unwrap(), Vec::new());
        for portion in events.chunks(cut) {
            let (mut card, mut sheet): (Card, _) = (serde_json::from_str(&stored).unwrap(), Sheet::default());
            for (event, category) in portion {
                see(&mut card, category, event, &mut sheet);
            }
            stored = serde_json::to_string(&card).unwrap();
            sheets.push(sheet);
        }
        let (mut last, mut sheet): (Card, _) = (serde_json::from_str(&stored).unwrap(), Sheet::default());
        last.waited(at(hour + 100), &mut sheet);
        sheets.push(sheet);
        let merged = sheets.iter().rev().fold(Sheet::default(), |mut sum, sheet| {
            sum.merge(sheet);
            sum
        });
        let pages = |sheet: &Sheet| sheet.hours().map(|(hour, page)| (hour, page.clone())).collect::<Vec<_>>();
        prop_assert_eq!(pages(&merged), pages(&whole));
        prop_assert_eq!(&last, &card);
        // All of it lies in the cell of what it turned out to be, and is a number of something.
        let cells: std::collections::BTreeSet<Cell> =
            whole.hours().flat_map(|(_, page)| Vec::<(Cell, Counts)>::from(page.clone())).map(|(cell, _)| cell).collect();
        prop_assert!(cells.len() <= 1, "{:?}", cells);
        let all = total(&whole);
        for count in [Count::Registered, Count::StaysClosed, Count::AskedAgain, Count::LastNegative, Count::Seconds] {
            prop_assert!(all.get(count) >= 0, "{:?}", all);
        }
        prop_assert!(all.get(Count::StaysClosed) + all.get(Count::AskedAgain) == all.get(Count::ClosedAtOnce));
    }

    #[test]
    fn pages_merge_in_any_order(
        parts in prop::collection::vec((0usize..3, 0usize..3, -5i64..20), 0..30),
        turn in 0usize..30,
    ) {
        let page = |(category, channel, number): &(usize, usize, i64)| {
            let mut page = Page::default();
            let cell = Cell { category: category.to_string(), channel: channel.to_string(), ..Cell::default() };
            page.add(&cell, Count::Registered, *number);
            page
        };
        let merge = |pages: &[Page]| pages.iter().fold(Page::default(), |mut sum, page| { sum.merge(page); sum });
        let pages: Vec<Page> = parts.iter().map(page).collect();
        let mut turned = pages.clone();
        turned.rotate_left(turn.checked_rem(pages.len()).unwrap_or(0));
        turned.reverse();
        prop_assert_eq!(merge(&turned), merge(&pages));
        let stored = serde_json::to_string(&merge(&pages)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Page>(&stored).unwrap(), merge(&pages));
    }
}
